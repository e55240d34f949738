#include "runtime/asio/watched_descriptor.h"

#include <asio/posix/stream_descriptor.hpp>
#include <cstdint>
#include <utility>

#include "runtime/asio/operation_memory.h"

namespace rhei::inline v0::runtime {

class WatchedDescriptor::State {
 public:
  explicit State(AsioLoop& its_loop) : loop(its_loop), descriptor(its_loop.context()) {}

  AsioLoop& loop;
  asio::posix::basic_stream_descriptor<asio::io_context::executor_type> descriptor;
  int number = -1;
  Handler* handler = nullptr;
  bool waits_to_read = false;
  bool waits_to_write = false;
  OperationMemory read_memory, write_memory;
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
struct WatchedDescriptor::OnReady {
  Reference state;
  bool writing;

  using allocator_type = OperationAllocator<void>;
  allocator_type get_allocator() const { return allocator_type(writing ? state->write_memory : state->read_memory); }

  // An error is readiness too: who then reads or writes learns of it.
  void operator()(const asio::error_code&) {
    if (state->number < 0) return;  // closed meanwhile
    AsioLoop::HandlerScope scope(state->loop);
    (writing ? state->waits_to_write : state->waits_to_read) = false;
    if (state->handler == nullptr) return;
    if (writing) {
      state->handler->OnWritable();
    } else {
      state->handler->OnReadable();
    }
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

void WatchedDescriptor::Wait(Reference state, bool writing) {
  using asio::posix::descriptor_base;
  auto& descriptor = state->descriptor;
  descriptor.async_wait(writing ? descriptor_base::wait_write : descriptor_base::wait_read,
                        OnReady{std::move(state), writing});
}

void WatchedDescriptor::WaitReadable() {
  if (state_->number < 0 || std::exchange(state_->waits_to_read, true)) return;
  Wait(Reference(state_), false);
}

void WatchedDescriptor::WaitWritable() {
  if (state_->number < 0 || std::exchange(state_->waits_to_write, true)) return;
  Wait(Reference(state_), true);
}

void WatchedDescriptor::Close() {
  if (state_->number < 0) return;
  state_->number = -1;
  state_->handler = nullptr;
  asio::error_code ignored;
  state_->descriptor.close(ignored);
}

posix::Descriptor WatchedDescriptor::Release() {
  state_->number = -1;
  state_->handler = nullptr;
  return posix::Descriptor(state_->descriptor.release());
}

int WatchedDescriptor::get() const { return state_->number; }

}  // namespace rhei::inline v0::runtime
