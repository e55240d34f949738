// The payloads of the cases: so many zeros.
#pragma once

#include <cstddef>

#include "messages.pb.h"

namespace interop {

inline grpc::testing::Payload MakePayload(std::size_t size) {
  grpc::testing::Payload payload;
  payload.mutable_body()->resize(size);
  return payload;
}

}  // namespace interop
