// The client that h2specd examines: one connection, one GET, and then it stays until the server ends it.
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rhei/runtime.h"
#include "runtime/loop.h"
#include "transport/http2_link.h"

namespace rhei {
namespace {

using transport::Http2Link;

// h2specd gives up on a client that runs for 3 s.
constexpr Duration kPatience = std::chrono::milliseconds(2500);

class Client final : public Http2Link::Owner {
 public:
  Client(runtime::Loop& loop, std::unique_ptr<runtime::ByteStream> stream, runtime::Completion& over)
      : over_(over),
        link_(http2::Role::kClient, limits_, loop, std::move(stream), *this),
        patience_([this] { link_.CloseNow("patience is over"); }) {
    loop.Arm(patience_, loop.Now() + kPatience);
    link_.Start();
    Get();
  }

 private:
  void Get() {
    const std::optional<http2::Stream> stream = link_.connection().Open();
    if (!stream) return;
    std::vector<http2::HeaderField> fields(4);
    constexpr std::pair<std::string_view, std::string_view> kFields[] = {
        {":method", "GET"}, {":scheme", "http"}, {":path", "/"}, {":authority", "127.0.0.1"}};
    for (std::size_t i = 0; i < fields.size(); ++i) {
      fields[i].name = kFields[i].first;
      fields[i].value = kFields[i].second;
    }
    link_.connection().SendHeaders(*stream, http2::HeaderTemplate::kNone, fields, true);
    link_.SendSoon();
  }

  bool OnEvent(const http2::Event& event) override {
    if (event.charged > 0) link_.connection().Consume(event.stream, event.charged);
    const bool ended = event.kind == http2::Event::Kind::kReset || event.end_stream;
    if (ended) link_.connection().Release(event.stream);
    if (event.kind == http2::Event::Kind::kGoAway) goodbye_ = true;
    return true;
  }
  void OnBatchEnd() override {
    if (goodbye_) link_.CloseGently();
  }
  void OnLinkEnd(std::string_view) override { over_.Set(); }

  runtime::Completion& over_;
  bool goodbye_ = false;
  const Limits limits_;
  Http2Link link_;
  runtime::Timer patience_;
};

// "http://127.0.0.1:PORT/"
Result<runtime::Address> AddressOf(std::string_view url) {
  if (url.starts_with("http://")) url.remove_prefix(7);
  return runtime::Address::Parse(url.substr(0, url.find('/')));
}

int Run(std::string_view url) {
  const Result<runtime::Address> address = AddressOf(url);
  if (!address.ok()) {
    std::fprintf(stderr, "%s\n", address.error().ToString().c_str());
    return 2;
  }
  Runtime runtime(RuntimeOptions().Loops(1));
  runtime::Loop& loop = runtime.loop(0);
  runtime::Completion over;
  std::unique_ptr<runtime::Operation> connect;
  std::unique_ptr<Client> client;
  loop.Post([&] {
    connect = loop.Connect(*address, [&](Result<std::unique_ptr<runtime::ByteStream>> stream) {
      if (!stream.ok()) return over.Set();
      client = std::make_unique<Client>(loop, *std::move(stream), over);
    });
  });
  loop.Await(over);
  runtime::Completion gone;
  loop.Post([&] {
    client.reset();
    connect.reset();
    gone.Set();
  });
  loop.Await(gone);
  return 0;
}

}  // namespace
}  // namespace rhei

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: conformance_client http://127.0.0.1:PORT/\n");
    return 2;
  }
  return rhei::Run(argv[argc - 1]);
}
