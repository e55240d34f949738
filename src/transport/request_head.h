// RequestHead: the header fields of a request, read once, with what repeats on a connection read from memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "http2/hpack/header_field.h"
#include "rhei/metadata.h"
#include "rhei/pooled.h"
#include "rhei/server_context.h"
#include "runtime/address.h"
#include "transport/call_router.h"

namespace rhei::inline v0::transport {

// What rarely differs between the requests of one connection, shared by its calls.
struct ClientFacts : CallOrigin {
  // The entries they were read from; 0: from a literal, or there was none.
  std::uint64_t authority_entry = 0;
  std::uint64_t user_agent_entry = 0;
};

// What one request says. `path` and `method` live in the router or in the `own` given to Read.
struct RequestHead {
  bool post = false;
  bool te_trailers = false;
  bool grpc = false;              // by its content-type
  bool identity_encoding = true;  // no grpc-encoding but "identity"
  bool metadata_readable = true;  // every "-bin" value was base64
  bool timeout_readable = true;
  Duration timeout = CallRouter::kNoTimeout;
  CallRouter::Route route;
  std::string_view method;
  std::string_view path;
  std::shared_ptr<const ClientFacts> facts;
};

// Reads requests of one connection. A head like the last one is not read again. A path that comes from an HPACK table
// costs an index: its entry number leads to the method that it meant the first time. For the loop's thread only.
class RequestReader {
 public:
  // The connection's addresses, which live as long as requests are read.
  RequestReader(const CallRouter& router, const runtime::Address& peer, const runtime::Address& local)
      : router_(router), peer_(peer), local_(local) {}

  // Adds user metadata to `metadata`. What the router does not hold is copied into `own`, the path and then the method,
  // so that the head's views outlive the fields. `number` is that of the fields, as http2::Event has it. The head is
  // valid until the next call.
  const RequestHead& Read(std::span<const http2::HeaderField> fields, std::uint32_t number, Metadata& metadata,
                          PooledBytes& own);

  // Gives back what it remembers, for a connection that rests.
  void Trim() {
    routes_ = std::vector<KnownRoute>();
    facts_.reset();
    last_.reset();
  }

 private:
  // A power of two: paths of a table that are remembered at once.
  static constexpr std::size_t kMostRoutes = 32;

  // Where the path of a table's entry leads.
  struct KnownRoute {
    std::uint64_t entry = 0;
    CallRouter::Route route;
  };
  struct LastHead {
    RequestHead head;
    std::uint32_t number = 0;  // 0: the next request's is not the same, whatever its number
  };
  void ReadFields(std::span<const http2::HeaderField> fields, RequestHead& head, Metadata& metadata, PooledBytes& own);
  CallRouter::Route RouteOf(const http2::HeaderField& path);
  void Remember(std::uint64_t entry, const CallRouter::Route& route);
  // The facts of a request; shared with the one before when nothing changed.
  std::shared_ptr<const ClientFacts> Facts(const http2::HeaderField* authority, const http2::HeaderField* user_agent);

  const CallRouter& router_;
  const runtime::Address& peer_;
  const runtime::Address& local_;
  std::vector<KnownRoute> routes_;  // by entry, modulo its size, which is a power of two and grows as paths collide
  std::shared_ptr<const ClientFacts> facts_;
  std::unique_ptr<LastHead> last_;
};

}  // namespace rhei::inline v0::transport
