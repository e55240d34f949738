// A connection of gRPC C++ for the clients of the benchmarks.
#pragma once

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>

namespace rhei::bench {

// A channel that shares its connection with no other, connected. Ends the program where that fails.
inline std::shared_ptr<grpc::Channel> ConnectGrpc(std::int64_t port) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  auto channel = grpc::CreateCustomChannel("ipv4:127.0.0.1:" + std::to_string(port), grpc::InsecureChannelCredentials(),
                                           arguments);
  if (!channel->WaitForConnected(std::chrono::system_clock::now() + std::chrono::seconds(10))) {
    std::fputs("gRPC C++ client: cannot connect\n", stderr);
    std::exit(1);
  }
  return channel;
}

}  // namespace rhei::bench
