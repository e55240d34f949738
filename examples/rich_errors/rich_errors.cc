// Errors that programs can act on: a handler says what is wrong in typed details, and its caller finds them.
#include <iostream>
#include <string>
#include <string_view>

#include "booking.rhei.h"
#include "rhei/error_details.h"
#include "rhei/rhei.h"

namespace {

constexpr int kSeatsLeft = 4;

void AddViolation(rhei::rpc::BadRequest& bad, std::string_view field, std::string_view description) {
  rhei::rpc::BadRequest::FieldViolation& violation = *bad.add_field_violations();
  violation.set_field(std::string(field));
  violation.set_description(std::string(description));
}

// All that is wrong with a request at once, so that nobody has to try again for each field.
rhei::rpc::BadRequest Check(const booking::ReserveRequest& request) {
  rhei::rpc::BadRequest bad;
  if (request.seats() < 1) AddViolation(bad, "seats", "must be 1 or more");
  if (request.email().find('@') == std::string::npos) AddViolation(bad, "email", "is no address");
  return bad;
}

rhei::Error NoSuchShow(const std::string& show) {
  rhei::rpc::ResourceInfo resource;
  resource.set_resource_type("booking.example/Show");
  resource.set_resource_name(show);
  rhei::rpc::Help help;
  rhei::rpc::Help::Link& link = *help.add_links();
  link.set_description("what is on");
  link.set_url("https://booking.example/shows");
  return rhei::WithDetails(rhei::Error(rhei::StatusCode::kNotFound, "there is no such show"), resource, help);
}

rhei::Error TooFewSeats() {
  rhei::rpc::ErrorInfo info;
  info.set_reason("TOO_FEW_SEATS");
  info.set_domain("booking.example");
  rhei::rpc::RetryInfo retry;
  retry.mutable_retry_delay()->set_seconds(60);
  booking::FreeSeats free;
  free.set_seats(kSeatsLeft);
  return rhei::WithDetails(rhei::Error(rhei::StatusCode::kResourceExhausted, "too few seats are left"), info, retry,
                           free);
}

class BookingService final : public booking::Booking::Service {
 public:
  rhei::Task<rhei::Result<booking::Ticket>> Reserve(rhei::ServerContext&,
                                                    const booking::ReserveRequest& request) override {
    if (const rhei::rpc::BadRequest bad = Check(request); bad.field_violations_size() > 0) {
      return rhei::WithDetails(rhei::Error(rhei::StatusCode::kInvalidArgument, "the request is not valid"), bad);
    }
    if (request.show() != "Aida") return NoSuchShow(request.show());
    if (request.seats() > kSeatsLeft) return TooFewSeats();
    booking::Ticket ticket;
    ticket.set_number("A-1");
    return ticket;
  }
};

void Explain(const rhei::Error& error) {
  std::cout << error.ToString() << '\n';
  if (const auto bad = rhei::FindDetail<rhei::rpc::BadRequest>(error)) {
    for (const auto& violation : bad->field_violations()) {
      std::cout << "  " << violation.field() << ' ' << violation.description() << '\n';
    }
  }
  if (const auto resource = rhei::FindDetail<rhei::rpc::ResourceInfo>(error)) {
    std::cout << "  asked for " << resource->resource_type() << " '" << resource->resource_name() << "'\n";
  }
  if (const auto help = rhei::FindDetail<rhei::rpc::Help>(error)) {
    for (const auto& link : help->links()) std::cout << "  " << link.description() << ": " << link.url() << '\n';
  }
  if (const auto info = rhei::FindDetail<rhei::rpc::ErrorInfo>(error)) {
    std::cout << "  " << info->reason() << " of " << info->domain() << '\n';
  }
  if (const auto retry = rhei::FindDetail<rhei::rpc::RetryInfo>(error)) {
    std::cout << "  worth another try in " << retry->retry_delay().seconds() << " s\n";
  }
  if (const auto free = rhei::FindDetail<booking::FreeSeats>(error)) {
    std::cout << "  seats that are left: " << free->seats() << '\n';
  }
}

void Reserve(const booking::Booking::Stub& booking, std::string_view show, int seats, std::string_view email) {
  booking::ReserveRequest request;
  request.set_show(std::string(show));
  request.set_seats(seats);
  request.set_email(std::string(email));
  const rhei::Result<booking::Ticket> ticket = booking.Reserve(request).Wait();
  if (ticket.ok()) {
    std::cout << "ticket " << ticket->number() << '\n';
  } else {
    Explain(ticket.error());
  }
}

}  // namespace

int main() {
  BookingService service;
  rhei::Server server;
  server.Add(service).Listen("127.0.0.1:0");
  if (const rhei::Status started = server.Start(); !started.ok()) {
    std::cerr << started.ToString() << '\n';
    return 1;
  }
  const booking::Booking::Stub booking(rhei::Connect("127.0.0.1:" + std::to_string(server.port())));
  Reserve(booking, "Aida", 2, "ann@example.org");
  Reserve(booking, "Aida", 0, "nobody");
  Reserve(booking, "Hamlet", 2, "ann@example.org");
  Reserve(booking, "Aida", 200, "ann@example.org");
}
