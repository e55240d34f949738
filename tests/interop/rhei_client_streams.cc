// The cases with streams.
#include <chrono>
#include <exception>
#include <initializer_list>
#include <iostream>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "rhei_client.h"

using interop::Interop;
using interop::Piece;
using interop::SeenReply;
using interop::Step;
using rhei::StatusCode;

namespace {

Step MakeStep(const std::string& payload, std::initializer_list<std::uint32_t> reply_sizes = {}) {
  Step step;
  step.set_payload(payload);
  step.mutable_reply_sizes()->Add(reply_sizes.begin(), reply_sizes.end());
  return step;
}

template <typename Call>
void RequireWrite(Call& call, const Step& step) {
  Require(call.Write(step).Wait(), "a step could not be written");
}

template <typename Call>
void RequirePiece(Call& call, const std::string& payload) {
  const std::optional<Piece> piece = call.Next().Wait();
  const std::string wanted = std::to_string(payload.size()) + " bytes were to come";
  if (!piece) Require(false, wanted + ", but the call ended: " + call.Finish().Wait().ToString());
  Require(piece->payload() == payload, wanted + ", and others came");
}

template <typename Call>
void RequireNoMore(Call& call) {
  Require(!call.Next().Wait(), "there were more replies than asked for");
}

template <typename Call>
void RequireEnd(Call& call) {
  RequireNoMore(call);
  RequireOk(call.Finish().Wait());
}

template <typename Outcome>
void RequireCode(const Outcome& outcome, StatusCode code) {
  Require(outcome.code() == code, "got " + (outcome.ok() ? std::string("OK") : outcome.error().ToString()));
}

void RequireSeen(const Interop::Stub& stub, const std::string& id, SeenReply::End end, std::uint32_t messages) {
  interop::SeenRequest request;
  request.set_id(id);
  const rhei::Result<SeenReply> reply = stub.Seen(request).Wait();
  RequireOk(reply);
  Require(reply->end() == end && reply->messages() == messages, "the server saw " + reply->ShortDebugString());
}

Step FailureStep(std::initializer_list<std::uint32_t> reply_sizes = {}) {
  Step step = MakeStep(Pattern(1000), reply_sizes);
  step.mutable_failure()->set_code(9);
  step.mutable_failure()->set_message("not while it rains");
  step.mutable_failure()->set_details(std::string(kDetails));
  return step;
}

template <typename Outcome>
void RequireFailure(const Outcome& outcome) {
  RequireCode(outcome, StatusCode::kFailedPrecondition);
  const rhei::Error& error = outcome.error();
  Require(error.message() == "not while it rains" && error.details() == kDetails, "got " + error.ToString());
}

// A chat whose server waits for more steps, when it ends in its middle.
void EndChat(const Interop::Stub& stub, const std::string& id, const rhei::CallOptions& options, bool cancel,
             StatusCode code) {
  auto chat = stub.Chat(options);
  Step step = MakeStep(Pattern(10), {10});
  step.set_id(id);
  RequireWrite(chat, step);
  RequirePiece(chat, Pattern(10));
  if (cancel) chat.Cancel();
  RequireNoMore(chat);
  Require(!chat.Write(step).Wait(), "a step was written though the call was over");
  RequireCode(chat.Finish().Wait(), code);
  RequireSeen(stub, id, SeenReply::CANCELLED, 1);
}

// A download without an end, when it ends in its middle.
void EndDownload(const Interop::Stub& stub, const std::string& id, const rhei::CallOptions& options, bool cancel,
                 StatusCode code) {
  Step step = MakeStep(Pattern(1000), {1000});
  step.set_id(id);
  step.set_forever(true);
  auto download = stub.Download(step, options);
  for (int i = 0; i < 10; ++i) RequirePiece(download, Pattern(1000));
  if (cancel) download.Cancel();
  while (download.Next().Wait()) {
  }
  RequireCode(download.Finish().Wait(), code);
  RequireSeen(stub, id, SeenReply::CANCELLED, 1);
}

}  // namespace

void ClientStreaming(const Interop::Stub& stub) {
  auto upload = stub.Upload();
  for (const std::size_t size : {27182U, 8U, 1828U, 45904U}) RequireWrite(upload, MakeStep(Pattern(size)));
  const rhei::Result<interop::UploadReply> reply = upload.Finish().Wait();
  RequireOk(reply);
  Require(reply->messages() == 4 && reply->bytes() == 74922, "the server got " + reply->ShortDebugString());
}

void ServerStreaming(const Interop::Stub& stub) {
  const std::string payload = Pattern(1000);
  auto download = stub.Download(MakeStep(payload, {31415, 9, 2653, 58979}));
  for (const std::size_t size : {31415U, 9U, 2653U, 58979U}) RequirePiece(download, Resized(payload, size));
  RequireEnd(download);
}

void PingPong(const Interop::Stub& stub) {
  auto chat = stub.Chat();
  for (const auto& [size, reply_size] : {std::pair(27182U, 31415U), {8U, 9U}, {1828U, 2653U}, {45904U, 58979U}}) {
    const std::string payload = Pattern(size);
    RequireWrite(chat, MakeStep(payload, {reply_size}));
    RequirePiece(chat, Resized(payload, reply_size));
  }
  chat.WritesDone();
  RequireEnd(chat);
}

