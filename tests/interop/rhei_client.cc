// The client of the interoperability tests, by rhei. Usage: interop_rhei_client ADDRESS CALLS CASE...
#include <functional>
#include <iostream>
#include <map>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "interop.rhei.h"
#include "rhei/rhei.h"
#include "rhei_client.h"

namespace {

using interop::EchoReply;
using interop::EchoRequest;
using interop::Interop;

constexpr char kText[] = "\t\nтакого місця немає · 北極の北 · 🧭 100%\r\n";

EchoRequest FailureRequest(int code, std::string_view message, std::string_view details = {}) {
  EchoRequest request;
  request.mutable_failure()->set_code(code);
  request.mutable_failure()->set_message(std::string(message));
  request.mutable_failure()->set_details(std::string(details));
  return request;
}

void Empty(const Interop::Stub& stub) { RequireOk(stub.Nothing(interop::Empty()).Wait()); }

// A payload goes, one of `reply_size` comes.
void Large(const Interop::Stub& stub, std::size_t size, std::uint32_t reply_size) {
  EchoRequest request;
  request.set_payload(Pattern(size));
  request.set_reply_size(reply_size);
  const rhei::Result<EchoReply> reply = stub.Echo(request).Wait();
  RequireOk(reply);
  Require(reply->payload() == Resized(request.payload(), reply_size), "another payload came back");
}

void Codes(const Interop::Stub& stub) {
  for (int code = 0; code < rhei::kStatusCodeCount; ++code) {
    const std::string message = "code " + std::to_string(code);
    const rhei::Result<EchoReply> reply = stub.Echo(FailureRequest(code, message)).Wait();
    const std::string got = reply.ok() ? "OK" : reply.error().ToString();
    Require(static_cast<int>(reply.code()) == code, "asked for " + message + ", got " + got);
    Require(reply.ok() || reply.error().message() == message, "asked for " + message + ", got " + got);
    Require(reply.ok() || reply.error().origin() == rhei::Origin::kRemote, message + " is not said to be the peer's");
  }
}

void Unicode(const Interop::Stub& stub) {
  const rhei::Result<EchoReply> reply = stub.Echo(FailureRequest(2, kText)).Wait();
  Require(!reply.ok(), "the call did not fail");
  Require(reply.error().message() == kText, "got the message '" + reply.error().message() + "'");
}

void Details(const Interop::Stub& stub) {
  const rhei::Result<EchoReply> reply = stub.Echo(FailureRequest(9, "not while it rains", kDetails)).Wait();
  Require(!reply.ok(), "the call did not fail");
  Require(reply.code() == rhei::StatusCode::kFailedPrecondition, "got " + reply.error().ToString());
  Require(reply.error().details() == kDetails, "got other details");
}

// Repeated values of ASCII keys may have been joined by commas on their way (grpc/doc/PROTOCOL-HTTP2.md,
// Custom-Metadata).
std::string Joined(const rhei::Metadata& metadata, std::string_view key) {
  std::string joined;
  for (const std::string_view value : metadata.GetAll(key)) {
    if (!joined.empty()) joined += ',';
    for (const char character : value) {
      if (character != ' ') joined += character;
    }
  }
  return joined;
}

void Metadata(const Interop::Stub& stub) {
  using namespace std::string_view_literals;
  const std::vector<std::string_view> bytes = {"\x00\x01\xfe\xff,\n"sv, "second!"sv, "thirds!!"sv};
  rhei::CallOptions options;
  options.Metadata("x-text", "first").Metadata("x-bytes-bin", bytes[0]);
  options.Metadata("x-text", "second").Metadata("x-bytes-bin", bytes[1]);
  options.Metadata("x-text", "third").Metadata("x-bytes-bin", bytes[2]);

  auto call = stub.Echo(EchoRequest(), options);
  const rhei::Result<EchoReply> reply = call.Wait();
  RequireOk(reply);
  for (const auto& [where, metadata] : {std::pair("headers", &call.headers()), {"trailers", &call.trailers()}}) {
    const std::string text = Joined(*metadata, "x-text");
    Require(text == "first,second,third", std::string("x-text in the ") + where + " is '" + text + "'");
    Require(metadata->GetAll("x-bytes-bin") == bytes, std::string("x-bytes-bin differs in the ") + where);
  }
}

void AtOnce(const Interop::Stub& stub, int calls) {
  EchoRequest request;
  request.set_meeting(static_cast<std::uint32_t>(calls));
  std::vector<rhei::UnaryCall<EchoReply>> under_way;
  for (int i = 0; i < calls; ++i) {
    request.set_payload(std::to_string(i));
    under_way.push_back(stub.Echo(request));
  }
  std::set<std::string> peers;
  for (int i = 0; i < calls; ++i) {
    const rhei::Result<EchoReply> reply = under_way[static_cast<std::size_t>(i)].Wait();
    RequireOk(reply);
    Require(reply->payload() == std::to_string(i), "a call got the reply of another");
    peers.insert(reply->peer());
  }
  Require(peers.size() == 1, "the calls came over " + std::to_string(peers.size()) + " connections");
}

void Restart(const Interop::Stub& stub) {
  RequireOk(stub.Nothing(interop::Empty()).Wait(), "before: ");
  Ask("stop the server");

  const rhei::Result<interop::Empty> without = stub.Nothing(interop::Empty()).Wait();
  Require(without.code() == rhei::StatusCode::kUnavailable,
          "without a server: " + (without.ok() ? std::string("OK") : without.error().ToString()));
  auto waiting = stub.Nothing(interop::Empty(), rhei::CallOptions().WaitForReady());
  std::cout << "start the server" << std::endl;
  RequireOk(waiting.Wait(), "after: ");
}

}  // namespace

void Require(bool holds, const std::string& otherwise) {
  if (!holds) throw std::runtime_error(otherwise);
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

int main(int argc, char** argv) {
  if (argc < 4) {
    std::cerr << "usage: interop_rhei_client ADDRESS CALLS CASE...\n";
    return 2;
  }
  const Interop::Stub stub(rhei::Connect(argv[1]));
  const int calls = std::stoi(argv[2]);
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
      {"server_resets", [&] { ServerResets(stub); }},
      {"cancel", [&] { Cancel(stub); }},
      {"deadline", [&] { Deadline(stub); }},
      {"killed", [&] { Killed(stub); }},
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
