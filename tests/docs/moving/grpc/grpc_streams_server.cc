// The streams of docs/moving_from_grpc.md, on a server, by gRPC C++. Prints its port.
#include <grpcpp/grpcpp.h>

#include <iostream>
#include <memory>

#include "thermo.grpc.pb.h"

// Reads and writes in turns.
class Answerer final : public grpc::ServerBidiReactor<thermo::Place, thermo::Reading> {
 public:
  Answerer() { StartRead(&place_); }
  void OnReadDone(bool ok) override {
    if (!ok) return Finish(grpc::Status::OK);
    reading_.set_place(place_.name());
    StartWrite(&reading_);
  }
  void OnWriteDone(bool ok) override {
    if (!ok) return Finish(grpc::Status::OK);
    StartRead(&place_);
  }
  void OnDone() override { delete this; }

 private:
  thermo::Place place_;
  thermo::Reading reading_;
};

class Thermometers final : public thermo::Thermometers::WithCallbackMethod_Ask<thermo::Thermometers::Service> {
  grpc::Status Watch(grpc::ServerContext*, const thermo::Place* place,
                     grpc::ServerWriter<thermo::Reading>* writer) override {
    thermo::Reading reading;
    reading.set_place(place->name());
    for (int degrees = 20; degrees < 23; ++degrees) {
      reading.set_degrees(degrees);
      if (!writer->Write(reading)) break;
    }
    return grpc::Status::OK;
  }

  grpc::Status Record(grpc::ServerContext*, grpc::ServerReader<thermo::Reading>* reader,
                      thermo::Summary* summary) override {
    thermo::Reading reading;
    while (reader->Read(&reading)) summary->set_readings(summary->readings() + 1);
    return grpc::Status::OK;
  }

  grpc::ServerBidiReactor<thermo::Place, thermo::Reading>* Ask(grpc::CallbackServerContext*) override {
    return new Answerer;
  }
};

int main() {
  Thermometers service;
  int port = 0;
  grpc::ServerBuilder builder;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
  builder.RegisterService(&service);
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (server == nullptr) return 1;
  std::cout << port << std::endl;
  server->Wait();
}
