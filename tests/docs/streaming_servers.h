// The servers that docs/streaming.md shows.
#pragma once

#include <algorithm>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "rhei/generic.h"
#include "rhei/rhei.h"
#include "thermo.rhei.h"

namespace streaming_guide {

using thermo::Place;
using thermo::Reading;
using thermo::Summary;
using thermo::Thermometers;

inline Place Named(const std::string& name) {
  Place place;
  place.set_name(name);
  return place;
}

inline Reading Measured(const std::string& place, int degrees) {
  Reading reading;
  reading.set_place(place);
  reading.set_degrees(degrees);
  return reading;
}

class ThermometersService final : public Thermometers::Service {
 public:
  rhei::Task<rhei::Status> Watch(rhei::ServerContext&, const Place& place, rhei::Writer<Reading>& writer) override {
    for (int degrees = 20; degrees < 23; ++degrees) {
      const Reading reading = Measured(place.name(), degrees);
      if (!co_await writer.Write(reading)) break;  // nobody listens any more
    }
    co_return rhei::Status();
  }

  rhei::Task<rhei::Result<Summary>> Record(rhei::ServerContext&, rhei::Reader<Reading>& reader) override {
    Summary summary;
    Reading reading;  // its memory is used again for each message
    while (co_await reader.Next(reading)) {
      summary.set_readings(summary.readings() + 1);
      summary.set_highest(std::max(summary.highest(), reading.degrees()));
    }
    co_return summary;
  }

  rhei::Task<rhei::Status> Ask(rhei::ServerContext&, rhei::Reader<Place>& reader,
                               rhei::Writer<Reading>& writer) override {
    while (std::optional<Place> place = co_await reader.Next()) {
      if (place->name().empty()) co_return rhei::Error(rhei::StatusCode::kInvalidArgument, "which place?");
      const Reading reading = Measured(place->name(), 21);
      if (!co_await writer.Write(reading)) break;
    }
    co_return rhei::Status();
  }
};

// Added with RunOn::kPool.
class BlockingThermometers final : public Thermometers::Service {
 public:
  rhei::Task<rhei::Status> Ask(rhei::ServerContext&, rhei::Reader<Place>& reader,
                               rhei::Writer<Reading>& writer) override {
    Place place;
    while (reader.Next(place).Wait()) {
      if (!writer.Write(Measured(place.name(), 21)).Wait()) break;
    }
    return rhei::Status();
  }
};

class Recorder final : public rhei::StreamObserver<Reading> {
 public:
  rhei::Task<rhei::Result<Summary>> summary() { return answer_.task(); }

  void OnNext(Reading& reading) override {
    summary_.set_readings(summary_.readings() + 1);
    summary_.set_highest(std::max(summary_.highest(), reading.degrees()));
  }
  void OnError(const rhei::Error& error) override { answer_.Set(error); }  // the call is not wanted any more
  void OnCompleted() override { answer_.Set(summary_); }                   // the client has sent everything

 private:
  Summary summary_;
  rhei::Promise<Summary> answer_;
};

class ObservingThermometers final : public Thermometers::Service {
 public:
  // Writes without waiting: as much as there is room for, whenever there is room.
  rhei::Task<rhei::Status> Watch(rhei::ServerContext& context, const Place& place,
                                 rhei::Writer<Reading>& writer) override {
    struct State {
      std::string place;
      int degrees = 20;
      rhei::Promise<void> done;
    };
    const auto state = std::make_shared<State>();
    state->place = place.name();
    rhei::Task<rhei::Status> done = state->done.task();
    context.OnCancel([state] { state->done.Set({}); });  // OnReady is not called any more
    writer.OnReady([state, &writer] {
      while (state->degrees < 23) {
        if (!writer.TryWrite(Measured(state->place, state->degrees))) return;  // OnReady follows
        ++state->degrees;
      }
      state->done.Set({});
    });
    return done;
  }

