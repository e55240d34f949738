// A handler that is answered from a callback on a thread of another library, and a caller that takes its answer in one.
#include <condition_variable>
#include <deque>
#include <functional>
#include <iostream>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>

#include "rhei/rhei.h"
#include "station.rhei.h"

namespace {

// Stands for such a library: it answers later, on a thread of its own.
class Sensors {
 public:
  using Callback = std::function<void(double value)>;

  ~Sensors() {
    Push(nullptr);
    thread_.join();
  }

  void Read(Callback callback) { Push(std::move(callback)); }

 private:
  void Push(Callback callback) {
    {
      const std::lock_guard lock(mutex_);
      asked_.push_back(std::move(callback));
    }
    changed_.notify_one();
  }

  void Run() {
    while (true) {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return !asked_.empty(); });
      const Callback callback = std::move(asked_.front());
      asked_.pop_front();
      lock.unlock();
      if (callback == nullptr) return;
      callback(21.5);
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Callback> asked_;
  std::thread thread_{[this] { Run(); }};
};

class StationService final : public station::Station::Service {
 public:
  explicit StationService(Sensors& sensors) : sensors_(sensors) {}

  rhei::Task<rhei::Result<station::Measurement>> Measure(rhei::ServerContext&,
                                                         const station::MeasureRequest& request) override {
    // Shared, because a std::function must be copyable; a promise itself can only be moved.
    auto promise = std::make_shared<rhei::Promise<station::Measurement>>();
    rhei::Task<rhei::Result<station::Measurement>> task = promise->task();
    if (request.sensor() == "broken") return task;  // drops the promise unset
    sensors_.Read([promise](double value) {
      station::Measurement measurement;
      measurement.set_value(value);
      promise->Set(measurement);
    });
    return task;
  }

 private:
  Sensors& sensors_;
};

}  // namespace

int main() {
  Sensors sensors;
  StationService service(sensors);
  rhei::Server server;
  server.Add(service).Listen("127.0.0.1:0");
  if (const rhei::Status started = server.Start(); !started.ok()) {
    std::cerr << started.ToString() << '\n';
    return 1;
  }
  const station::Station::Stub stub(rhei::Connect("127.0.0.1:" + std::to_string(server.port())));

  // One after the other, so that the lines have an order.
  for (const char* const sensor : {"roof", "broken"}) {
    station::MeasureRequest request;
    request.set_sensor(sensor);
    std::promise<void> printed;
    // Runs on the call's event loop, so it must not block.
    stub.Measure(request).Then([&](const rhei::Result<station::Measurement>& measurement) {
      std::cout << sensor << ": "
                << (measurement.ok() ? std::to_string(measurement->value()) : measurement.error().ToString()) << '\n';
      printed.set_value();
    });
    printed.get_future().wait();
  }
}
