#include "rhei/pooled.h"

#include <array>
#include <mutex>
#include <utility>
#include <vector>

namespace rhei::inline v0 {
namespace {

#if defined(__SANITIZE_ADDRESS__)
constexpr bool kPooling = false;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
constexpr bool kPooling = false;
#else
constexpr bool kPooling = true;
#endif
#else
constexpr bool kPooling = true;
#endif

constexpr std::size_t kGranularity = 64;
constexpr std::size_t kClasses = 64;  // up to 4 KiB
constexpr std::size_t kBatch = 32;
constexpr std::size_t kKeptBatches = 64;

struct FreeBlock {
  FreeBlock* next;
};

struct FreeList {
  FreeBlock* first = nullptr;
  std::size_t size = 0;

  void* Pop() {
    FreeBlock* const block = first;
    first = block->next;
    --size;
    return block;
  }
};

// Where threads leave what they have too much of, and find what they lack: one that only allocates and one that only
// frees are served by the same blocks.
class Exchange {
 public:
  // Moves a batch of the class into the empty list, if there is one.
  void Take(std::size_t size_class, FreeList& list) {
    const std::scoped_lock lock(mutex_);
    std::vector<FreeList>& batches = batches_[size_class];
    if (batches.empty()) return;
    list = batches.back();
    batches.pop_back();
  }

  // Takes over the list, which is empty afterwards.
  void Give(std::size_t size_class, FreeList& list) {
    {
      const std::scoped_lock lock(mutex_);
      std::vector<FreeList>& batches = batches_[size_class];
      if (batches.size() < kKeptBatches) {
        batches.push_back(std::exchange(list, FreeList{}));
        return;
      }
    }
    while (list.size > 0) ::operator delete(list.Pop());
  }

  void Trim() {
    std::array<std::vector<FreeList>, kClasses> batches;
    {
      const std::scoped_lock lock(mutex_);
      batches.swap(batches_);
    }
    for (std::vector<FreeList>& lists : batches) {
      for (FreeList& list : lists) {
        while (list.size > 0) ::operator delete(list.Pop());
      }
    }
  }

 private:
  std::mutex mutex_;
  std::array<std::vector<FreeList>, kClasses> batches_;
};

// Never destroyed: threads give back their blocks as late as they like.
Exchange& SharedExchange() {
  static Exchange* const exchange = new Exchange;
  return *exchange;
}

// A thread's blocks of one size: those at hand, and a batch behind them, so that a thread that frees and allocates
// around a batch's border does not go to the exchange each time.
struct ThreadList {
  FreeBlock* first = nullptr;
  std::size_t space = 0;  // for how many more; none until the thread has entered, and when it has left
  FreeList full;

  bool TakesMore() const { return space > 0; }
  void Push(void* block) {
    first = new (block) FreeBlock{first};
    --space;
  }
  void* Pop() {
    ++space;
    return std::exchange(first, first->next);
  }
};

enum class Presence : unsigned char { kNotYet, kHere, kLeft };
constinit thread_local Presence presence = Presence::kNotYet;
// Constant-initialised and without a destructor, so that nothing stands between a caller and his block.
constinit thread_local std::array<ThreadList, kClasses> lists{};

// Leaves the thread's blocks to others when it ends.
class Leaving {
 public:
  Leaving() {
    presence = Presence::kHere;
    for (ThreadList& list : lists) list.space = kBatch;
  }
  ~Leaving() {
    presence = Presence::kLeft;
    for (std::size_t size_class = 0; size_class < kClasses; ++size_class) {
      ThreadList& list = lists[size_class];
      FreeList rest{list.first, kBatch - list.space};
      if (rest.size > 0) SharedExchange().Give(size_class, rest);
      if (list.full.size > 0) SharedExchange().Give(size_class, list.full);
      list = ThreadList();
    }
  }
};

// False when the thread is past the destruction of its thread-local objects.
bool Enter() {
  if (presence == Presence::kNotYet) {
    static thread_local const Leaving leaving;
  }
  return presence == Presence::kHere;
}

[[gnu::noinline]] void* AllocateSlowly(std::size_t size_class) {
  FreeList batch;
  if (Enter()) {
    batch = std::exchange(lists[size_class].full, FreeList{});
    if (batch.size == 0) SharedExchange().Take(size_class, batch);
  }
  if (batch.size == 0) return ::operator new((size_class + 1) * kGranularity);
  ThreadList& list = lists[size_class];
  list.first = batch.first;
  list.space = kBatch - batch.size;
  return list.Pop();
}

[[gnu::noinline]] void FreeSlowly(void* block, std::size_t size_class) noexcept {
  if (!Enter()) return ::operator delete(block);
  ThreadList& list = lists[size_class];
  if (!list.TakesMore()) {
    if (list.full.size > 0) SharedExchange().Give(size_class, list.full);
    list.full = FreeList{std::exchange(list.first, nullptr), kBatch};
    list.space = kBatch;
  }
  list.Push(block);
}

constexpr std::size_t ClassOf(std::size_t size) { return size == 0 ? 0 : (size - 1) / kGranularity; }

}  // namespace

void* AllocatePooled(std::size_t size) {
  const std::size_t size_class = ClassOf(size);
  if (!kPooling || size_class >= kClasses) return ::operator new(size);
  ThreadList& list = lists[size_class];
  return list.first != nullptr ? list.Pop() : AllocateSlowly(size_class);
}

void FreePooled(void* block, std::size_t size) noexcept {
  const std::size_t size_class = ClassOf(size);
  if (!kPooling || size_class >= kClasses) return ::operator delete(block);
  ThreadList& list = lists[size_class];
  if (!list.TakesMore()) return FreeSlowly(block, size_class);
  list.Push(block);
}

void TrimPooled() { SharedExchange().Trim(); }

}  // namespace rhei::inline v0
