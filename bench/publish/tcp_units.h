// What raw TCP sends back for each unit in the benchmark `publish`.
#pragma once

#include <array>
#include <cstddef>

namespace rhei::bench {

// About what the reply to a unary call has on the wire.
inline constexpr std::array<std::byte, 40> kUnitReply{};

}  // namespace rhei::bench
