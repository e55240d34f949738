// What a simulated world is like.
#pragma once

#include <cstddef>
#include <cstdint>

#include "rhei/time.h"

namespace rhei::inline v0::runtime {

// An aggregate; every default makes a calm local network.
struct SimulationOptions {
  // The time at which the world begins. Far enough from zero that a test may subtract.
  TimePoint start{std::chrono::hours(24 * 365)};

  // What one way through the network takes; drawn for each write, connect and look-up. Order within one direction of
  // a connection is kept.
  Duration min_delay = std::chrono::microseconds(50);
  Duration max_delay = std::chrono::microseconds(200);

  // How often what arrives is cut into two, which arrive one after the other; the rest may be cut again.
  double split_probability = 0.25;
  // How many of the cuts are made after the first byte already. The others are made anywhere.
  double one_byte_probability = 0.25;

  // Bytes that one direction of a connection holds, in flight and unread together, before Write tells kWouldBlock. At
  // least 1.
  std::size_t buffer_size = 64 * 1024;

  // How much virtual time one RunUntil, RunUntilIdle or Await may take before it gives up: the end of a world whose
  // timers rearm themselves for ever.
  Duration time_limit = std::chrono::hours(24);
  // How many steps it may take: the end of a world that spins at one point in time.
  std::uint64_t step_limit = 10'000'000;

  // How long, in real time, a world with nothing to do waits for other threads to post something before it gives up.
  Duration patience{};

  // A network that does its worst: delays up to 50 ms, most segments cut and often after one byte, and small buffers.
  static SimulationOptions Rough() {
    SimulationOptions options;
    options.min_delay = Duration(0);
    options.max_delay = std::chrono::milliseconds(50);
    options.split_probability = 0.75;
    options.one_byte_probability = 0.5;
    options.buffer_size = 1000;
    return options;
  }
};

}  // namespace rhei::inline v0::runtime
