// What the handlers of the chain did, and when; drawn as one line each.
#pragma once

#include <chrono>
#include <cstddef>
#include <iomanip>
#include <iostream>
#include <string>
#include <vector>

#include "rhei/rhei.h"

namespace timeline {

using Milliseconds = std::chrono::milliseconds;
using Time = std::chrono::steady_clock::time_point;

// One handler, from its begin to its end. Written by its loop, read when that has nothing to do any more.
struct Handler {
  struct Piece {
    Time begin;
    Time end;
    bool whole;  // nobody broke it off
  };

  std::string name;
  Time begin{};
  Time end{};
  std::vector<Piece> work{};  // that was done, in the order in which it was
  rhei::Status result{};
};

inline Milliseconds Round(std::chrono::nanoseconds duration) { return std::chrono::round<Milliseconds>(duration); }

// Of a handler's work, what was begun and done when nobody wanted it any more.
inline Milliseconds WorkAfter(Time end, const Handler& handler) {
  Milliseconds sum{};
  for (const Handler::Piece& piece : handler.work) {
    if (piece.whole && piece.begin >= end) sum += Round(piece.end - piece.begin);
  }
  return sum;
}

// A character for each ten milliseconds: '=' works, '.' waits, '!' works though nobody wants it any more.
inline std::string Draw(Time begin, Time wanted_until, const Handler& handler) {
  std::string line;
  for (Time now = begin + Milliseconds(5); now < handler.end; now += Milliseconds(10)) {
    char what = now < handler.begin ? ' ' : '.';
    for (const Handler::Piece& piece : handler.work) {
      if (piece.begin <= now && now < piece.end) what = piece.begin < wanted_until ? '=' : '!';
    }
    line += what;
  }
  return line;
}

// The handlers of one call, in the order in which they call each other. Nobody wants the work of the others any more
// when the first has ended.
inline void Print(Time begin, const std::vector<Handler>& handlers) {
  const Time wanted_until = handlers.front().end;
  for (const Handler& handler : handlers) {
    std::cout << "  " << std::left << std::setw(8) << handler.name << std::setw(36)
              << Draw(begin, wanted_until, handler) << "ends after " << Round(handler.end - begin).count()
              << " ms with " << rhei::Name(handler.result.code());
    if (const Milliseconds wasted = WorkAfter(wanted_until, handler); wasted > Milliseconds::zero()) {
      std::cout << ", worked " << wasted.count() << " ms for nobody";
    }
    std::cout << '\n';
  }
}

}  // namespace timeline
