// The streams of docs/moving_from_grpc.md, on a server, by rhei. Prints its port.
#include <iostream>
#include <optional>

#include "rhei/rhei.h"
#include "thermo.rhei.h"

class Thermometers final : public thermo::Thermometers::Service {
  rhei::Task<rhei::Status> Watch(rhei::ServerContext&, const thermo::Place& place,
                                 rhei::Writer<thermo::Reading>& writer) override {
    thermo::Reading reading;
    reading.set_place(place.name());
    for (int degrees = 20; degrees < 23; ++degrees) {
      reading.set_degrees(degrees);
      if (!co_await writer.Write(reading)) break;
    }
    co_return rhei::Status();
  }

  rhei::Task<rhei::Result<thermo::Summary>> Record(rhei::ServerContext&,
                                                   rhei::Reader<thermo::Reading>& reader) override {
    thermo::Summary summary;
    thermo::Reading reading;
    while (co_await reader.Next(reading)) summary.set_readings(summary.readings() + 1);
    co_return summary;
  }

  rhei::Task<rhei::Status> Ask(rhei::ServerContext&, rhei::Reader<thermo::Place>& reader,
                               rhei::Writer<thermo::Reading>& writer) override {
    thermo::Place place;
    thermo::Reading reading;
    while (co_await reader.Next(place)) {
      reading.set_place(place.name());
      if (!co_await writer.Write(reading)) break;
    }
    co_return rhei::Status();
  }
};

int main() {
  Thermometers service;
  rhei::Server server;
  server.Add(service).Listen("127.0.0.1:0");
  const rhei::Status ended = server.Run([&] { std::cout << server.port() << std::endl; });
  if (!ended.ok()) std::cerr << ended.ToString() << '\n';
  return ended.ok() ? 0 : 1;
}
