// What the cases of the client share.
#pragma once

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <string>
#include <string_view>

#include "interop.grpc.pb.h"

// A google.rpc.Status of code 9 with a Duration of 90 s in its details.
inline constexpr std::string_view kDetails =
    "\x08\x09\x12\x12not while it rains\x1a\x32\x0a\x2ctype.googleapis.com/google.protobuf.Duration\x12\x02\x08\x5a";

// One call's context, with a deadline.
struct Context : grpc::ClientContext {
  explicit Context(std::chrono::milliseconds timeout = std::chrono::seconds(30)) {
    set_deadline(std::chrono::system_clock::now() + timeout);
  }
};

// Ends a case.
void Require(bool holds, const std::string& otherwise);
void RequireOk(const grpc::Status& status);

std::string Text(const grpc::Status& status);

// Bytes that differ from their neighbours.
std::string Pattern(std::size_t size);
// As the server makes them of a request's.
std::string Resized(std::string payload, std::size_t size);

// Asks the runner for something, and returns when it is done.
void Ask(const std::string& what);

grpc::Status CallNothing(interop::Interop::Stub& stub, bool wait_for_ready = false);

// --- the cases with streams -----------------------------------------------------------------------------------------
void ClientStreaming(interop::Interop::Stub& stub);
void ServerStreaming(interop::Interop::Stub& stub);
void PingPong(interop::Interop::Stub& stub);
void EmptyStream(interop::Interop::Stub& stub);
void ClientFirst(interop::Interop::Stub& stub);
void ServerFirst(interop::Interop::Stub& stub);
void BothAtOnce(interop::Interop::Stub& stub);
void ManyMessages(interop::Interop::Stub& stub, std::size_t messages);
void ServerFails(interop::Interop::Stub& stub);
void Cancel(interop::Interop::Stub& stub);
void Deadline(interop::Interop::Stub& stub);
void Killed(interop::Interop::Stub& stub, grpc::Channel& channel);
