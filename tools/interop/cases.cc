#include "cases.h"

#include <algorithm>

namespace interop {
namespace {

constexpr Case kCases[] = {
    {"empty_unary", EmptyUnary, "a request and a response of zero bytes"},
    {"large_unary", LargeUnary, "271,828 bytes there, 314,159 back"},
    {"client_streaming", ClientStreaming, "four requests, whose payloads the server adds up"},
    {"server_streaming", ServerStreaming, "four responses to one request"},
    {"ping_pong", PingPong, "four requests, each sent after the response to the one before"},
    {"empty_stream", EmptyStream, "a stream each way, without a message"},
    {"custom_metadata", CustomMetadata, "metadata comes back in headers and trailers"},
    {"status_code_and_message", StatusCodeAndMessage, "a status comes back"},
    {"special_status_message", SpecialStatusMessage, "a status message of white space and Unicode comes back"},
    {"unimplemented_method", UnimplementedMethod, "a method that the service has not got"},
    {"unimplemented_service", UnimplementedService, "a service that the server has not got"},
    {"cancel_after_begin", CancelAfterBegin, "cancelled before the first message"},
    {"cancel_after_first_response", CancelAfterFirstResponse, "cancelled after one response"},
    {"timeout_on_sleeping_server", TimeoutOnSleepingServer, "a deadline of 1 ms"},
    {"rpc_soak", RpcSoak, "many large calls on one channel, each within a time"},
    {"channel_soak", ChannelSoak, "the same, each on a channel of its own"},
    {"max_concurrent_streams_connection_scaling", MaxConcurrentStreamsConnectionScaling,
     "more streams than one connection may have; the server's limit is 2"},
};

}  // namespace

std::span<const Case> AllCases() { return kCases; }

const Case* FindCase(std::string_view name) {
  const auto* const found =
      std::find_if(std::begin(kCases), std::end(kCases), [name](const Case& one) { return one.name == name; });
  return found == std::end(kCases) ? nullptr : found;
}

}  // namespace interop
