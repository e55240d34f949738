#include "runtime/simulation/scheduler.h"

#include <iterator>
#include <utility>

#include "runtime/simulation/simulated_loop.h"

namespace rhei::inline v0::runtime {

Scheduler::Drive::Drive(Scheduler& scheduler) : scheduler_(scheduler), outermost_(!scheduler.IsDriver()) {
  if (!outermost_) return;
  scheduler_.drive_mutex_.lock();
  scheduler_.driver_.store(std::this_thread::get_id(), std::memory_order_relaxed);
}

Scheduler::Drive::~Drive() {
  if (!outermost_) return;
  scheduler_.driver_.store({}, std::memory_order_relaxed);
  scheduler_.drive_mutex_.unlock();
}

Scheduler::Scheduler(std::uint64_t seed, const SimulationOptions& options)
    : options_(options), now_(options.start), random_(seed), network_timers_(options.start) {}

void Scheduler::Add(SimulatedLoop& loop) { loops_.push_back(&loop); }

void Scheduler::Remove(SimulatedLoop& loop) {
  std::erase(loops_, &loop);
  std::erase(ready_, &loop);
  // Destroyed when the lock is not held any more, since the end of one piece of work may post another.
  std::vector<PostedWork> discarded;
  const std::lock_guard lock(posted_mutex_);
  const auto others = [&loop](const PostedWork& posted) { return posted.loop != &loop; };
  const auto first = std::stable_partition(posted_.begin(), posted_.end(), others);
  std::move(first, posted_.end(), std::back_inserter(discarded));
  posted_.erase(first, posted_.end());
}

void Scheduler::MakeReady(SimulatedLoop& loop) {
  // After its turn a loop is asked whether it has more to do.
  if (&loop == running_ || std::exchange(loop.ready_, true)) return;
  ready_.push_back(&loop);
}

void Scheduler::PostFromOutside(SimulatedLoop* loop, UniqueFunction<void()> work) {
  {
    const std::lock_guard lock(posted_mutex_);
    posted_.push_back({loop, std::move(work)});
    has_posted_.store(true, std::memory_order_release);
  }
  posted_condition_.notify_all();
}

void Scheduler::PostToPool(UniqueFunction<void()> work) {
  if (!IsDriver()) return PostFromOutside(nullptr, std::move(work));
  pool_.push_back(std::move(work));
}

Scheduler::Outcome Scheduler::Run(const std::function<bool()>& done, Duration limit) {
  std::optional<TimePoint> until;
  std::uint64_t last_step = 0;
  while (true) {
    {
      const Drive drive(*this);
      if (running_ != nullptr) return Outcome::kInTurn;
      if (!until.has_value()) {
        until = AddSaturated(Now(), limit);
        last_step = steps_ + options_.step_limit;
      }
      if (done()) return Outcome::kDone;
      if (steps_ >= last_step) return Outcome::kSpinning;
      const Stepped stepped = Step(*until);
      if (stepped == Stepped::kTooLate) return Outcome::kOutOfTime;
      if (stepped == Stepped::kRan) continue;
    }
    // What was posted may be run by another thread that awaits: then this one waits anew.
    if (!WaitForPost()) return Outcome::kIdle;
  }
}

Scheduler::Stepped Scheduler::Step(TimePoint until) {
  if (has_posted_.load(std::memory_order_acquire)) TakePosted();
  const auto next_delivery = network_timers_.NextExpiry();
  const bool network_due = next_delivery.has_value() && *next_delivery <= Now();
  if (ready_.empty() && pool_.empty() && !network_due) {
    const auto next = NextTimer();
    if (!next.has_value()) return Stepped::kIdle;
    if (*next > until) return Stepped::kTooLate;
    JumpTo(*next);
    return Stepped::kRan;
  }
  ++steps_;
  RunOneReady(network_due);
  return Stepped::kRan;
}

void Scheduler::RunOneReady(bool network_due) {
  auto index = static_cast<std::size_t>(random_.Below(ready_.size() + pool_.size() + (network_due ? 1 : 0)));
  Record(index);
  if (index < ready_.size()) {
    SimulatedLoop& loop = *std::exchange(ready_[index], ready_.back());
    ready_.pop_back();
    loop.ready_ = false;
    running_ = &loop;
    loop.RunTurn();
    running_ = nullptr;
    if (loop.HasWork()) MakeReady(loop);
    return;
  }
  index -= ready_.size();
  if (index < pool_.size()) {
    RunFromPool(index);
  } else {
    network_timers_.FireExpired(Now());
  }
}

void Scheduler::RunFromPool(std::size_t index) {
  UniqueFunction<void()> work = std::move(pool_[index]);
  if (index + 1 != pool_.size()) pool_[index] = std::move(pool_.back());
  pool_.pop_back();
  work();
}

void Scheduler::JumpTo(TimePoint when) {
  SetNow(when);
  Record(static_cast<std::uint64_t>(when.time_since_epoch().count()));
  for (SimulatedLoop* loop : loops_) {
    if (loop->HasWork()) MakeReady(*loop);
  }
}

std::optional<TimePoint> Scheduler::NextTimer() const {
  std::optional<TimePoint> earliest = network_timers_.NextExpiry();
  for (const SimulatedLoop* loop : loops_) {
    const auto next = loop->timers_.NextExpiry();
    if (next.has_value() && (!earliest.has_value() || *next < *earliest)) earliest = next;
  }
  return earliest;
}

void Scheduler::TakePosted() {
  // The two vectors take turns, so that their memory is used again. What is accepted here may post, but not take.
  std::vector<PostedWork> taken = std::move(spare_posted_);
  {
    const std::lock_guard lock(posted_mutex_);
    taken.swap(posted_);
    has_posted_.store(false, std::memory_order_relaxed);
  }
  for (PostedWork& posted : taken) {
    if (posted.loop != nullptr) {
      posted.loop->Accept(SimulatedLoop::kOutside, std::move(posted.work));
    } else {
      pool_.push_back(std::move(posted.work));
    }
  }
  taken.clear();
  spare_posted_ = std::move(taken);
}

bool Scheduler::WaitForPost() {
  if (options_.patience <= Duration::zero()) return false;
  std::unique_lock lock(posted_mutex_);
  return posted_condition_.wait_for(lock, options_.patience, [this] { return !posted_.empty(); });
}

std::string Scheduler::Describe() const {
  std::string text;
  for (const SimulatedLoop* loop : loops_) text += loop->Describe();
  if (!pool_.empty()) text += "  pool: " + std::to_string(pool_.size()) + " pieces of work\n";
  if (network_timers_.size() > 0) text += "  network: " + std::to_string(network_timers_.size()) + " under way\n";
  return text;
}

// What is destroyed may post more.
void Scheduler::DiscardWork() {
  bool found = true;
  while (found) {
    TakePosted();
    found = !pool_.empty();
    std::exchange(pool_, {});
    for (SimulatedLoop* loop : loops_) found = loop->DiscardWork() || found;
  }
}

}  // namespace rhei::inline v0::runtime
