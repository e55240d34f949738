// What a handler returns as an error, and what its caller sees. For details that programs read, see ../rich_errors.
#include <iostream>
#include <stdexcept>
#include <string>
#include <string_view>

#include "library.rhei.h"
#include "rhei/rhei.h"

namespace {

class LibraryService final : public library::Library::Service {
 public:
  rhei::Task<rhei::Result<library::Loan>> Lend(rhei::ServerContext&, const library::LendRequest& request) override {
    if (request.title().empty()) return rhei::Error(rhei::StatusCode::kInvalidArgument, "a loan needs a title");
    if (request.title() == "Solaris") {
      return rhei::Error(rhei::StatusCode::kNotFound, "«Solaris» is lent to somebody else")
          .WithMetadata(rhei::Metadata{{"x-back-in-days", "3"}});
    }
    if (request.title() == "It") throw std::runtime_error("what a handler throws is logged, and told to nobody");
    library::Loan loan;
    loan.set_shelf("B 7");
    return loan;
  }
};

std::string_view WhoSaidIt(rhei::Origin origin) {
  switch (origin) {
    case rhei::Origin::kRemote: return "the server";
    case rhei::Origin::kLibrary: return "rhei";
    case rhei::Origin::kLocal: return "this program";
  }
  return {};
}

void Borrow(const library::Library::Stub& library, const std::string& title) {
  library::LendRequest request;
  request.set_title(title);
  const rhei::Result<library::Loan> loan = library.Lend(request).Wait();
  if (loan.ok()) {
    std::cout << "'" << title << "' stands on shelf " << loan->shelf() << '\n';
    return;
  }
  const rhei::Error& error = loan.error();
  std::cout << "'" << title << "': " << WhoSaidIt(error.origin()) << " says " << error.ToString() << '\n';
  for (const auto [key, value] : error.metadata()) std::cout << "  " << key << ": " << value << '\n';
}

}  // namespace

int main() {
  LibraryService service;
  rhei::Server server;
  server.Add(service).Listen("127.0.0.1:0");
  if (const rhei::Status started = server.Start(); !started.ok()) {
    std::cerr << started.ToString() << '\n';
    return 1;
  }
  const library::Library::Stub library(rhei::Connect("127.0.0.1:" + std::to_string(server.port())));
  for (const char* const title : {"Dune", "", "Solaris", "It"}) Borrow(library, title);

  // A port that nobody listens on.
  Borrow(library::Library::Stub(rhei::Connect("127.0.0.1:1")), "Dune");
}
