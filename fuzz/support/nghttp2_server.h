// A server of nghttp2's that only listens: what it hears, and what it finds wrong.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

struct nghttp2_session;

namespace rhei::fuzz {

// What a server was told on one stream.
struct Heard {
  using Fields = std::vector<std::pair<std::string, std::string>>;
  Fields headers;
  std::string data;
  Fields trailers;
  bool end = false;
  friend bool operator==(const Heard&, const Heard&) = default;
};

// What a server made of a sequence of frames so far.
struct Verdict {
  std::map<std::uint32_t, Heard> heard;
  std::set<std::uint32_t> reset;  // streams that it has reset
  std::string failure;            // why it has ended the connection; empty: it has not
};

class Nghttp2Server {
 public:
  explicit Nghttp2Server(std::uint32_t max_concurrent_streams);
  ~Nghttp2Server();
  Nghttp2Server(const Nghttp2Server&) = delete;
  Nghttp2Server& operator=(const Nghttp2Server&) = delete;

  void Receive(std::string_view bytes);
  // Whether it knows the stream, and has not ended it.
  bool IsOpen(std::uint32_t stream) const;
  const Verdict& verdict() const { return verdict_; }

 private:
  struct Callbacks;

  nghttp2_session* session_ = nullptr;
  Heard::Fields fields_;  // of the block that is being read
  Verdict verdict_;
};

}  // namespace rhei::fuzz
