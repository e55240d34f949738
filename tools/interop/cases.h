// The official cases, by their names (grpc/doc/interop-test-descriptions.md).
#pragma once

#include <span>
#include <string_view>

#include "flags.h"
#include "rhei/channel.h"
#include "test.rhei.h"

namespace interop {

// What a case calls.
struct Peer {
  rhei::Channel channel;
  // Another channel to the same server, which shares no connection with others.
  rhei::Channel (*connect)(const Flags& flags);
  const Flags& flags;

  grpc::testing::TestService::Stub stub() const { return grpc::testing::TestService::Stub(channel); }
};

struct Case {
  std::string_view name;
  void (*run)(const Peer& peer);  // throws Failure
  std::string_view about;
};

std::span<const Case> AllCases();
// Null if there is none of that name.
const Case* FindCase(std::string_view name);

// --- unary_cases.cc
void EmptyUnary(const Peer& peer);
void LargeUnary(const Peer& peer);
void UnimplementedMethod(const Peer& peer);
void UnimplementedService(const Peer& peer);
// --- streaming_cases.cc
void ClientStreaming(const Peer& peer);
void ServerStreaming(const Peer& peer);
void PingPong(const Peer& peer);
void EmptyStream(const Peer& peer);
// --- metadata_and_status_cases.cc
void CustomMetadata(const Peer& peer);
void StatusCodeAndMessage(const Peer& peer);
void SpecialStatusMessage(const Peer& peer);
// --- cancellation_cases.cc
void CancelAfterBegin(const Peer& peer);
void CancelAfterFirstResponse(const Peer& peer);
void TimeoutOnSleepingServer(const Peer& peer);
// --- soak_cases.cc
void RpcSoak(const Peer& peer);
void ChannelSoak(const Peer& peer);
// --- connection_scaling_case.cc
void MaxConcurrentStreamsConnectionScaling(const Peer& peer);

}  // namespace interop
