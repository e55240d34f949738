#include "http2/testing/endpoint.h"

#include <algorithm>
#include <array>
#include <utility>

namespace rhei::inline v0::http2::testing {
namespace {

Fields Copy(std::span<const HeaderField> fields) {
  Fields copy;
  for (const HeaderField& field : fields) copy.emplace_back(field.name, field.value);
  return copy;
}

std::string Text(const Fields& fields) {
  std::string text;
  for (const auto& [name, value] : fields) text += " " + name + "=" + value;
  return text;
}

std::string_view Text(Initiator initiator) {
  switch (initiator) {
    case Initiator::kLibrary: return " library";
    case Initiator::kUser: return " user";
    case Initiator::kRemote: return " remote";
  }
  return "";
}

}  // namespace

void Trace::Add(const SeenEvent& seen) {
  const Event& event = seen.event;
  const std::string stream = std::to_string(event.stream.id);
  const auto line = [this](std::string text) {
    lines_.push_back(std::move(text));
    data_stream_ = 0;
  };
  switch (event.kind) {
    case Event::Kind::kMessage:
      if (event.has_headers) line(stream + " headers" + Text(seen.headers));
      if (!seen.data.empty()) AddData(event.stream.id, seen.data);
      if (event.has_trailers) line(stream + " trailers" + Text(seen.trailers));
      if (event.end_stream) line(stream + " end");
      return;
    case Event::Kind::kReset:
      return line(stream + " reset " + std::string(Name(event.error)) + std::string(Text(event.initiator)) +
                  (event.unprocessed ? " unprocessed" : ""));
    case Event::Kind::kDrained: return line(stream + " drained");
    case Event::Kind::kSettings: return line("settings");
    case Event::Kind::kPong: return line("pong " + std::to_string(event.opaque));
    case Event::Kind::kGoAway:
      return line("goaway " + std::to_string(event.last_stream) + " " + std::string(Name(event.error)) + " " +
                  seen.data);
    case Event::Kind::kFailed: return line("failed " + std::string(Name(event.error)) + " " + seen.data);
  }
}

void Trace::AddData(StreamId stream, std::string_view data) {
  if (data_stream_ != stream) lines_.push_back(std::to_string(stream) + " data ");
  data_stream_ = stream;
  lines_.back().append(data);
}

void Endpoint::Receive(std::string_view bytes) {
  unread.append(bytes);
  connection.Receive(unread, now);
  while (const Event* event = connection.Next()) {
    events.push_back({*event, Copy(event->headers), Copy(event->trailers), std::string(event->data)});
    const SeenEvent& seen = events.back();
    trace.Add(seen);
    if (on_event) {
      on_event(*this, SeenEvent(seen));
    } else if (seen.event.charged != 0) {
      connection.Consume(seen.event.stream, seen.event.charged);
    }
  }
  unread.erase(0, unread.size() - connection.unread());
}

std::string Endpoint::TakeOutput() {
  std::string output;
  std::array<std::string_view, 3> slices;
  while (const std::size_t count = connection.PollTransmit(slices)) {
    std::size_t size = 0;
    for (std::size_t i = 0; i < count; ++i) {
      output.append(slices[i]);
      size += slices[i].size();
    }
    connection.Transmitted(size, now);
  }
  return output;
}

void Endpoint::Advance(Duration duration) {
  now += duration;
  connection.HandleTimeout(now);
  Receive({});
}

std::vector<SeenEvent> Endpoint::TakeEvents() {
  std::erase_if(events, [](const SeenEvent& seen) { return seen.event.kind == Event::Kind::kSettings; });
  return std::exchange(events, {});
}

void Exchange(Endpoint& client, Endpoint& server, const std::function<std::size_t(std::size_t)>& cut) {
  const auto deliver = [&](std::string bytes, Endpoint& to) {
    while (!bytes.empty()) {
      const std::size_t size = cut ? std::clamp<std::size_t>(cut(bytes.size()), 1, bytes.size()) : bytes.size();
      to.Receive(std::string_view(bytes).substr(0, size));
      bytes.erase(0, size);
    }
  };
  for (;;) {
    std::string to_server = client.TakeOutput();
    std::string to_client = server.TakeOutput();
    if (to_server.empty() && to_client.empty()) {
      // Events that no input brings, such as that a queue is empty.
      const std::size_t before = client.events.size() + server.events.size();
      client.Receive({});
      server.Receive({});
      if (before == client.events.size() + server.events.size() && !client.connection.wants_to_write() &&
          !server.connection.wants_to_write()) {
        return;
      }
    }
    deliver(std::move(to_server), server);
    deliver(std::move(to_client), client);
  }
}

}  // namespace rhei::inline v0::http2::testing
