// The streams of docs/moving_from_grpc.md, on a client, by rhei. Usage: rhei_streams_client TARGET
#include <future>
#include <iostream>
#include <optional>
#include <utility>

#include "rhei/rhei.h"
#include "thermo.rhei.h"

namespace {

void Watch(const thermo::Thermometers::Stub& stub, const thermo::Place& place) {
  auto call = stub.Watch(place);
  thermo::Reading reading;
  while (call.Next(reading).Wait()) std::cout << reading.degrees() << '\n';
  const rhei::Status status = call.Finish().Wait();
  std::cout << (status.ok() ? "watched" : "failed") << '\n';
}

void Record(const thermo::Thermometers::Stub& stub, const thermo::Reading& reading) {
  auto call = stub.Record();
  for (int i = 0; i < 10; ++i) {
    if (!call.Write(reading).Wait()) break;
  }
  const rhei::Result<thermo::Summary> summary = call.Finish().Wait();
  std::cout << (summary.ok() ? summary->readings() : -1) << '\n';
}

rhei::Task<rhei::Status> Ask(const thermo::Thermometers::Stub& stub, thermo::Place place) {
  auto call = stub.Ask();
  thermo::Reading reading;
  for (int i = 0; i < 3; ++i) {
    if (!co_await call.Write(place) || !co_await call.Next(reading)) break;
    std::cout << reading.place() << '\n';
  }
  call.WritesDone();
  co_return co_await call.Finish();
}

rhei::Task<void> AskAndTell(const thermo::Thermometers::Stub& stub, thermo::Place place, std::promise<bool>& done) {
  const rhei::Status status = co_await Ask(stub, place);
  done.set_value(status.ok());
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const thermo::Thermometers::Stub stub(rhei::Connect(argv[1]));
  thermo::Place place;
  place.set_name("cellar");
  Watch(stub, place);
  Record(stub, thermo::Reading());
  std::promise<bool> done;
  rhei::Spawn(AskAndTell(stub, place, done));
  std::cout << (done.get_future().get() ? "asked" : "failed") << '\n';
}
