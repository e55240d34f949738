// What an encoder remembers of the fields that it sent lately.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "http2/hpack/dynamic_table.h"

namespace rhei::inline v0::http2 {

// A short memory of fixed size, found by hash. It tells which fields have been sent before, so that only those enter
// the dynamic table, and where in the table they, or others of the same name, stand. What it tells of the table is
// always verified against the table; what it tells of the past may be wrong now and then, which costs bytes, never
// correctness. Not thread-safe.
class RecentFields {
 public:
  // Begins with what the table holds.
  explicit RecentFields(const DynamicTable& table);

  static std::uint64_t HashName(std::string_view name);
  static std::uint64_t HashField(std::uint64_t name_hash, std::string_view value);

  struct Match {
    bool seen = false;        // not long ago
    std::uint64_t entry = 0;  // of the table that holds the field; 0: none known
  };
  // Looks a field up, and remembers it from now on.
  Match See(const DynamicTable& table, std::uint64_t field_hash, std::string_view name, std::string_view value);

  struct NameMatch {
    bool often = false;       // seen so often that an entry is worth its while for the name alone
    std::uint64_t entry = 0;  // of the table that has this name; 0: none known
  };
  // Looks a name up, and remembers it from now on.
  NameMatch SeeName(const DynamicTable& table, std::uint64_t name_hash, std::string_view name);

  // The newest entry of the table has this field.
  void Inserted(const DynamicTable& table, std::uint64_t name_hash, std::uint64_t field_hash);

 private:
  struct Memory {
    std::uint64_t hash = 0;
    std::uint64_t entry = 0;  // where the field was inserted last; 0: nowhere
  };
  using Pair = std::array<Memory, 2>;

  struct NameMemory {
    std::uint64_t hash = 0;
    std::uint64_t entry = 0;  // as above
    std::uint32_t seen = 0;   // since it had an entry
  };
  static constexpr std::uint32_t kOften = 8;

  void Remember(const DynamicTable& table, std::uint64_t field_hash, std::uint64_t entry);
  Memory* Find(std::uint64_t hash);
  Memory& Forget(const DynamicTable& table, std::uint64_t hash);

  std::array<Pair, 16> fields_{};
  std::array<NameMemory, 16> names_{};
};

}  // namespace rhei::inline v0::http2
