// The code that docs/streaming.md shows, run.
#include <gtest/gtest.h>

#include <cstddef>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "rhei/inprocess.h"
#include "rhei/rhei.h"
#include "tests/docs/streaming_servers.h"
#include "thermo.rhei.h"

namespace streaming_guide {
namespace {

// --- clients ---------------------------------------------------------------------------------------------------------

rhei::Task<rhei::Result<std::string>> WatchPlace(const Thermometers::Stub& stub, std::string name) {
  std::string seen;
  auto call = stub.Watch(Named(name));
  while (std::optional<Reading> reading = co_await call.Next()) {
    seen += std::to_string(reading->degrees()) + ' ';
  }
  const rhei::Status status = co_await call.Finish();
  if (!status.ok()) co_return status.error();
  co_return seen;
}

rhei::Task<rhei::Result<Summary>> RecordAll(const Thermometers::Stub& stub, const std::vector<Reading>& readings) {
  auto call = stub.Record();
  for (const Reading& reading : readings) {
    if (!co_await call.Write(reading)) break;  // the call is over; Finish says why
  }
  co_return co_await call.Finish();
}

rhei::Task<rhei::Status> AskInTurn(const Thermometers::Stub& stub, std::vector<std::string> names,
                                   std::string& answers) {
  auto call = stub.Ask();
  for (const std::string& name : names) {
    const Place place = Named(name);
    if (!co_await call.Write(place)) break;
    const std::optional<Reading> reading = co_await call.Next();
    if (!reading) break;
    answers += reading->place() + ' ';
  }
  call.WritesDone();
  co_return co_await call.Finish();
}

rhei::Task<void> AskFor(std::vector<std::string> names, rhei::Writer<Place>& writer, rhei::Promise<void> asked) {
  for (const std::string& name : names) {
    const Place place = Named(name);
    if (!co_await writer.Write(place)) break;
  }
  writer.WritesDone();
  asked.Set({});
}

rhei::Task<rhei::Status> AskAtOnce(const Thermometers::Stub& stub, std::vector<std::string> names,
                                   std::string& answers) {
  auto call = stub.Ask();
  rhei::Promise<void> promise;
  rhei::Task<rhei::Status> asked = promise.task();
  rhei::Spawn(AskFor(names, call.writer(), std::move(promise)));
  Reading reading;
  while (co_await call.Next(reading)) answers += reading.place() + ' ';
  (void)co_await std::move(asked);  // it uses the call, so it ends before the call goes
  co_return co_await call.Finish();
}

class Collector final : public rhei::StreamObserver<Reading> {
 public:
  std::future<rhei::Status> done() { return done_.get_future(); }
  const std::string& seen() const { return seen_; }

  void OnNext(Reading& reading) override { seen_ += std::to_string(reading.degrees()) + ' '; }
  void OnError(const rhei::Error& error) override { done_.set_value(error); }
  void OnCompleted() override { done_.set_value({}); }

 private:
  std::string seen_;
  std::promise<rhei::Status> done_;
};

// Takes one message at a time, each when the one before it is dealt with.
class Patient final : public rhei::StreamObserver<Reading> {
 public:
  explicit Patient(rhei::Reader<Reading>& reader) : reader_(reader) {}
  std::future<int> done() { return done_.get_future(); }

  void Begin() { reader_.Request(1); }
  void OnNext(Reading&) override {
    ++read_;
    reader_.Request(1);  // on whichever thread, and however much later
  }
  void OnError(const rhei::Error&) override { done_.set_value(-1); }
  void OnCompleted() override { done_.set_value(read_); }

 private:
  rhei::Reader<Reading>& reader_;
  int read_ = 0;
  std::promise<int> done_;
};

// Asks for a place whenever there is room for it.
class Asker final : public rhei::StreamObserver<Reading> {
 public:
  Asker(rhei::Writer<Place>& writer, std::vector<std::string> names) : writer_(writer), names_(std::move(names)) {}
  std::future<rhei::Status> done() { return done_.get_future(); }
  int answers() const { return answers_; }

  void OnReady() override {
    while (next_ < names_.size() && writer_.TryWrite(Named(names_[next_]))) ++next_;
    if (next_ == names_.size()) writer_.WritesDone();
  }
  void OnNext(Reading&) override { ++answers_; }
  void OnError(const rhei::Error& error) override { done_.set_value(error); }
  void OnCompleted() override { done_.set_value({}); }