void EmptyStream(const Interop::Stub& stub) {
  auto chat = stub.Chat();
  chat.WritesDone();
  RequireEnd(chat);
}

void ClientFirst(const Interop::Stub& stub) {
  auto chat = stub.Chat();
  Step step = MakeStep(Pattern(1000), {10, 20, 30});
  step.set_id("client_first");
  step.set_hold(true);
  RequireWrite(chat, step);
  chat.WritesDone();
  for (const std::size_t size : {10U, 20U, 30U}) RequirePiece(chat, Pattern(size));
  RequireEnd(chat);
  RequireSeen(stub, "client_first", SeenReply::COMPLETE, 1);
}

void ServerFirst(const Interop::Stub& stub) {
  auto chat = stub.Chat();
  Step step = MakeStep(Pattern(10), {10});
  step.set_id("server_first");
  step.set_finish(true);
  RequireWrite(chat, step);
  RequirePiece(chat, Pattern(10));
  RequireNoMore(chat);
  Require(!chat.Write(step).Wait(), "a step was written though the call was over");
  RequireOk(chat.Finish().Wait());
  RequireSeen(stub, "server_first", SeenReply::FINISHED, 1);
}

void BothAtOnce(const Interop::Stub& stub) {
  Step step = MakeStep(Pattern(10), {10});
  step.set_finish(true);
  for (int i = 0; i < 50; ++i) {
    auto chat = stub.Chat();
    RequireWrite(chat, step);
    chat.WritesDone();
    RequirePiece(chat, Pattern(10));
    RequireEnd(chat);
  }
}

void ManyMessages(const Interop::Stub& stub, int messages) {
  auto chat = stub.Chat();
  std::jthread writer([&writer = chat.writer(), messages] {
    for (int i = 0; i < messages; ++i) {
      const std::string payload = std::to_string(i);
      Step step = MakeStep(payload, {static_cast<std::uint32_t>(payload.size())});
      step.set_id("many_messages");
      if (!writer.Write(step).Wait()) return;
    }
    writer.WritesDone();
  });
  try {
    for (int i = 0; i < messages; ++i) RequirePiece(chat, std::to_string(i));
  } catch (const std::exception&) {
    chat.Cancel();  // for the writer
    throw;
  }
  writer.join();
  RequireEnd(chat);
  RequireSeen(stub, "many_messages", SeenReply::COMPLETE, static_cast<std::uint32_t>(messages));
}

void ServerFails(const Interop::Stub& stub) {
  auto download = stub.Download(FailureStep({10, 20}));
  RequirePiece(download, Pattern(10));
  RequirePiece(download, Pattern(20));
  RequireNoMore(download);
  RequireFailure(download.Finish().Wait());

  auto upload = stub.Upload();
  for (int i = 0; i < 2; ++i) RequireWrite(upload, MakeStep(Pattern(1000)));
  const Step failing = FailureStep();
  while (upload.Write(failing).Wait()) {
  }
  RequireFailure(upload.Finish().Wait());
}

void ServerResets(const Interop::Stub& stub) {
  Step step = MakeStep(Pattern(1000), {10, 20});
  step.set_reset(true);
  auto download = stub.Download(step);
  RequirePiece(download, Pattern(10));
  RequirePiece(download, Pattern(20));
  RequireNoMore(download);
  RequireCode(download.Finish().Wait(), StatusCode::kCancelled);

  auto chat = stub.Chat();
  RequireWrite(chat, step);
  RequirePiece(chat, Pattern(10));
  RequirePiece(chat, Pattern(20));
  RequireNoMore(chat);
  Require(!chat.Write(step).Wait(), "a step was written though the stream was reset");
  RequireCode(chat.Finish().Wait(), StatusCode::kCancelled);
  // The connection goes on.
  RequireOk(stub.Nothing(interop::Empty()).Wait());
}

void Cancel(const Interop::Stub& stub) {
  EndChat(stub, "cancel chat", rhei::CallOptions(), true, StatusCode::kCancelled);
  EndDownload(stub, "cancel download", rhei::CallOptions(), true, StatusCode::kCancelled);
}

void Deadline(const Interop::Stub& stub) {
  const rhei::CallOptions options = rhei::CallOptions().Timeout(std::chrono::seconds(2));
  EndChat(stub, "deadline chat", options, false, StatusCode::kDeadlineExceeded);
  EndDownload(stub, "deadline download", options, false, StatusCode::kDeadlineExceeded);
}

void Killed(const Interop::Stub& stub) {
  auto chat = stub.Chat();
  RequireWrite(chat, MakeStep(Pattern(10), {10}));
  RequirePiece(chat, Pattern(10));
  Ask("kill the server");
  RequireNoMore(chat);
  RequireCode(chat.Finish().Wait(), StatusCode::kUnavailable);
  auto waiting = stub.Nothing(interop::Empty(), rhei::CallOptions().WaitForReady());
  std::cout << "start the server" << std::endl;
  RequireOk(waiting.Wait(), "after: ");
}
