#include "transport/request_head.h"

#include "wire/metadata_coding.h"

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

RequestReader::Memory RequestReader::Meaning(const HeaderField& field) {
  // The static table's entries mean little, and are not to push out those that do.
  if (field.entry < kFirstDynamicEntry) return WorkOut(field);
  if (memories_ == nullptr) memories_ = std::make_unique<std::array<Memory, kRemembered>>();
  Memory& memory = (*memories_)[field.entry % kRemembered];
  if (memory.entry != field.entry) memory = WorkOut(field);
  return memory;
}

RequestReader::Memory RequestReader::WorkOut(const HeaderField& field) const {
  Memory memory{field.entry, false, {}};
  switch (field.token) {
    case HeaderName::kPath: memory.route = router_.Find(field.value); break;
    case HeaderName::kMethod: memory.flag = field.value == "POST"; break;
    case HeaderName::kTe: memory.flag = field.value == "trailers"; break;
    case HeaderName::kContentType: memory.flag = IsGrpcContentType(field.value); break;
    case HeaderName::kGrpcEncoding: memory.flag = field.value == "identity"; break;
    default: break;
  }
  return memory;
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
  if (authority != nullptr) facts->authority = authority->value;
  if (user_agent != nullptr) facts->user_agent = user_agent->value;
  facts->authority_entry = authority_entry;
  facts->user_agent_entry = user_agent_entry;
  if (by_entry) facts_ = facts;
  return facts;
}

void RequestReader::Read(std::span<const HeaderField> fields, RequestHead& head, Metadata& metadata, std::string& own) {
  own.clear();
  const HeaderField* authority = nullptr;
  const HeaderField* user_agent = nullptr;
  const HeaderField* path = nullptr;
  const HeaderField* method = nullptr;
  for (const HeaderField& field : fields) {
    switch (field.token) {
      case HeaderName::kMethod:
        head.post = Meaning(field).flag;
        method = &field;
        break;
      case HeaderName::kPath:
        head.route = Meaning(field).route;
        path = &field;
        break;
      case HeaderName::kAuthority: authority = &field; break;
      case HeaderName::kHost:
        if (authority == nullptr) authority = &field;
        break;
      case HeaderName::kUserAgent: user_agent = &field; break;
      case HeaderName::kTe: head.te_trailers = Meaning(field).flag; break;
      case HeaderName::kContentType: head.grpc = Meaning(field).flag; break;
      case HeaderName::kGrpcEncoding: head.identity_encoding = Meaning(field).flag; break;
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
    own.append(path->value).append(method->value);
    head.path = std::string_view(own).substr(0, path->value.size());
    head.method = std::string_view(own).substr(path->value.size());
  }
}

}  // namespace rhei::inline v0::transport
