// RequestHead: the header fields of a request, read once, with what repeats on a connection read from memory.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "http2/hpack/header_field.h"
#include "rhei/metadata.h"
#include "transport/call_router.h"

namespace rhei::inline v0::transport {

// What rarely differs between the requests of one connection, shared by its calls.
struct ClientFacts {
  std::string authority;
  std::string user_agent;
  // The entries they were read from; 0: from a literal, or there was none.
  std::uint64_t authority_entry = 0;
  std::uint64_t user_agent_entry = 0;
};

// What one request says. `path` lives in the router or in the `own` given to Read.
struct RequestHead {
  bool post = false;
  bool te_trailers = false;
  bool grpc = false;              // by its content-type
  bool identity_encoding = true;  // no grpc-encoding but "identity"
  bool metadata_readable = true;  // every "-bin" value was base64
  CallRouter::Route route;
  std::string_view method;
  std::string_view path;
  std::shared_ptr<const ClientFacts> facts;
};

// Reads requests of one connection. A field that comes from an HPACK table costs an index: its entry number leads to
// what the field meant the first time. For the loop's thread only.
class RequestReader {
 public:
  explicit RequestReader(const CallRouter& router) : router_(router) {}

  // Adds user metadata to `metadata`. What the router does not hold is copied into `own`, so that the head's views
  // outlive the fields.
  void Read(std::span<const http2::HeaderField> fields, RequestHead& head, Metadata& metadata, std::string& own);

 private:
  static constexpr std::size_t kRemembered = 32;  // a power of two; few fields come from a table

  // What a table's entry means.
  struct Memory {
    std::uint64_t entry = 0;
    bool flag = false;
    CallRouter::Route route;
  };
  // What the field means; from memory if it came from a table.
  Memory Meaning(const http2::HeaderField& field);
  Memory WorkOut(const http2::HeaderField& field) const;
  // The facts of a request; shared with the one before when nothing changed.
  std::shared_ptr<const ClientFacts> Facts(const http2::HeaderField* authority, const http2::HeaderField* user_agent);

  const CallRouter& router_;
  std::unique_ptr<std::array<Memory, kRemembered>> memories_;
  std::shared_ptr<const ClientFacts> facts_;
};

}  // namespace rhei::inline v0::transport
