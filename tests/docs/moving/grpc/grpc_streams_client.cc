// The streams of docs/moving_from_grpc.md, on a client, by gRPC C++. Usage: grpc_streams_client TARGET
#include <grpcpp/grpcpp.h>

#include <iostream>
#include <memory>

#include "thermo.grpc.pb.h"

namespace {

void Watch(thermo::Thermometers::Stub& stub, const thermo::Place& place) {
  grpc::ClientContext context;
  const auto reader = stub.Watch(&context, place);
  thermo::Reading reading;
  while (reader->Read(&reading)) std::cout << reading.degrees() << '\n';
  const grpc::Status status = reader->Finish();
  std::cout << (status.ok() ? "watched" : "failed") << '\n';
}

void Record(thermo::Thermometers::Stub& stub, const thermo::Reading& reading) {
  grpc::ClientContext context;
  thermo::Summary summary;
  const auto writer = stub.Record(&context, &summary);
  for (int i = 0; i < 10; ++i) {
    if (!writer->Write(reading)) break;
  }
  writer->WritesDone();
  const grpc::Status status = writer->Finish();
  std::cout << (status.ok() ? summary.readings() : -1) << '\n';
}

// What a completion queue gives back for this call: it has one operation under way at a time.
bool Next(grpc::CompletionQueue& queue) {
  void* tag = nullptr;
  bool ok = false;
  return queue.Next(&tag, &ok) && ok;
}

grpc::Status Ask(thermo::Thermometers::Stub& stub, const thermo::Place& place) {
  grpc::CompletionQueue queue;
  grpc::ClientContext context;
  const auto call = stub.AsyncAsk(&context, &queue, nullptr);
  bool going = Next(queue);
  thermo::Reading reading;
  for (int i = 0; i < 3 && going; ++i) {
    call->Write(place, nullptr);
    if (!Next(queue)) break;
    call->Read(&reading, nullptr);
    going = Next(queue);
    if (going) std::cout << reading.place() << '\n';
  }
  call->WritesDone(nullptr);
  Next(queue);
  grpc::Status status;
  call->Finish(&status, nullptr);
  Next(queue);
  return status;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const auto stub = thermo::Thermometers::NewStub(grpc::CreateChannel(argv[1], grpc::InsecureChannelCredentials()));
  thermo::Place place;
  place.set_name("cellar");
  Watch(*stub, place);
  Record(*stub, thermo::Reading());
  std::cout << (Ask(*stub, place).ok() ? "asked" : "failed") << '\n';
}
