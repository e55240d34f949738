// A network for tests to run on, real or simulated, and a stream that records what happens to it.
#pragma once

#include <gtest/gtest.h>

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <utility>

#include "runtime/loop.h"

namespace rhei::inline v0::runtime {

// A loop, the network that it reaches, and a way to let it work. Everything happens on the test's thread.
class NetworkUnderTest {
 public:
  virtual ~NetworkUnderTest() = default;
  virtual Loop& loop() = 0;
  // Runs the loop until `done`; a failure when that does not come true.
  virtual void RunUntil(std::function<bool()> done) = 0;
  // An address to listen on that nobody uses; each call may give another. Port 0 where there are ports.
  virtual Address AnyAddress() = 0;
  // An address that refuses connections.
  virtual Address NobodysAddress() {
    auto listener = loop().Listen(AnyAddress(), [](std::unique_ptr<AcceptedStream>) {});
    return listener.ok() ? (*listener)->address() : Address{};
  }
};

struct NetworkCase {
  std::string name;
  std::function<std::unique_ptr<NetworkUnderTest>()> make;  // null from it skips the test
};

inline std::string NetworkCaseName(const ::testing::TestParamInfo<NetworkCase>& info) { return info.param.name; }
inline void PrintTo(const NetworkCase& network, std::ostream* out) { *out << network.name; }

// A stream and what it told its handler. Does nothing by itself unless told so.
class RecordingStream final : public ByteStream::Handler {
 public:
  explicit RecordingStream(std::unique_ptr<ByteStream> its_stream) : stream(std::move(its_stream)) {
    stream->SetHandler(this);
  }
  void OnReadable() override {
    ++readable;
    if (on_readable) on_readable();
  }
  void OnWritable() override {
    ++writable;
    if (on_writable) on_writable();
  }

  // Sends text that fits the stream's buffers.
  void Send(std::string_view text) {
    const IoResult written = stream->Write({&text, 1});
    EXPECT_EQ(written.kind, IoResult::Kind::kBytes);
    EXPECT_EQ(written.bytes, text.size());
  }

  // From now on reads all that comes into `received`, until `end` or `failure`.
  void Collect() {
    on_readable = [this] { ReadAll(); };
    stream->WaitReadable();
  }
  void ReadAll() {
    char buffer[16 * 1024];
    while (true) {
      IoResult read = stream->Read(buffer);
      if (read.kind == IoResult::Kind::kWouldBlock) return stream->WaitReadable();
      if (read.kind == IoResult::Kind::kEnd) return void(end = true);
      if (read.kind == IoResult::Kind::kFailed) return void(failure = read.cause);
      received.append(buffer, read.bytes);
    }
  }

  std::unique_ptr<ByteStream> stream;
  int readable = 0;
  int writable = 0;
  std::function<void()> on_readable;
  std::function<void()> on_writable;
  std::string received;
  bool end = false;
  std::optional<std::string> failure;
};

}  // namespace rhei::inline v0::runtime
