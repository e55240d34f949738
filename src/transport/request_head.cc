#include "transport/request_head.h"

#include <algorithm>
#include <utility>

#include "wire/metadata_coding.h"
#include "wire/timeout_coding.h"

namespace rhei::inline v0::transport {
namespace {

using http2::HeaderField;
using http2::HeaderName;

constexpr std::uint64_t kFirstDynamicEntry = 62;  // RFC 7541 §2.3.3; see HeaderField::entry

// "application/grpc", or that with "+proto" or with ";parameters" (gRPC PROTOCOL-HTTP2).
bool IsGrpcContentType(std::string_view value) {
  static constexpr std::string_view kGrpc = "application/grpc";
  if (!value.starts_with(kGrpc)) return false;
  return value.size() == kGrpc.size() || value[kGrpc.size()] == '+' || value[kGrpc.size()] == ';';
}

}  // namespace

CallRouter::Route RequestReader::RouteOf(const HeaderField& path) {
  // The static table's paths mean no method, and are not to push out those that do.
  if (path.entry < kFirstDynamicEntry) return router_.Find(path.value);
  if (!routes_.empty()) {
    const KnownRoute& known = routes_[path.entry & (routes_.size() - 1)];
    if (known.entry == path.entry) return known.route;
  }
  const CallRouter::Route route = router_.Find(path.value);
  Remember(path.entry, route);
  return route;
}

void RequestReader::Remember(std::uint64_t entry, const CallRouter::Route& route) {
  if (routes_.empty()) routes_.resize(1);
  // Most connections call a method or two, so the room grows by need; what is in each other's way in a row is not in a
  // longer one, up to the longest.
  while (routes_[entry & (routes_.size() - 1)].entry != 0 && routes_.size() < kMostRoutes) {
    std::vector<KnownRoute> larger(routes_.size() * 2);
    for (const KnownRoute& known : routes_) larger[known.entry & (larger.size() - 1)] = known;
    routes_ = std::move(larger);
  }
  routes_[entry & (routes_.size() - 1)] = {entry, route};
}

std::shared_ptr<const ClientFacts> RequestReader::Facts(const HeaderField* authority, const HeaderField* user_agent) {
  const std::uint64_t authority_entry = authority != nullptr ? authority->entry : 0;
  const std::uint64_t user_agent_entry = user_agent != nullptr ? user_agent->entry : 0;
  const bool by_entry =
      (authority == nullptr || authority_entry != 0) && (user_agent == nullptr || user_agent_entry != 0);
  if (facts_ != nullptr && by_entry && facts_->authority_entry == authority_entry &&
      facts_->user_agent_entry == user_agent_entry) {
    return facts_;
  }
  auto facts = std::make_shared<ClientFacts>();
  facts->peer = peer_.ToString();
  facts->local = local_.ToString();
  if (authority != nullptr) facts->authority = authority->value;
  if (user_agent != nullptr) facts->user_agent = user_agent->value;
  facts->authority_entry = authority_entry;
  facts->user_agent_entry = user_agent_entry;
  if (by_entry) facts_ = facts;
  return facts;
}

const RequestHead& RequestReader::Read(std::span<const HeaderField> fields, std::uint32_t number, Metadata& metadata,
                                       PooledBytes& own) {
  if (last_ == nullptr) last_ = std::make_unique<LastHead>();
  RequestHead& head = last_->head;
  if (number != 0 && number == last_->number) return head;
  head = {};
  ReadFields(fields, head, metadata, own);
  // What a request has for itself is read anew with each.
  const bool all_is_in_head = metadata.empty() && head.metadata_readable && own.empty();
  last_->number = all_is_in_head ? number : 0;
  return head;
}

void RequestReader::ReadFields(std::span<const HeaderField> fields, RequestHead& head, Metadata& metadata,
                               PooledBytes& own) {
  const HeaderField* authority = nullptr;
  const HeaderField* user_agent = nullptr;
  const HeaderField* path = nullptr;
  const HeaderField* method = nullptr;
  for (const HeaderField& field : fields) {
    switch (field.token) {
      case HeaderName::kMethod:
        head.post = field.value == "POST";
        method = &field;
        break;
      case HeaderName::kPath:
        head.route = RouteOf(field);
        path = &field;
        break;
      case HeaderName::kAuthority: authority = &field; break;
      case HeaderName::kHost:
        if (authority == nullptr) authority = &field;
        break;
      case HeaderName::kUserAgent: user_agent = &field; break;
      case HeaderName::kTe: head.te_trailers = field.value == "trailers"; break;
      case HeaderName::kContentType: head.grpc = IsGrpcContentType(field.value); break;
      case HeaderName::kGrpcEncoding: head.identity_encoding = field.value == "identity"; break;
      case HeaderName::kGrpcTimeout: {
        const std::optional<Duration> timeout = wire::ParseTimeout(field.value);
        head.timeout = timeout.value_or(CallRouter::kNoTimeout);
        head.timeout_readable = timeout.has_value();
        break;
      }
      default:
        if (!wire::AddReceivedField(field, metadata)) head.metadata_readable = false;
        break;
    }
  }
  if (!head.grpc) {
    // A plain request's handler sees them all.
    for (const HeaderField& field : fields) {
      if (field.token == HeaderName::kTe || field.token == HeaderName::kContentType ||
          field.token == HeaderName::kUserAgent || field.token == HeaderName::kContentLength) {
        metadata.Add(field.name, field.value);
      }
    }
  }
  head.facts = Facts(authority, user_agent);
  head.path = head.route.path;
  if (head.path.empty() || !head.grpc) {
    // http2 has seen to it that both are there.
    own = PooledBytes(path->value.size() + method->value.size());
    std::copy(method->value.begin(), method->value.end(),
              std::copy(path->value.begin(), path->value.end(), own.data()));
    head.path = own.view().substr(0, path->value.size());
    head.method = own.view().substr(path->value.size());
  }
}

}  // namespace rhei::inline v0::transport
