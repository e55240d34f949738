// Bytes of a peer that may be hostile, from few bytes of a script: whole frames that make sense or nearly do, and bytes
// that do not.
#pragma once

#include <string>

#include "fuzz/input.h"
#include "http2/connection.h"

namespace rhei::fuzz {

class FrameScript {
 public:
  // What a client, or a server, says.
  FrameScript(http2::Role from, Input& script) : from_(from), script_(script) {}

  // The next frame, or a few; or a piece of one.
  std::string Next();

 private:
  std::string NewFrames();
  std::string Headers();
  std::string Settings();
  std::string AnyFrame();
  std::uint32_t Stream();
  std::string Block();

  http2::Role from_;
  Input& script_;
  std::string last_;
};

// Small limits, so that few bytes reach them, or the defaults.
Limits TightLimits(Input& script);

}  // namespace rhei::fuzz
