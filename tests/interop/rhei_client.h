// What the cases of the client share.
#pragma once

#include <string>
#include <string_view>

#include "interop.rhei.h"
#include "rhei/rhei.h"

// A google.rpc.Status of code 9 with a Duration of 90 s in its details.
inline constexpr std::string_view kDetails =
    "\x08\x09\x12\x12not while it rains\x1a\x32\x0a\x2ctype.googleapis.com/google.protobuf.Duration\x12\x02\x08\x5a";

// Ends a case.
void Require(bool holds, const std::string& otherwise);

template <typename Outcome>
void RequireOk(const Outcome& outcome, const std::string& when = {}) {
  Require(outcome.ok(), outcome.ok() ? "" : when + outcome.error().ToString());
}

// Bytes that differ from their neighbours.
std::string Pattern(std::size_t size);
// As the server makes them of a request's.
std::string Resized(std::string payload, std::size_t size);

// Asks the runner for something, and returns when it is done.
void Ask(const std::string& what);

// --- the cases with streams -----------------------------------------------------------------------------------------
void ClientStreaming(const interop::Interop::Stub& stub);
void ServerStreaming(const interop::Interop::Stub& stub);
void PingPong(const interop::Interop::Stub& stub);
void EmptyStream(const interop::Interop::Stub& stub);
void ClientFirst(const interop::Interop::Stub& stub);
void ServerFirst(const interop::Interop::Stub& stub);
void BothAtOnce(const interop::Interop::Stub& stub);
void ManyMessages(const interop::Interop::Stub& stub, int messages);
void ServerFails(const interop::Interop::Stub& stub);
void ServerResets(const interop::Interop::Stub& stub);
void Cancel(const interop::Interop::Stub& stub);
void Deadline(const interop::Interop::Stub& stub);
void Killed(const interop::Interop::Stub& stub);
