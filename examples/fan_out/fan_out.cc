// A handler that calls another service many times at once, and joins the answers.
#include <iostream>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "rhei/rhei.h"
#include "words.rhei.h"

namespace {

class CounterService final : public words::Counter::Service {
 public:
  rhei::Task<rhei::Result<words::Total>> Count(rhei::ServerContext&, const words::Line& line) override {
    if (line.text().empty()) return rhei::Error(rhei::StatusCode::kInvalidArgument, "a line without words");
    std::istringstream text(line.text());
    words::Total total;
    for (std::string word; text >> word;) total.set_words(total.words() + 1);
    return total;
  }
};

class BookService final : public words::Book::Service {
 public:
  explicit BookService(rhei::Channel channel) : counter_(std::move(channel)) {}

  rhei::Task<rhei::Result<words::Total>> Count(rhei::ServerContext&, const words::Text& text) override {
    // A call is under way as soon as it is made.
    std::vector<rhei::UnaryCall<words::Total>> calls;
    for (const std::string& line : text.line()) {
      words::Line request;
      request.set_text(line);
      calls.push_back(counter_.Count(request));
    }
    // Each co_await takes one answer, and lets the thread do other work until it is there. Where this returns early,
    // the calls that are left are dropped, and that cancels them.
    words::Total total;
    for (rhei::UnaryCall<words::Total>& call : calls) {
      rhei::Result<words::Total> line = co_await call;
      if (!line.ok()) co_return rhei::Error(line.code(), "counter: " + line.error().message());
      total.set_words(total.words() + line->words());
    }
    co_return total;
  }

 private:
  const words::Counter::Stub counter_;
};

void Print(const rhei::Result<words::Total>& total) {
  std::cout << (total.ok() ? std::to_string(total->words()) + " words" : total.error().ToString()) << '\n';
}

}  // namespace

int main() {
  CounterService counter;
  rhei::Server counter_server;
  counter_server.Add(counter).Listen("127.0.0.1:0");
  if (const rhei::Status started = counter_server.Start(); !started.ok()) {
    std::cerr << started.ToString() << '\n';
    return 1;
  }
  BookService book(rhei::Connect("127.0.0.1:" + std::to_string(counter_server.port())));
  rhei::Server book_server;
  book_server.Add(book).Listen("127.0.0.1:0");
  if (const rhei::Status started = book_server.Start(); !started.ok()) {
    std::cerr << started.ToString() << '\n';
    return 1;
  }

  const words::Book::Stub stub(rhei::Connect("127.0.0.1:" + std::to_string(book_server.port())));
  words::Text text;
  for (int line = 0; line < 1000; ++line) text.add_line("everything flows and nothing stays");
  Print(stub.Count(text).Wait());
  text.add_line("");
  Print(stub.Count(text).Wait());
}
