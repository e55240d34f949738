#include "transport/http2_link.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>
#include <optional>
#include <utility>

namespace rhei::inline v0::transport {
namespace {

using runtime::IoResult;

constexpr Duration kLinger = std::chrono::seconds(1);
// Pieces of output that are written at once.
constexpr std::size_t kFewSlices = 8;
constexpr std::size_t kManySlices = 64;
// So many bytes of it are much.
constexpr std::size_t kMuch = 32 * 1024;
// Kept input of this size gives its memory back when it is used up.
constexpr std::size_t kKeptCapacity = 8 * 1024;
// Answers wait no longer than this for the rest of their batch, where handlers compute. A batch of small calls that
// takes less leaves in one write.
constexpr Duration kLongBatch = std::chrono::milliseconds(1);
// Where so few batches of others come between two of a connection, the answers of each round leave at its end: so the
// peer has something to do while the rest is handled, where the two would wait for each other in turn. Where more come,
// it has that anyway, and fewer writes are worth more.
constexpr std::uint64_t kFewOthers = 1;
// A part of a frame of this size is completed where it is.
constexpr std::size_t kWorthCompleting = 16 * 1024;

}  // namespace

Http2Link::Http2Link(http2::Role role, const Limits& limits, runtime::Loop& loop,
                     std::unique_ptr<runtime::ByteStream> stream, Owner& owner)
    : loop_(loop),
      stream_(std::move(stream)),
      owner_(owner),
      connection_(role, limits, loop.blocks(), loop.Now()),
      write_limit_(limits.write_buffer),
      turn_end_([this] { OnTurnEnd(); }),
      timer_([this] { OnTimer(); }) {
  stream_->SetHandler(this);
}

Http2Link::~Http2Link() { stream_->Close(); }

void Http2Link::Start() {
  Flush();
  AfterBatch();
}

void Http2Link::OnReadable() {
  if (state_ == State::kLingering || state_ == State::kClosing) return Discard();
  if (state_ == State::kOpen) ReadBatch();
}

void Http2Link::ReadBatch() {
  const std::span<char> scratch = loop_.scratch();
  const std::size_t kept = kept_.size() - kept_begin_;
  if (kept >= kWorthCompleting) [[unlikely]] {
    if (const std::size_t missing = connection_.MissingOf(Kept()); missing > 0) return ReadRest(missing);
  }
  if (kept > 0) std::memcpy(scratch.data(), kept_.data() + kept_begin_, kept);
  const IoResult read = stream_->Read(scratch.subspan(kept));
  switch (read.kind) {
    case IoResult::Kind::kBytes:
      kept_.clear();
      kept_begin_ = 0;
      BeginBatch();
      HandleInput({scratch.data(), kept + read.bytes});
      return AfterBatch();
    case IoResult::Kind::kWouldBlock: return WaitForInput();
    case IoResult::Kind::kEnd: return End("connection closed by the peer");
    case IoResult::Kind::kFailed: return End(read.cause);
  }
}

void Http2Link::BeginBatch() {
  read_at_ = round_began_ = batch_flushed_ = loop_.Now();
  const std::uint64_t number = loop_.NumberBatch();
  few_others_ = number - std::exchange(batch_, number) <= kFewOthers + 1;
}

// The same where much of a frame is there: what it lacks is put to it, so that a peer that sends it byte by byte does
// not have all of it copied at each.
void Http2Link::ReadRest(std::size_t missing) {
  const std::span<char> scratch = loop_.scratch();
  const IoResult read = stream_->Read(scratch);
  if (read.kind == IoResult::Kind::kWouldBlock) return WaitForInput();
  if (read.kind == IoResult::Kind::kEnd) return End("connection closed by the peer");
  if (read.kind == IoResult::Kind::kFailed) return End(read.cause);
  BeginBatch();
  std::string_view rest(scratch.data(), read.bytes);
  const std::string_view part = rest.substr(0, missing);
  kept_.append(part);
  if (part.size() < missing) return WaitForInput();
  rest.remove_prefix(part.size());
  const std::string whole = std::exchange(kept_, {});
  HandleInput(std::string_view(whole).substr(std::exchange(kept_begin_, 0)));
  if (kept_.empty()) {
    if (!rest.empty() && state_ == State::kOpen && !ending_) HandleInput(rest);
  } else {
    // What is left of it comes first.
    kept_.append(rest);
  }
  AfterBatch();
}

void Http2Link::HandleInput(std::string_view input) {
  in_batch_ = true;
  round_ended_ = false;
  connection_.Receive(input, loop_.Now());
  while (const http2::Event* event = connection_.Next()) {
    if (!owner_.OnEvent(*event)) {
      round_ended_ = true;
      break;
    }
    if (connection_.queued_size() > kMuch) [[unlikely]]
      SendMuch();
  }
  const std::size_t unread = connection_.unread();
  if (unread > 0) {
    // `input` may be part of `kept_` itself.
    const std::size_t begin = kept_.size() - unread;
    const bool inside = !kept_.empty() && input.data() >= kept_.data() && input.data() < kept_.data() + kept_.size();
    if (inside) {
      kept_begin_ = begin;
    } else {
      kept_.assign(input.substr(input.size() - unread));
      kept_begin_ = 0;
    }
  } else {
    kept_.clear();
    kept_begin_ = 0;
    if (kept_.capacity() > kKeptCapacity) kept_.shrink_to_fit();
    round_ended_ = false;
  }
  // A pause of http2's leaves whole frames behind.
  const bool paused = unread > 0 && connection_.reading_paused();
  if (paused && !paused_) connection_.Count(Abuse::kReadingPaused);
  paused_ = paused;
  // The bytes do not outlive this call.
  connection_.Receive({}, loop_.Now());
  if (!round_ended_) owner_.OnBatchEnd();
  in_batch_ = false;
}

void Http2Link::AfterBatch() {
  if (state_ == State::kEnded) return;
  if (round_ended_) {
    loop_.AtEndOfTurn(turn_end_);
    return;
  }
  Flush();
  WaitForInput();
  RearmTimer();
}

void Http2Link::OnTurnEnd() {
  if (state_ == State::kEnded) return;
  if (ending_) {
    state_ = State::kEnded;
    stream_->Close();
    loop_.Cancel(timer_);
    return owner_.OnLinkEnd(cause_);
  }
  if (round_ended_ && state_ == State::kOpen) {
    round_began_ = loop_.clock().Now();
    if (few_others_ || connection_.unsent_size() > write_limit_ || round_began_ - batch_flushed_ > kLongBatch) {
      batch_flushed_ = round_began_;
      Flush();
    }
    if (!PeerReadsTooLittle()) {
      HandleInput(Kept());
      return AfterBatch();
    }
    // The rest of the input waits until the peer has taken some of the answers.
    return RearmTimer();
  }
  Flush();
  RearmTimer();
}

// Each time that it begins to be so is counted.
bool Http2Link::PeerReadsTooLittle() {
  const bool too_little =
      connection_.role() == http2::Role::kServer && write_blocked_ && connection_.unsent_size() > write_limit_;
  if (too_little && !reads_too_little_) connection_.Count(Abuse::kReadingPaused);
  reads_too_little_ = too_little;
  return too_little;
}

void Http2Link::OnWritable() {
  write_blocked_ = false;
  if (state_ == State::kEnded) return;
  Flush();
  if (state_ == State::kOpen && round_ended_) loop_.AtEndOfTurn(turn_end_);
  if (state_ == State::kOpen && !round_ended_) WaitForInput();
  RearmTimer();
}

// Nothing when there is nothing to write.
template <std::size_t kSlices>
std::optional<IoResult> Http2Link::WriteSome() {
  std::array<std::string_view, kSlices> slices;
  const std::size_t count = connection_.PollTransmit(slices);
  if (count == 0) return std::nullopt;
  return stream_->Write(std::span(slices).first(count));
}

// Writes what is owed as far as the stream takes it. Whether it has taken any.
bool Http2Link::Write() {
  bool progress = false;
  while (connection_.wants_to_write() && !write_blocked_ && state_ != State::kLingering && !ending_) {
    // Views take time to be made ready, so there are many only where there is much.
    const std::optional<IoResult> result =
        connection_.unsent_size() > kMuch ? WriteSome<kManySlices>() : WriteSome<kFewSlices>();
    if (!result) break;
    const IoResult& written = *result;
    if (written.kind == IoResult::Kind::kFailed) {
      End(written.cause);
      return false;
    }
    if (written.kind == IoResult::Kind::kWouldBlock) {
      write_blocked_ = true;
      stream_->WaitWritable();
      break;
    }
    connection_.Transmitted(written.bytes, loop_.Now());
    progress = true;
  }
  return progress;
}

// Inside of a batch. One write holds no more than this anyway, and what was just written is still in the processor's
// cache; and its memory is free for the next message.
void Http2Link::SendMuch() {
  if (state_ != State::kOpen || connection_.failed()) return;
  if (Write()) owner_.OnSendProgress();
}

void Http2Link::Flush() {
  const bool was_ending = ending_;
  const bool progress = Write();
  if (ending_ && !was_ending) return;
  if (progress && state_ == State::kOpen) owner_.OnSendProgress();
  // Queues that ran empty are events too; there is no input at hand that this could decode.
  if (!in_batch_ && state_ == State::kOpen && !round_ended_) {
    in_batch_ = true;
    bool any = false;
    while (const http2::Event* event = connection_.Next()) {
      owner_.OnEvent(*event);
      any = true;
    }
    if (any) owner_.OnBatchEnd();
    in_batch_ = false;
    if (any && connection_.wants_to_write() && !write_blocked_) loop_.AtEndOfTurn(turn_end_);
  }
  if (paused_ && !connection_.reading_paused() && state_ == State::kOpen && !in_batch_) {
    // What waited for control frames to be written is handled as a round that goes on.
    paused_ = false;
    round_ended_ = true;
    loop_.AtEndOfTurn(turn_end_);
  }
  if (connection_.failed() && state_ == State::kOpen) CloseGently();
  if (state_ == State::kClosing && !write_blocked_ && !connection_.wants_to_write()) {
    state_ = State::kLingering;
    stream_->ShutdownWrite();
    ArmTimer(loop_.Now() + kLinger);
    Discard();
  }
}

void Http2Link::CloseGently() {
  if (state_ != State::kOpen || ending_) return;
  state_ = State::kClosing;
  if (connection_.failed()) {
    cause_ = connection_.failure().reason;
    // A peer that does not even take the GOAWAY is not waited for; a failed connection has no timer of its own.
    ArmTimer(loop_.Now() + kLinger);
  }
  loop_.AtEndOfTurn(turn_end_);
}

void Http2Link::CloseNow(std::string_view cause) { End(cause); }

void Http2Link::Discard() {
  const std::span<char> scratch = loop_.scratch();
  // A peer that goes on sending has until the timer to stop.
  const IoResult read = stream_->Read(scratch);
  switch (read.kind) {
    case IoResult::Kind::kBytes:
    case IoResult::Kind::kWouldBlock: return stream_->WaitReadable();
    case IoResult::Kind::kEnd:
      if (state_ == State::kLingering) return End(cause_);
      input_ended_ = true;
      return;
    case IoResult::Kind::kFailed: return End(read.cause);
  }
}

void Http2Link::WaitForInput() {
  if (state_ != State::kOpen || ending_ || round_ended_) return;
  // A peer that does not read our answers is not read either, so that it cannot make us hold them.
  if (connection_.reading_paused() || PeerReadsTooLittle()) return;
  stream_->WaitReadable();
}

void Http2Link::OnTimer() {
  if (state_ == State::kEnded) return;
  if (state_ == State::kLingering) return End(cause_);
  HandleTimeout();
  in_batch_ = true;
  owner_.OnBatchEnd();
  in_batch_ = false;
  Flush();
  // A peer that takes nothing does not take the GOAWAY either.
  if (connection_.failed() && write_blocked_) return End(connection_.failure().reason);
  RearmTimer();
}

void Http2Link::HandleTimeout() {
  const bool rested = connection_.resting();
  connection_.HandleTimeout(loop_.Now());
  if (rested || !connection_.resting()) return;
  if (kept_.empty()) std::string().swap(kept_);
  owner_.OnRest();
}

// A timer that is armed already is left alone when it comes early enough: that it then comes in vain costs less than to
// move it with each batch.
void Http2Link::RearmTimer() {
  if (state_ != State::kOpen && state_ != State::kClosing) return;
  if (const std::optional<TimePoint> timeout = connection_.NextTimeout()) {
    if (!timer_.armed() || *timeout < armed_for_) ArmTimer(*timeout);
  } else if (state_ == State::kClosing && connection_.failed()) {
    if (!timer_.armed()) ArmTimer(loop_.Now() + kLinger);
  } else if (timer_.armed()) {
    loop_.Cancel(timer_);
  }
}

void Http2Link::ArmTimer(TimePoint when) {
  armed_for_ = when;
  loop_.Arm(timer_, when);
}

void Http2Link::End(std::string_view cause) {
  if (ending_ || state_ == State::kEnded) return;
  ending_ = true;
  if (cause_.empty()) cause_ = cause;
  loop_.AtEndOfTurn(turn_end_);
}

}  // namespace rhei::inline v0::transport
