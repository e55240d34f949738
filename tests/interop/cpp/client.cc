// The client of the interoperability tests, by gRPC C++. Usage: client ADDRESS CALLS CASE...
#include <grpcpp/grpcpp.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <future>
#include <iostream>
#include <latch>
#include <map>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "client.h"
#include "interop.grpc.pb.h"

namespace {

using grpc::Status;
using interop::EchoReply;
using interop::EchoRequest;
using interop::Interop;
using MetadataMap = std::multimap<grpc::string_ref, grpc::string_ref>;

constexpr char kText[] = "\t\nтакого місця немає · 北極の北 · 🧭 100%\r\n";

Status Echo(Interop::Stub& stub, const EchoRequest& request, EchoReply& reply) {
  Context context;
  return stub.Echo(&context, request, &reply);
}

Status Fail(Interop::Stub& stub, int code, std::string_view message, std::string_view details = {}) {
  EchoRequest request;
  request.mutable_failure()->set_code(code);
  request.mutable_failure()->set_message(std::string(message));
  request.mutable_failure()->set_details(std::string(details));
  EchoReply reply;
  return Echo(stub, request, reply);
}

void Empty(Interop::Stub& stub) { RequireOk(CallNothing(stub)); }

// A payload goes, one of `reply_size` comes.
void Large(Interop::Stub& stub, std::size_t size, std::uint32_t reply_size) {
  EchoRequest request;
  request.set_payload(Pattern(size));
  request.set_reply_size(reply_size);
  EchoReply reply;
  RequireOk(Echo(stub, request, reply));
  Require(reply.payload() == Resized(request.payload(), reply_size), "another payload came back");
}

void Codes(Interop::Stub& stub) {
  for (int code = 0; code <= 16; ++code) {
    const std::string message = code == 0 ? "" : "code " + std::to_string(code);
    const Status status = Fail(stub, code, message);
    Require(status.error_code() == code, "asked for code " + std::to_string(code) + ", got " + Text(status));
    Require(status.error_message() == message, "asked for '" + message + "', got " + Text(status));
  }
}

void Unicode(Interop::Stub& stub) {
  const Status status = Fail(stub, 2, kText);
  Require(status.error_code() == 2 && status.error_message() == kText, "got " + Text(status));
}

void Details(Interop::Stub& stub) {
  const Status status = Fail(stub, 9, "not while it rains", kDetails);
  Require(status.error_code() == 9, "got " + Text(status));
  Require(status.error_details() == kDetails, "got other details");
}

std::vector<std::string> ValuesOf(const MetadataMap& metadata, const std::string& key) {
  std::vector<std::string> values;
  const auto [begin, end] = metadata.equal_range(key);
  for (auto entry = begin; entry != end; ++entry) values.emplace_back(entry->second.data(), entry->second.size());
  return values;
}

void Metadata(Interop::Stub& stub) {
  using namespace std::string_literals;
  const std::vector<std::string> text = {"first", "second", "third"};
  const std::vector<std::string> bytes = {"\x00\x01\xfe\xff,\n"s, "second!", "thirds!!"};
  Context context;
  for (std::size_t i = 0; i < text.size(); ++i) {
    context.AddMetadata("x-text", text[i]);
    context.AddMetadata("x-bytes-bin", bytes[i]);
  }
  EchoReply reply;
  const Status status = stub.Echo(&context, EchoRequest(), &reply);
  RequireOk(status);
  Require(ValuesOf(context.GetServerInitialMetadata(), "x-text") == text, "x-text differs in the headers");
  Require(ValuesOf(context.GetServerTrailingMetadata(), "x-text") == text, "x-text differs in the trailers");
  Require(ValuesOf(context.GetServerInitialMetadata(), "x-bytes-bin") == bytes, "x-bytes-bin differs in the headers");
  Require(ValuesOf(context.GetServerTrailingMetadata(), "x-bytes-bin") == bytes, "x-bytes-bin differs in the trailers");
}

void AtOnce(Interop::Stub& stub, std::size_t calls) {
  struct Call {
    Context context;
    EchoRequest request;
    EchoReply reply;
    Status status;
  };
  std::vector<Call> under_way(calls);
  std::latch done(static_cast<std::ptrdiff_t>(calls));
  for (std::size_t i = 0; i < calls; ++i) {
    Call& call = under_way[i];
    call.request.set_payload(std::to_string(i));
    call.request.set_meeting(static_cast<std::uint32_t>(calls));
    stub.async()->Echo(&call.context, &call.request, &call.reply, [&call, &done](Status status) {
      call.status = std::move(status);
      done.count_down();
    });
  }
  done.wait();
  std::set<std::string> peers;
  for (const Call& call : under_way) {
    RequireOk(call.status);
    Require(call.reply.payload() == call.request.payload(), "a call got the reply of another");
    peers.insert(call.reply.peer());
  }
  Require(peers.size() == 1, "the calls came over " + std::to_string(peers.size()) + " connections");
}

void Restart(Interop::Stub& stub) {
  const Status before = CallNothing(stub);
  Require(before.ok(), "before: " + Text(before));
  Ask("stop the server");
  const Status without = CallNothing(stub);
  Require(without.error_code() == grpc::StatusCode::UNAVAILABLE, "without a server: " + Text(without));
  std::future<Status> waiting = std::async(std::launch::async, [&] { return CallNothing(stub, true); });
  std::cout << "start the server" << std::endl;
  const Status after = waiting.get();
  Require(after.ok(), "after: " + Text(after));
}

}  // namespace