 private:
  rhei::Writer<Place>& writer_;
  std::vector<std::string> names_;
  std::size_t next_ = 0;
  int answers_ = 0;
  std::promise<rhei::Status> done_;
};

// --- and how they do -------------------------------------------------------------------------------------------------

// A server of this process.
class Served {
 public:
  explicit Served(Thermometers::Service& service, rhei::RunOn run_on = rhei::RunOn::kLoop) {
    server_.Add(service, run_on).Listen(rhei::kInProcess);
    EXPECT_TRUE(server_.Start().ok());
  }
  explicit Served(rhei::GenericStreamingService& service) {
    server_.AddGeneric(service).Listen(rhei::kInProcess);
    EXPECT_TRUE(server_.Start().ok());
  }
  Thermometers::Stub stub() const { return Thermometers::Stub(rhei::ConnectInProcess(server_)); }
  rhei::Channel channel() const { return rhei::ConnectInProcess(server_); }

 private:
  rhei::Server server_;
};

// Runs a coroutine to its end, on no loop.
template <typename T>
T RunToEnd(rhei::Task<T> task) {
  std::promise<T> promise;
  std::future<T> future = promise.get_future();
  auto run = [](rhei::Task<T> inner, std::promise<T> result) -> rhei::Task<void> {
    T value = co_await std::move(inner);
    result.set_value(std::move(value));
  };
  rhei::Spawn(run(std::move(task), std::move(promise)));
  return future.get();
}

TEST(StreamingGuideTest, CoroutinesOnBothSides) {
  ThermometersService service;
  const Served served(service);
  const Thermometers::Stub stub = served.stub();
  EXPECT_EQ(*RunToEnd(WatchPlace(stub, "cellar")), "20 21 22 ");
  const std::vector<Reading> readings = {Measured("attic", 30), Measured("attic", 35)};
  const rhei::Result<Summary> summary = RunToEnd(RecordAll(stub, readings));
  ASSERT_TRUE(summary.ok()) << summary.error().ToString();
  EXPECT_EQ(summary->readings(), 2);
  EXPECT_EQ(summary->highest(), 35);
  const std::vector<std::string> names = {"cellar", "attic"};
  std::string answers;
  EXPECT_TRUE(RunToEnd(AskInTurn(stub, names, answers)).ok());
  EXPECT_EQ(answers, "cellar attic ");
  answers.clear();
  EXPECT_TRUE(RunToEnd(AskAtOnce(stub, names, answers)).ok());
  EXPECT_EQ(answers, "cellar attic ");
}

TEST(StreamingGuideTest, BlockingOnAThread) {
  ThermometersService service;
  const Served served(service);
  const Thermometers::Stub stub = served.stub();
  std::string seen;
  {
    auto call = stub.Watch(Named("cellar"));
    while (std::optional<Reading> reading = call.Next().Wait()) seen += std::to_string(reading->degrees()) + ' ';
    const rhei::Status status = call.Finish().Wait();
    EXPECT_TRUE(status.ok()) << status.ToString();
  }
  EXPECT_EQ(seen, "20 21 22 ");
  {
    auto call = stub.Record();
    for (int degrees = 0; degrees < 10; ++degrees) {
      if (!call.Write(Measured("attic", degrees)).Wait()) break;
    }
    const rhei::Result<Summary> summary = call.Finish().Wait();
    EXPECT_EQ(summary->readings(), 10);
  }
  {
    // Two threads, one for each direction.
    auto call = stub.Ask();
    std::thread asking([&call] {
      for (int i = 0; i < 1000; ++i) {
        if (!call.Write(Named("cellar")).Wait()) break;
      }
      call.WritesDone();
    });
    int answers = 0;
    while (call.Next().Wait()) ++answers;
    asking.join();
    EXPECT_TRUE(call.Finish().Wait().ok());
    EXPECT_EQ(answers, 1000);
  }
}

TEST(StreamingGuideTest, BlockingHandlersInThePool) {
  BlockingThermometers service;
  const Served served(service, rhei::RunOn::kPool);
  const std::vector<std::string> names = {"cellar", "attic"};
  std::string answers;
  EXPECT_TRUE(RunToEnd(AskInTurn(served.stub(), names, answers)).ok());
  EXPECT_EQ(answers, "cellar attic ");
}

TEST(StreamingGuideTest, Observers) {
  ObservingThermometers service;
  const Served served(service);
  const Thermometers::Stub stub = served.stub();
  const auto collector = std::make_shared<Collector>();
  std::future<rhei::Status> done = collector->done();
  auto call = stub.Watch(Named("cellar"));
  call.Observe(collector);  // keep the handle until the end: dropping it cancels the call
  EXPECT_TRUE(done.get().ok());
  EXPECT_EQ(collector->seen(), "20 21 22 ");

  const std::vector<Reading> readings = {Measured("attic", 30), Measured("attic", 35)};
  const rhei::Result<Summary> summary = RunToEnd(RecordAll(stub, readings));
  ASSERT_TRUE(summary.ok()) << summary.error().ToString();
  EXPECT_EQ(summary->readings(), 2);
}

TEST(StreamingGuideTest, ManualFlowControl) {
  ThermometersService service;
  const Served served(service);
  auto call = served.stub().Watch(Named("cellar"));
  const auto patient = std::make_shared<Patient>(call.reader());
  std::future<int> done = patient->done();
  call.Observe(patient, rhei::Inbound::kManual);
  patient->Begin();
  EXPECT_EQ(done.get(), 3);
}

TEST(StreamingGuideTest, WritingWhenReady) {
  ThermometersService service;
  const Served served(service);
  auto call = served.stub().Ask();
  const auto asker = std::make_shared<Asker>(call.writer(), std::vector<std::string>(10'000, "cellar"));
  std::future<rhei::Status> done = asker->done();
  call.Observe(asker);
  EXPECT_TRUE(done.get().ok());
  EXPECT_EQ(asker->answers(), 10'000);
}

TEST(StreamingGuideTest, FanOutAndMerge) {
  ThermometersService service;
  const Served upper(service);
  const Served lower(service);
  House house({upper.stub(), lower.stub()});
  const Served served(house);
  const std::vector<std::string> names(1000, "hall");
  std::string answers;
  EXPECT_TRUE(RunToEnd(AskAtOnce(served.stub(), names, answers)).ok());
  EXPECT_EQ(answers.size(), 2 * names.size() * std::string("hall ").size());
}

TEST(StreamingGuideTest, AProxyPassesMessagesOn) {
  ThermometersService service;
  const Served served(service);
  Proxy proxy(served.channel());
  const Served front(proxy);
  const Thermometers::Stub stub = front.stub();
  EXPECT_EQ(*RunToEnd(WatchPlace(stub, "cellar")), "20 21 22 ");
  const std::vector<std::string> names(10'000, "hall");
  std::string answers;
  EXPECT_TRUE(RunToEnd(AskAtOnce(stub, names, answers)).ok());
  EXPECT_EQ(answers.size(), names.size() * std::string("hall ").size());
  // The service ends the call while the client has more to say.
  auto call = stub.Ask();
  ASSERT_TRUE(call.Write(Place()).Wait());
  EXPECT_EQ(call.Next().Wait(), std::nullopt);
  EXPECT_EQ(call.Finish().Wait().code(), rhei::StatusCode::kInvalidArgument);
  EXPECT_FALSE(call.Write(Named("late")).Wait());
}

// What the tables of the page say.
TEST(StreamingGuideTest, WhatIsTrueOfACallThatIsOver) {
  ThermometersService service;
  const Served served(service);
  auto call = served.stub().Watch(Named("cellar"));
  EXPECT_TRUE(call.Finish().Wait().ok());
  EXPECT_EQ(call.Next().Wait()->degrees(), 20);  // Finish does not take away what is unread
  auto cancelled = served.stub().Ask();
  cancelled.Cancel();
  EXPECT_EQ(cancelled.Next().Wait(), std::nullopt);
  EXPECT_FALSE(cancelled.Write(Named("x")).Wait());
  EXPECT_EQ(cancelled.Finish().Wait().code(), rhei::StatusCode::kCancelled);
  auto half = served.stub().Ask();
  half.WritesDone();
  EXPECT_FALSE(half.Write(Named("x")).Wait());
  EXPECT_TRUE(half.Finish().Wait().ok());
}

}  // namespace
}  // namespace streaming_guide
