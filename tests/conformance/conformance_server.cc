// The server that h2spec examines: a rhei server that answers every plain request with a short page.
#include <cstdio>

#include "rhei/rhei.h"

namespace {

class Page final : public rhei::HttpHandler {
 public:
  rhei::HttpResponse Handle(const rhei::HttpRequest&) override {
    return {200, {{"content-type", "text/plain"}}, "everything flows\n"};
  }
};

int Fail(const rhei::Status& status) {
  std::fprintf(stderr, "%s\n", status.ToString().c_str());
  return 1;
}

int Serve() {
  Page page;
  rhei::Server server;
  server.SetHttpHandler(page).Listen("127.0.0.1:0");
  const rhei::Status ended = server.Run([&] {
    std::printf("listening on %d\n", server.port());
    std::fflush(stdout);
  });
  return ended.ok() ? 0 : Fail(ended);
}

}  // namespace

int main() { return Serve(); }
