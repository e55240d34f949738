// The cases with streams.
#include <chrono>
#include <initializer_list>
#include <iostream>
#include <string>
#include <thread>
#include <utility>

#include "client.h"

using grpc::Status;
using interop::Interop;
using interop::Piece;
using interop::SeenReply;
using interop::Step;

namespace {

Step MakeStep(const std::string& payload, std::initializer_list<std::uint32_t> reply_sizes = {}) {
  Step step;
  step.set_payload(payload);
  step.mutable_reply_sizes()->Add(reply_sizes.begin(), reply_sizes.end());
  return step;
}

template <typename Stream>
void RequirePiece(Stream& stream, const std::string& payload) {
  Piece piece;
  Require(stream.Read(&piece), "the replies ended early: " + std::to_string(payload.size()) + " bytes were to come");
  Require(piece.payload() == payload, "another payload came than the one of " + std::to_string(payload.size()));
}

template <typename Stream>
void RequireEnd(Stream& stream) {
  Piece piece;
  Require(!stream.Read(&piece), "there were more replies than asked for");
  RequireOk(stream.Finish());
}

void RequireCode(const Status& status, int code) { Require(status.error_code() == code, "got " + Text(status)); }

void RequireSeen(Interop::Stub& stub, const std::string& id, SeenReply::End end, std::uint32_t messages) {
  Context context;
  interop::SeenRequest request;
  request.set_id(id);
  SeenReply reply;
  RequireOk(stub.Seen(&context, request, &reply));
  Require(reply.end() == end && reply.messages() == messages, "the server saw " + reply.ShortDebugString());
}

void RequireFailure(const Status& status) {
  RequireCode(status, grpc::StatusCode::FAILED_PRECONDITION);
  Require(status.error_message() == "not while it rains" && status.error_details() == kDetails, "got " + Text(status));
}

Step FailureStep(std::initializer_list<std::uint32_t> reply_sizes = {}) {
  Step step = MakeStep(Pattern(1000), reply_sizes);
  step.mutable_failure()->set_code(9);
  step.mutable_failure()->set_message("not while it rains");
  step.mutable_failure()->set_details(std::string(kDetails));
  return step;
}

// A chat whose server waits for more steps, and a download without an end; each ends in its middle.
template <typename End>
void EndChat(Interop::Stub& stub, Context& context, const std::string& id, int code, End end) {
  const auto chat = stub.Chat(&context);
  Step step = MakeStep(Pattern(10), {10});
  step.set_id(id);
  Require(chat->Write(step), "the step could not be written");
  RequirePiece(*chat, Pattern(10));
  end();
  Piece piece;
  Require(!chat->Read(&piece), "there were more replies than asked for");
  RequireCode(chat->Finish(), code);
  RequireSeen(stub, id, SeenReply::CANCELLED, 1);
}

template <typename End>
void EndDownload(Interop::Stub& stub, Context& context, const std::string& id, int code, End end) {
  Step step = MakeStep(Pattern(1000), {1000});
  step.set_id(id);
  step.set_forever(true);
  const auto download = stub.Download(&context, step);
  for (int i = 0; i < 10; ++i) RequirePiece(*download, Pattern(1000));
  end();
  Piece piece;
  while (download->Read(&piece)) {
  }
  RequireCode(download->Finish(), code);
  RequireSeen(stub, id, SeenReply::CANCELLED, 1);
}

}  // namespace

void ClientStreaming(Interop::Stub& stub) {
  Context context;
  interop::UploadReply reply;
  const auto upload = stub.Upload(&context, &reply);
  for (const std::size_t size : {27182, 8, 1828, 45904}) {
    Require(upload->Write(MakeStep(Pattern(size))), "a step could not be written");
  }
  upload->WritesDone();
  RequireOk(upload->Finish());
  Require(reply.messages() == 4 && reply.bytes() == 74922, "the server got " + reply.ShortDebugString());
}

void ServerStreaming(Interop::Stub& stub) {
  Context context;
  const std::string payload = Pattern(1000);
  const auto download = stub.Download(&context, MakeStep(payload, {31415, 9, 2653, 58979}));
  for (const std::size_t size : {31415, 9, 2653, 58979}) RequirePiece(*download, Resized(payload, size));
  RequireEnd(*download);
}

void PingPong(Interop::Stub& stub) {
  Context context;
  const auto chat = stub.Chat(&context);
  for (const auto& [size, reply_size] : {std::pair(27182, 31415), {8, 9}, {1828, 2653}, {45904, 58979}}) {
    const std::string payload = Pattern(static_cast<std::size_t>(size));
    Require(chat->Write(MakeStep(payload, {static_cast<std::uint32_t>(reply_size)})), "a step could not be written");
    RequirePiece(*chat, Resized(payload, static_cast<std::size_t>(reply_size)));
  }
  chat->WritesDone();
  RequireEnd(*chat);
}

