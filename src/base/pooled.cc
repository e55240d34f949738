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

  void Push(void* block) {
    first = new (block) FreeBlock{first};
    ++size;
  }
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

 private:
  std::mutex mutex_;
  std::array<std::vector<FreeList>, kClasses> batches_;
};

// Never destroyed: threads give back their blocks as late as they like.
Exchange& SharedExchange() {
  static Exchange* const exchange = new Exchange;
  return *exchange;
}

// The calling thread's lists: two a class, so that a thread that frees and allocates around a batch's border does not
// go to the exchange each time.
class ThreadCache {
 public:
  ~ThreadCache();

  void* Allocate(std::size_t size_class) {
    FreeList& list = lists_[size_class];
    if (list.size == 0) {
      std::swap(list, full_[size_class]);
      if (list.size == 0) SharedExchange().Take(size_class, list);
      if (list.size == 0) return ::operator new((size_class + 1) * kGranularity);
    }
    return list.Pop();
  }

  void Free(void* block, std::size_t size_class) {
    FreeList& list = lists_[size_class];
    if (list.size == kBatch) {
      if (full_[size_class].size > 0) SharedExchange().Give(size_class, full_[size_class]);
      std::swap(list, full_[size_class]);
    }
    list.Push(block);
  }

 private:
  std::array<FreeList, kClasses> lists_{};
  std::array<FreeList, kClasses> full_{};
};

thread_local bool cache_is_gone = false;

ThreadCache::~ThreadCache() {
  cache_is_gone = true;
  for (std::size_t size_class = 0; size_class < kClasses; ++size_class) {
    if (lists_[size_class].size > 0) SharedExchange().Give(size_class, lists_[size_class]);
    if (full_[size_class].size > 0) SharedExchange().Give(size_class, full_[size_class]);
  }
}

// Null when the thread is past the destruction of its thread-local objects.
ThreadCache* Cache() {
  if (cache_is_gone) return nullptr;
  static thread_local ThreadCache cache;
  return &cache;
}

constexpr std::size_t ClassOf(std::size_t size) { return size == 0 ? 0 : (size - 1) / kGranularity; }

}  // namespace

void* AllocatePooled(std::size_t size) {
  if constexpr (!kPooling) return ::operator new(size);
  const std::size_t size_class = ClassOf(size);
  if (size_class >= kClasses) return ::operator new(size);
  ThreadCache* const cache = Cache();
  return cache != nullptr ? cache->Allocate(size_class) : ::operator new((size_class + 1) * kGranularity);
}

void FreePooled(void* block, std::size_t size) noexcept {
  if constexpr (!kPooling) return ::operator delete(block);
  const std::size_t size_class = ClassOf(size);
  ThreadCache* const cache = size_class < kClasses ? Cache() : nullptr;
  if (cache == nullptr) return ::operator delete(block);
  cache->Free(block, size_class);
}

}  // namespace rhei::inline v0
