// A connection with what a driver does around it, for tests: input arrives in pieces, events are recorded, output is
// collected.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "http2/connection.h"
#include "http2/testing/frames.h"

namespace rhei::inline v0::http2::testing {

// An event with copies of all that its views show.
struct SeenEvent {
  Event event;
  Fields headers;
  Fields trailers;
  std::string data;
};

// Events as lines of text, of which the messages are cut into their parts, so that the same bytes give the same trace
// however they arrive: "1 headers :method=GET ...", "1 data hello", "1 trailers ...", "1 end", "1 reset CANCEL remote",
// "settings".
class Trace {
 public:
  void Add(const SeenEvent& event);
  const std::vector<std::string>& lines() const { return lines_; }

 private:
  void AddData(StreamId stream, std::string_view data);

  std::vector<std::string> lines_;
  StreamId data_stream_ = 0;  // the last line is of its data
};

class Endpoint {
 public:
  explicit Endpoint(Role role, const Limits& its_limits = {})
      : limits(its_limits), connection(role, limits, blocks, now) {
    connection.CountAbuses(abuses);
  }

  // Takes `bytes` in as one piece, handles all events, and leaves the rest for the next time. Stops where the
  // connection pauses.
  void Receive(std::string_view bytes);
  // All that the connection has to write, as if it had been written.
  std::string TakeOutput();
  // The same, as frames.
  std::vector<SeenFrame> TakeFrames() { return ParseFrames(TakeOutput()); }
  void Advance(Duration duration);

  // The events since the last call, which are forgotten. Those of kSettings are left out, unless asked for.
  std::vector<SeenEvent> TakeEvents();

  const Limits limits;
  BlockPool blocks;
  AbuseCounters abuses;
  TimePoint now{std::chrono::hours(1)};
  Connection connection;
  std::string unread;
  std::vector<SeenEvent> events;
  Trace trace;
  // Called inside the loop over events, when set; else data is consumed at once.
  std::function<void(Endpoint&, const SeenEvent&)> on_event;
};

// Moves bytes between the two until neither has anything to say. `cut` chooses how long the next piece is, of what
// there is; by default all.
void Exchange(Endpoint& client, Endpoint& server, const std::function<std::size_t(std::size_t)>& cut = nullptr);

}  // namespace rhei::inline v0::http2::testing
