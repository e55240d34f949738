#include "runtime/simulation/simulated_stream.h"

#include <utility>

namespace rhei::inline v0::runtime {

SimulatedStream::SimulatedStream(SimulatedLoop& loop, ConnectionEnd end)
    : end_(std::move(end)), readable_(loop, *this), writable_(loop, *this) {
  connection().SetStream(end_.side(), this);
}

SimulatedStream::~SimulatedStream() { Close(); }

void SimulatedStream::WaitReadable() {
  waits_to_read_ = true;
  Notify();
}

void SimulatedStream::WaitWritable() {
  waits_to_write_ = true;
  Notify();
}

void SimulatedStream::ShutdownWrite() {
  connection().ShutdownWrite(end_.side());
  Notify();
}

void SimulatedStream::Close() {
  waits_to_read_ = waits_to_write_ = false;
  readable_.Withdraw();
  writable_.Withdraw();
  connection().Close(end_.side());
}

void SimulatedStream::Notify() {
  if (waits_to_read_ && connection().CanRead(end_.side())) readable_.Schedule();
  if (waits_to_write_ && connection().CanWrite(end_.side())) writable_.Schedule();
}

// Between the notice and now somebody may have read, or closed.
void SimulatedStream::OnReadable() {
  if (!waits_to_read_ || handler_ == nullptr || !connection().CanRead(end_.side())) return;
  waits_to_read_ = false;
  handler_->OnReadable();
}

void SimulatedStream::OnWritable() {
  if (!waits_to_write_ || handler_ == nullptr || !connection().CanWrite(end_.side())) return;
  waits_to_write_ = false;
  handler_->OnWritable();
}

std::string SimulatedStream::Describe() const {
  const std::string who = end_.side() == SimulatedConnection::Side::kClient ? "the client" : "the server";
  std::string text;
  if (waits_to_read_) text += ", " + who + " waits to read";
  if (waits_to_write_) text += ", " + who + " waits to write";
  return text;
}

}  // namespace rhei::inline v0::runtime
