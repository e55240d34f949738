#include "rhei/metadata.h"

#include <algorithm>
#include <new>

#include "rhei/pooled.h"

namespace rhei::inline v0 {
namespace {

// With the block's head, two units of the pool.
constexpr std::size_t kFirstCapacity = 116;

}  // namespace

Metadata::Metadata(std::initializer_list<std::pair<std::string_view, std::string_view>> entries) {
  for (const auto& [key, value] : entries) Add(key, value);
}

Metadata::OwnedBlock Metadata::MakeBlock(std::size_t capacity) {
  void* const memory = AllocatePooled(sizeof(Block) + capacity);
  return OwnedBlock(new (memory) Block{static_cast<std::uint32_t>(capacity), 0, 0});
}

void Metadata::FreeBlock::operator()(Block* block) const noexcept {
  FreePooled(block, sizeof(Block) + block->capacity);
}

void Metadata::Add(std::string_view key, std::string_view value) {
  const PairHead head{static_cast<std::uint32_t>(key.size()), static_cast<std::uint32_t>(value.size())};
  const std::size_t used = block_ == nullptr ? 0 : block_->used;
  const std::size_t size = sizeof(head) + key.size() + value.size();
  // Until the pair is copied: it may be one of these.
  OwnedBlock smaller;
  if (block_ == nullptr || block_->capacity - used < size) {
    smaller = std::exchange(block_, MakeBlock(std::max(kFirstCapacity, 2 * used + size)));
    if (smaller != nullptr) {
      std::memcpy(BytesOf(*block_), BytesOf(*smaller), used);
      block_->count = smaller->count;
    }
  }
  char* to = BytesOf(*block_) + used;
  std::memcpy(to, &head, sizeof(head));
  to = std::copy(key.begin(), key.end(), to + sizeof(head));
  std::copy(value.begin(), value.end(), to);
  block_->used = static_cast<std::uint32_t>(used + size);
  ++block_->count;
}

void Metadata::CopyFrom(const Metadata& other) {
  if (other.empty()) return Clear();
  const std::size_t used = other.block_->used;
  if (block_ == nullptr || block_->capacity < used) block_ = MakeBlock(std::max(kFirstCapacity, used));
  std::memcpy(BytesOf(*block_), other.bytes(), used);
  block_->used = other.block_->used;
  block_->count = other.block_->count;
}

std::optional<std::string_view> Metadata::Get(std::string_view key) const {
  for (const Entry& entry : *this) {
    if (entry.key == key) return entry.value;
  }
  return std::nullopt;
}

std::vector<std::string_view> Metadata::GetAll(std::string_view key) const {
  std::vector<std::string_view> values;
  for (const Entry& entry : *this) {
    if (entry.key == key) values.push_back(entry.value);
  }
  return values;
}

std::size_t Metadata::Remove(std::string_view key) {
  Metadata kept;
  for (const Entry& entry : *this) {
    if (entry.key != key) kept.Add(entry.key, entry.value);
  }
  const std::size_t removed = size() - kept.size();
  if (removed > 0) *this = std::move(kept);
  return removed;
}

bool operator==(const Metadata& a, const Metadata& b) { return std::equal(a.begin(), a.end(), b.begin(), b.end()); }

namespace {

bool IsKeyCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
}

// The names that the protocol itself uses: to let a user send them would let metadata change the call.
bool IsReservedKey(std::string_view key) {
  return key.starts_with("grpc-") || key == "content-type" || key == "te" || key == "host" || key == "connection" ||
         key == "keep-alive" || key == "proxy-connection" || key == "transfer-encoding" || key == "upgrade" ||
         key == "content-length" || key == "user-agent";
}

}  // namespace

// A pair that may be sent costs no memory: the words are made only for one that may not.
std::optional<std::string> CheckMetadata(std::string_view key, std::string_view value) {
  if (key.empty()) return "a metadata key is empty";
  const auto wrong = [key](std::string_view what) {
    return std::string("metadata key \"").append(key).append("\" ").append(what);
  };
  if (!std::all_of(key.begin(), key.end(), IsKeyCharacter)) return wrong("has a character outside [0-9a-z_.-]");
  if (IsReservedKey(key)) return wrong("is reserved by the protocol");
  if (IsBinaryKey(key)) return std::nullopt;
  const auto printable = [](char c) { return c >= 0x20 && c <= 0x7e; };
  if (!std::all_of(value.begin(), value.end(), printable)) {
    return wrong("has a value that is not printable ASCII; keys that end in \"-bin\" carry bytes");
  }
  if (!value.empty() && (value.front() == ' ' || value.back() == ' ')) {
    return wrong("has a value with a space at its begin or end");
  }
  return std::nullopt;
}

std::optional<std::string> CheckMetadata(const Metadata& metadata, std::size_t max_size) {
  constexpr std::size_t kFieldCost = 64;
  std::size_t size = 0;
  for (const auto [key, value] : metadata) {
    if (std::optional<std::string> wrong = CheckMetadata(key, value)) return wrong;
    // Bytes travel as base64.
    const std::size_t value_size = IsBinaryKey(key) ? (value.size() + 2) / 3 * 4 : value.size();
    size += key.size() + value_size + kFieldCost;
  }
  if (size <= max_size) return std::nullopt;
  return "the metadata takes " + std::to_string(size) + " bytes of headers, more than the limit of " +
         std::to_string(max_size);
}

}  // namespace rhei::inline v0
