// The byte stream over one end of a simulated connection.
#pragma once

#include <string>

#include "runtime/byte_stream.h"
#include "runtime/loop.h"
#include "runtime/simulation/loop_event.h"
#include "runtime/simulation/simulated_connection.h"

namespace rhei::inline v0::runtime {

class SimulatedStream final : public ByteStream {
 public:
  SimulatedStream(SimulatedLoop& loop, ConnectionEnd end);
  ~SimulatedStream() override;

  void SetHandler(Handler* handler) override { handler_ = handler; }
  IoResult Read(std::span<char> buffer) override { return connection().Read(end_.side(), buffer); }
  IoResult Write(std::span<const std::string_view> slices) override { return connection().Write(end_.side(), slices); }
  void WaitReadable() override;
  void WaitWritable() override;
  void ShutdownWrite() override;
  void Close() override;
  const Address& local() const override { return connection().address(end_.side()); }
  const Address& peer() const override { return connection().address(SimulatedConnection::Other(end_.side())); }

  // For the connection: something has changed at this end.
  void Notify();
  // ", the client waits to read", for people.
  std::string Describe() const;

 private:
  class Readable final : public LoopEvent {
   public:
    Readable(SimulatedLoop& loop, SimulatedStream& stream) : LoopEvent(loop), stream_(stream) {}

   private:
    void Happen() override { stream_.OnReadable(); }
    SimulatedStream& stream_;
  };
  class Writable final : public LoopEvent {
   public:
    Writable(SimulatedLoop& loop, SimulatedStream& stream) : LoopEvent(loop), stream_(stream) {}

   private:
    void Happen() override { stream_.OnWritable(); }
    SimulatedStream& stream_;
  };

  SimulatedConnection& connection() const { return *end_.connection(); }
  void OnReadable();
  void OnWritable();

  ConnectionEnd end_;
  Handler* handler_ = nullptr;
  bool waits_to_read_ = false;
  bool waits_to_write_ = false;
  Readable readable_;
  Writable writable_;
};

// A connection that was accepted and not adopted.
class SimulatedAcceptedStream final : public AcceptedStream {
 public:
  explicit SimulatedAcceptedStream(ConnectionEnd end) : end_(std::move(end)) {}
  ConnectionEnd TakeEnd() { return std::move(end_); }

 private:
  ConnectionEnd end_;
};

}  // namespace rhei::inline v0::runtime
