#include "testing/scripted_peer.h"

#include <array>
#include <span>

#include "http2/preface.h"
#include "wire/message_framing.h"

namespace rhei::inline v0::testing {

using http2::FrameType;
using http2::testing::Fields;
using http2::testing::SeenFrame;
using runtime::IoResult;

ScriptedPeer::ScriptedPeer(std::unique_ptr<runtime::ByteStream> stream) : stream_(std::move(stream)) {
  stream_->SetHandler(this);
  stream_->WaitReadable();
}

ScriptedPeer::~ScriptedPeer() { stream_->Close(); }

void ScriptedPeer::Send(std::string_view bytes) {
  const bool waiting = !unsent_.empty();
  unsent_.append(bytes);
  if (!waiting) Write();
}

void ScriptedPeer::ShutdownWrite() {
  shutdown_ = true;
  if (unsent_.empty()) stream_->ShutdownWrite();
}

void ScriptedPeer::Close() {
  ended_ = true;
  unsent_.clear();
  stream_->Close();
}

void ScriptedPeer::SetReading(bool reading) {
  if (!std::exchange(reading_, reading) && reading && !ended_) stream_->WaitReadable();
}

void ScriptedPeer::Write() {
  while (!unsent_.empty()) {
    const std::array<std::string_view, 1> slices{unsent_};
    const IoResult written = stream_->Write(slices);
    if (written.kind == IoResult::Kind::kWouldBlock) return stream_->WaitWritable();
    if (written.kind != IoResult::Kind::kBytes) {
      unsent_.clear();
      return;
    }
    unsent_.erase(0, written.bytes);
  }
  if (shutdown_) stream_->ShutdownWrite();
}

void ScriptedPeer::OnWritable() { Write(); }

void ScriptedPeer::OnReadable() {
  if (!reading_ || ended_) return;
  std::array<char, 16 * 1024> buffer;
  const IoResult read = stream_->Read(buffer);
  if (read.kind == IoResult::Kind::kEnd || read.kind == IoResult::Kind::kFailed) {
    ended_ = true;
  } else {
    if (read.kind == IoResult::Kind::kBytes) received_.append(buffer.data(), read.bytes);
    stream_->WaitReadable();
  }
  if (on_input) on_input();
}

std::vector<SeenFrame> ScriptedPeer::frames() const {
  std::string_view bytes = received_;
  if (bytes.starts_with(http2::kClientPreface)) bytes.remove_prefix(http2::kClientPreface.size());
  std::size_t whole = 0;
  while (bytes.size() - whole >= http2::kFrameHeaderSize) {
    const std::size_t size = http2::kFrameHeaderSize + http2::ParseFrameHeader(bytes.data() + whole).length;
    if (bytes.size() - whole < size) break;
    whole += size;
  }
  return http2::testing::ParseFrames(bytes.substr(0, whole));
}

std::vector<SeenFrame> ScriptedPeer::frames(FrameType type, std::uint32_t stream) const {
  std::vector<SeenFrame> found;
  for (SeenFrame& frame : frames()) {
    if (frame.header.type == type && (stream == 0 || frame.header.stream == stream)) found.push_back(std::move(frame));
  }
  return found;
}

std::vector<Fields> ScriptedPeer::headers(std::uint32_t stream) const {
  // Blocks of other streams change the table too, so all of them are decoded.
  http2::HpackDecoder decoder({.list_soft = 1 << 20, .list_hard = 1 << 20, .max_fields = 1 << 16});
  std::vector<Fields> blocks;
  for (const SeenFrame& frame : frames(FrameType::kHeaders)) {
    std::vector<http2::HeaderField> fields;
    decoder.NextMessage();
    if (decoder.Decode(frame.payload, fields) != http2::DecodeOutcome::kOk || frame.header.stream != stream) continue;
    Fields& block = blocks.emplace_back();
    for (const http2::HeaderField& field : fields) block.emplace_back(field.name, field.value);
  }
  return blocks;
}

std::string ScriptedPeer::data(std::uint32_t stream) const {
  std::string data;
  for (const SeenFrame& frame : frames(FrameType::kData, stream)) data += frame.payload;
  return data;
}

bool ScriptedPeer::ended(std::uint32_t stream) const {
  for (const SeenFrame& frame : frames()) {
    if (frame.header.stream != stream) continue;
    if (frame.header.type == FrameType::kRstStream) return true;
    const bool may_end = frame.header.type == FrameType::kData || frame.header.type == FrameType::kHeaders;
    if (may_end && frame.header.Has(http2::kFlagEndStream)) return true;
  }
  return false;
}

ScriptedServer::ScriptedServer(runtime::Loop& loop, const runtime::Address& address,
                               std::function<void(ScriptedPeer&)> on_peer)
    : loop_(loop), on_peer_(std::move(on_peer)) {
  auto accepted = [this](std::unique_ptr<runtime::AcceptedStream> stream) {
    Result<std::unique_ptr<runtime::ByteStream>> adopted = loop_.Adopt(std::move(stream));
    if (!adopted.ok()) return;
    peers.push_back(std::make_unique<ScriptedPeer>(*std::move(adopted)));
    if (on_peer_) on_peer_(*peers.back());
  };
  Result<std::unique_ptr<runtime::Listener>> listener = loop_.Listen(address, std::move(accepted));
  if (listener.ok()) listener_ = *std::move(listener);
}

std::string GrpcMessage(std::string_view message, char flag) {
  std::string framed(wire::kMessagePrefix, flag);
  wire::WriteMessagePrefix(message.size(), framed.data());
  framed[0] = flag;
  return framed.append(message);
}

}  // namespace rhei::inline v0::testing
