#include "runtime/asio/descriptor_closer.h"

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

#include "runtime/asio/asio_loop.h"

namespace rhei::inline v0::runtime {
namespace {

// At some 10 microseconds each, a sixth of the loop's time.
constexpr int kClosesInARound = 16;
constexpr Duration kRound = std::chrono::milliseconds(1);

// Of those that the process may have, an eighth on all loops together, of which there is one for each CPU. And for as
// many descriptors as one could want, a memory of some KiB.
constexpr std::size_t kShareThatMayWait = 8;
constexpr std::size_t kMostWaiting = 4096;

std::size_t MostWaiting() {
  const std::size_t loops = std::max(1U, std::thread::hardware_concurrency());
  return std::min(posix::MostDescriptors() / kShareThatMayWait / loops, kMostWaiting);
}

}  // namespace

void DescriptorCloser::Close(posix::Descriptor descriptor) {
  if (!loop_.IsCurrent()) return;
  if (waiting_.empty()) {
    if (loop_.Now() >= round_end_) {
      left_in_round_ = kClosesInARound;
      round_end_ = loop_.Now() + kRound;
    }
    if (left_in_round_-- > 0) return;
    most_waiting_ = MostWaiting();
    loop_.Arm(next_round_, round_end_);
  }
  waiting_.push_back(std::move(descriptor));
  if (waiting_.size() > most_waiting_) waiting_.pop_front();
}

void DescriptorCloser::StartRound() {
  round_end_ = loop_.Now() + kRound;
  for (left_in_round_ = kClosesInARound; left_in_round_ > 0 && !waiting_.empty(); --left_in_round_) {
    waiting_.pop_front();
  }
  if (!waiting_.empty()) loop_.Arm(next_round_, round_end_);
}

}  // namespace rhei::inline v0::runtime