void Require(bool holds, const std::string& otherwise) {
  if (!holds) throw std::runtime_error(otherwise);
}

void RequireOk(const Status& status) { Require(status.ok(), Text(status)); }

std::string Text(const Status& status) {
  return "code " + std::to_string(status.error_code()) + " '" + status.error_message() + "'";
}

std::string Pattern(std::size_t size) {
  std::string pattern;
  for (std::size_t i = 0; i < size; ++i) pattern += static_cast<char>(i % 251);
  return pattern;
}

std::string Resized(std::string payload, std::size_t size) {
  payload.resize(size);
  return payload;
}

void Ask(const std::string& what) {
  std::cout << what << std::endl;
  std::string done;
  std::getline(std::cin, done);
}

Status CallNothing(Interop::Stub& stub, bool wait_for_ready) {
  Context context;
  context.set_wait_for_ready(wait_for_ready);
  interop::Empty reply;
  return stub.Nothing(&context, interop::Empty(), &reply);
}

int main(int argc, char** argv) {
  if (argc < 4) {
    std::cerr << "usage: client ADDRESS CALLS CASE...\n";
    return 2;
  }
  const auto channel = grpc::CreateChannel(argv[1], grpc::InsecureChannelCredentials());
  Interop::Stub stub(channel);
  const std::size_t calls = std::stoul(argv[2]);
  const std::map<std::string, std::function<void()>> cases = {
      {"empty_unary", [&] { Empty(stub); }},
      {"large_unary", [&] { Large(stub, 271828, 314159); }},
      {"large", [&] { Large(stub, 1 << 20, 1 << 20); }},
      {"codes", [&] { Codes(stub); }},
      {"unicode", [&] { Unicode(stub); }},
      {"details", [&] { Details(stub); }},
      {"metadata", [&] { Metadata(stub); }},
      {"at_once", [&] { AtOnce(stub, calls); }},
      {"client_streaming", [&] { ClientStreaming(stub); }},
      {"server_streaming", [&] { ServerStreaming(stub); }},
      {"ping_pong", [&] { PingPong(stub); }},
      {"empty_stream", [&] { EmptyStream(stub); }},
      {"client_first", [&] { ClientFirst(stub); }},
      {"server_first", [&] { ServerFirst(stub); }},
      {"both_at_once", [&] { BothAtOnce(stub); }},
      {"many_messages", [&] { ManyMessages(stub, 10 * calls); }},
      {"server_fails", [&] { ServerFails(stub); }},
      {"cancel", [&] { Cancel(stub); }},
      {"deadline", [&] { Deadline(stub); }},
      {"killed", [&] { Killed(stub, *channel); }},
      {"restart", [&] { Restart(stub); }},
  };
  int failures = 0;
  for (int i = 3; i < argc; ++i) {
    try {
      cases.at(argv[i])();
      std::cout << argv[i] << " ok" << std::endl;
    } catch (const std::exception& failure) {
      std::cout << argv[i] << " FAILED: " << failure.what() << std::endl;
      ++failures;
    }
  }
  return failures == 0 ? 0 : 1;
}