  rhei::Task<rhei::Result<Summary>> Record(rhei::ServerContext&, rhei::Reader<Reading>& reader) override {
    const auto recorder = std::make_shared<Recorder>();
    reader.Observe(recorder);
    return recorder->summary();
  }
};

// Lets one coroutine at a time pass. For coroutines of one loop.
class Turn {
 public:
  rhei::Task<rhei::Status> Take() {
    if (!std::exchange(taken_, true)) return rhei::Status();
    return waiting_.emplace_back().task();
  }
  void Give() {
    taken_ = !waiting_.empty();
    if (!taken_) return;
    rhei::Promise<void> next = std::move(waiting_.front());
    waiting_.pop_front();
    next.Set({});
  }

 private:
  bool taken_ = false;
  std::deque<rhei::Promise<void>> waiting_;
};

// Asks several services at once, and merges their answers as they come.
class House final : public Thermometers::Service {
 public:
  explicit House(std::vector<Thermometers::Stub> sources) : sources_(std::move(sources)) {}

  rhei::Task<rhei::Status> Ask(rhei::ServerContext&, rhei::Reader<Place>& reader,
                               rhei::Writer<Reading>& writer) override {
    std::vector<Conversation> calls;
    for (const Thermometers::Stub& source : sources_) calls.push_back(source.Ask());
    Turn turn;
    std::vector<rhei::Task<rhei::Status>> copies;
    for (Conversation& call : calls) {
      rhei::Promise<void> copied;
      copies.push_back(copied.task());
      rhei::Spawn(Copy(call, writer, turn, std::move(copied)));
    }
    // Each place goes to all of them; the slowest one sets the pace.
    Place place;
    while (co_await reader.Next(place)) {
      for (Conversation& call : calls) co_await call.Write(place);
    }
    for (Conversation& call : calls) call.WritesDone();
    // The copies use what is in this frame, so all of them end before it does.
    rhei::Status all;
    for (rhei::Task<rhei::Status>& copy : copies) {
      rhei::Status one = co_await std::move(copy);
      if (!one.ok()) all = std::move(one);
    }
    co_return all;
  }

 private:
  using Conversation = rhei::BidiStreamingCall<Place, Reading>;

  // Holds one message at the most: who cannot write it on does not read the next one.
  static rhei::Task<void> Copy(Conversation& call, rhei::Writer<Reading>& writer, Turn& turn,
                               rhei::Promise<void> copied) {
    Reading reading;
    while (co_await call.Next(reading)) {
      (void)co_await turn.Take();
      const bool sent = co_await writer.Write(reading);
      turn.Give();
      if (!sent) call.Cancel();
    }
    rhei::Status status = co_await call.Finish();
    copied.Set(std::move(status));  // last: nothing of the handler is touched afterwards
  }

  const std::vector<Thermometers::Stub> sources_;
};

// Takes the requests of one call over into another one, as fast as that takes them.
class Forwarder final : public rhei::StreamObserver<std::string> {
 public:
  Forwarder(rhei::Reader<std::string>& from, rhei::Writer<std::string>& to) : from_(from), to_(to) {}
  void OnNext(std::string& request) override {
    (void)to_.TryWrite(request);  // there is room: nothing was asked for before
    if (to_.IsReady()) from_.Request(1);
  }
  void OnError(const rhei::Error&) override {}  // the other call was made below this one, and ends with it
  void OnCompleted() override { to_.WritesDone(); }

 private:
  rhei::Reader<std::string>& from_;
  rhei::Writer<std::string>& to_;
};

// Any method of whichever service, passed on message by message.
class Proxy final : public rhei::GenericStreamingService {
 public:
  explicit Proxy(rhei::Channel channel) : backend_(std::move(channel)) {}

  rhei::Task<rhei::Status> Call(rhei::ServerContext& context, rhei::Reader<std::string>& reader,
                                rhei::Writer<std::string>& writer) override {
    auto call = backend_.Stream(context.method());
    reader.Observe(std::make_shared<Forwarder>(reader, call.writer()), rhei::Inbound::kManual);
    call.writer().OnReady([&reader] { reader.Request(1); });
    std::string reply;
    while (co_await call.Next(reply)) {
      if (!co_await writer.Write(reply)) call.Cancel();
    }
    co_return co_await call.Finish();
  }

 private:
  const rhei::GenericStub backend_;
};

}  // namespace streaming_guide
