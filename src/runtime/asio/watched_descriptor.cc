#include "runtime/asio/watched_descriptor.h"

#include <asio/posix/stream_descriptor.hpp>
#include <cstdint>
#include <utility>

#include "runtime/asio/operation_memory.h"

namespace rhei::inline v0::runtime {
namespace {

// What Asio makes of a wait and its OnReady takes 80 bytes; allocation_test tells when it becomes more. Each idle
// connection holds one.
using WaitMemory = SizedOperationMemory<80>;

}  // namespace

class WatchedDescriptor::State {
 public:
  explicit State(AsioLoop& its_loop) : loop(its_loop), descriptor(its_loop.context()) {}

  AsioLoop& loop;
  asio::posix::basic_stream_descriptor<asio::io_context::executor_type> descriptor;
  int number = -1;
  Handler* handler = nullptr;
  bool waits_to_read = false;
  bool waits_to_write = false;
  WaitMemory read_memory;
  std::uint32_t references = 1;
};

// Everything happens on one thread, so the count is a plain number.
class WatchedDescriptor::Reference {
 public:
  explicit Reference(State* state) : state_(state) { ++state_->references; }
  Reference(Reference&& other) noexcept : state_(std::exchange(other.state_, nullptr)) {}
  Reference(const Reference&) = delete;
  Reference& operator=(const Reference&) = delete;
  ~Reference() { Drop(state_); }

  State* operator->() const { return state_; }
  static void Drop(State* state) {
    if (state != nullptr && --state->references == 0) delete state;
  }

 private:
  State* state_;
};

// What Asio calls. Asio gives the operation's memory back before it calls or destroys this, so the last reference may
// go with it.
struct WatchedDescriptor::OnReadable {
  Reference state;

  using allocator_type = OperationAllocator<void, WaitMemory>;
  allocator_type get_allocator() const { return allocator_type(state->read_memory); }

  // An error is readiness too: who then reads or writes learns of it.
  void operator()(const asio::error_code&) {
    if (state->number < 0) return;  // closed meanwhile
    AsioLoop::HandlerScope scope(state->loop);
    state->waits_to_read = false;
    if (state->handler != nullptr) state->handler->OnReadable();
  }
};

// Few streams wait to write, and seldom: the memory of these operations is what Asio keeps for each thread.
struct WatchedDescriptor::OnWritable {
  Reference state;

  void operator()(const asio::error_code&) {
    if (state->number < 0) return;
    AsioLoop::HandlerScope scope(state->loop);
    state->waits_to_write = false;
    if (state->handler != nullptr) state->handler->OnWritable();
  }
};

WatchedDescriptor::WatchedDescriptor(AsioLoop& loop) : state_(new State(loop)) {}

WatchedDescriptor::~WatchedDescriptor() {
  Close();
  Reference::Drop(state_);
}

posix::ErrorNumber WatchedDescriptor::Watch(posix::Descriptor&& descriptor) {
  asio::error_code error;
  state_->descriptor.assign(descriptor.get(), error);
  if (error) return error.value();
  state_->number = descriptor.Release();
  return 0;
}

void WatchedDescriptor::SetHandler(Handler* handler) { state_->handler = handler; }

void WatchedDescriptor::WaitReadable() {
  if (state_->number < 0 || std::exchange(state_->waits_to_read, true)) return;
  state_->descriptor.async_wait(asio::posix::descriptor_base::wait_read, OnReadable{Reference(state_)});
}

void WatchedDescriptor::WaitWritable() {
  if (state_->number < 0 || std::exchange(state_->waits_to_write, true)) return;
  state_->descriptor.async_wait(asio::posix::descriptor_base::wait_write, OnWritable{Reference(state_)});
}

void WatchedDescriptor::Close() {
  if (state_->number < 0) return;
  state_->loop.closer().Close(Release());
}

posix::Descriptor WatchedDescriptor::Release() {
  state_->number = -1;
  state_->handler = nullptr;
  return posix::Descriptor(state_->descriptor.release());
}

int WatchedDescriptor::get() const { return state_->number; }

}  // namespace rhei::inline v0::runtime