void EmptyStream(Interop::Stub& stub) {
  Context context;
  const auto chat = stub.Chat(&context);
  chat->WritesDone();
  RequireEnd(*chat);
}

void ClientFirst(Interop::Stub& stub) {
  Context context;
  const auto chat = stub.Chat(&context);
  Step step = MakeStep(Pattern(1000), {10, 20, 30});
  step.set_id("client_first");
  step.set_hold(true);
  Require(chat->Write(step), "the step could not be written");
  chat->WritesDone();
  for (const std::size_t size : {10, 20, 30}) RequirePiece(*chat, Pattern(size));
  RequireEnd(*chat);
  RequireSeen(stub, "client_first", SeenReply::COMPLETE, 1);
}

void ServerFirst(Interop::Stub& stub) {
  Context context;
  const auto chat = stub.Chat(&context);
  Step step = MakeStep(Pattern(10), {10});
  step.set_id("server_first");
  step.set_finish(true);
  Require(chat->Write(step), "the step could not be written");
  RequirePiece(*chat, Pattern(10));
  RequireEnd(*chat);
  RequireSeen(stub, "server_first", SeenReply::FINISHED, 1);
}

void BothAtOnce(Interop::Stub& stub) {
  Step step = MakeStep(Pattern(10), {10});
  step.set_finish(true);
  for (int i = 0; i < 50; ++i) {
    Context context;
    const auto chat = stub.Chat(&context);
    chat->WriteLast(step, grpc::WriteOptions());
    RequirePiece(*chat, Pattern(10));
    RequireEnd(*chat);
  }
}

void ManyMessages(Interop::Stub& stub, std::size_t messages) {
  Context context;
  const auto chat = stub.Chat(&context);
  std::jthread writer([&] {
    for (std::size_t i = 0; i < messages; ++i) {
      const std::string payload = std::to_string(i);
      Step step = MakeStep(payload, {static_cast<std::uint32_t>(payload.size())});
      step.set_id("many_messages");
      if (!chat->Write(step)) return;
    }
    chat->WritesDone();
  });
  try {
    for (std::size_t i = 0; i < messages; ++i) RequirePiece(*chat, std::to_string(i));
  } catch (...) {
    context.TryCancel();
    throw;
  }
  writer.join();
  RequireEnd(*chat);
  RequireSeen(stub, "many_messages", SeenReply::COMPLETE, static_cast<std::uint32_t>(messages));
}

void ServerFails(Interop::Stub& stub) {
  Context context;
  const auto download = stub.Download(&context, FailureStep({10, 20}));
  RequirePiece(*download, Pattern(10));
  RequirePiece(*download, Pattern(20));
  Piece piece;
  Require(!download->Read(&piece), "there were more replies than asked for");
  RequireFailure(download->Finish());

  Context upload_context;
  interop::UploadReply reply;
  const auto upload = stub.Upload(&upload_context, &reply);
  for (int i = 0; i < 2; ++i) Require(upload->Write(MakeStep(Pattern(1000))), "a step could not be written");
  const Step failing = FailureStep();
  while (upload->Write(failing)) {
  }
  RequireFailure(upload->Finish());
}

void Cancel(Interop::Stub& stub) {
  Context chat;
  EndChat(stub, chat, "cancel chat", 1, [&] { chat.TryCancel(); });
  Context download;
  EndDownload(stub, download, "cancel download", 1, [&] { download.TryCancel(); });
}

void Deadline(Interop::Stub& stub) {
  Context chat(std::chrono::seconds(2));
  EndChat(stub, chat, "deadline chat", 4, [] {});
  Context download(std::chrono::seconds(2));
  EndDownload(stub, download, "deadline download", 4, [] {});
}

void Killed(Interop::Stub& stub, grpc::Channel& channel) {
  Context context;
  const auto chat = stub.Chat(&context);
  Require(chat->Write(MakeStep(Pattern(10), {10})), "the step could not be written");
  RequirePiece(*chat, Pattern(10));
  Ask("kill the server");
  Piece piece;
  Require(!chat->Read(&piece), "there were more replies than asked for");
  RequireCode(chat->Finish(), grpc::StatusCode::UNAVAILABLE);
  // A channel may take a moment longer than its calls to see that the connection is lost, and a new call might still be
  // sent by it.
  while (channel.GetState(false) == GRPC_CHANNEL_READY) {
    channel.WaitForStateChange(GRPC_CHANNEL_READY, std::chrono::system_clock::now() + std::chrono::seconds(10));
  }
  std::cout << "start the server" << std::endl;
  RequireOk(CallNothing(stub, true));
}
