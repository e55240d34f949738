// Our encoder against nghttp2's inflater, and nghttp2's deflater against our decoder: lists that a script makes, with
// changes of the table's size and fields that must never be indexed.
//
// The input is that script; see Script.
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "fuzz/check.h"
#include "fuzz/input.h"
#include "http2/hpack/decoder.h"
#include "http2/hpack/encoder.h"
#include "http2/hpack/nghttp2_oracle.h"

namespace {

using rhei::fuzz::Check;
using rhei::fuzz::Input;
using namespace rhei::http2;

using Fields = std::vector<OwnedField>;

constexpr std::uint32_t kTableSizes[] = {4096, 0, 64, 256, 8192, 4095, 100, 0xffffffff};
constexpr const char* kNames[] = {":method", ":path",        ":status",   "content-type", "te",
                                  "cookie",  "grpc-timeout", "x-user",    "x-trace-bin",  "authorization",
                                  "date",    "user-agent",   "grpc-x-bin"};
constexpr const char* kValues[] = {"", "GET", "POST", "/", "200", "application/grpc", "trailers", "100m", "ann"};

// nghttp2 marks credentials and short cookies by itself.
bool IsSecretToNghttp2(const OwnedField& field) {
  return field.name == "authorization" || (field.name == "cookie" && field.value.size() < 20);
}

HpackDecoder::Limits Unlimited() {
  return {.table_size = UINT32_MAX, .list_soft = SIZE_MAX, .list_hard = SIZE_MAX, .max_fields = UINT32_MAX};
}

std::vector<HeaderField> Views(const Fields& fields) {
  std::vector<HeaderField> views;
  for (const OwnedField& field : fields) {
    views.push_back({.name = field.name, .value = field.value, .never_index = field.never_index});
  }
  return views;
}

// Reads lists. A byte says how a field is made: its lowest bits choose name and value, the highest one keeps it out of
// tables.
class Script {
 public:
  explicit Script(Input& input) : input_(input) {}

  OwnedField Field() {
    const std::uint8_t kind = input_.Byte();
    OwnedField field;
    const std::string_view own_name = (kind & 1) ? input_.Bytes(1 + input_.Below(20)) : std::string_view();
    field.name = own_name.empty() ? kNames[input_.Below(std::size(kNames))] : std::string(own_name);
    switch ((kind >> 1) & 3) {
      case 0:
      case 1: field.value = kValues[input_.Below(std::size(kValues))]; break;
      case 2: field.value = input_.Bytes(input_.Byte()); break;
      default: {  // long, from few bytes
        const std::size_t size = input_.Word() % 6000;
        field.value = std::string(size, static_cast<char>(input_.Byte()));
      }
    }
    field.never_index = (kind & 0x80) != 0;
    return field;
  }

  Fields List() {
    Fields fields(input_.Below(10));
    for (OwnedField& field : fields) field = Field();
    return fields;
  }

 private:
  Input& input_;
};

class World {
 public:
  explicit World(std::uint32_t our_table_size) : encoder_(our_table_size) {}

  void SetTableSize(std::uint32_t size) {
    encoder_.SetPeerTableSize(size);
    inflater_.SetTableSize(size);
    deflater_.SetPeerTableSize(size);
  }

  void Register(Fields list) {
    const HeaderTemplate name = encoder_.Register(Views(list));
    templates_.emplace_back(name, std::move(list));
  }

  void Send(std::uint32_t which, const Fields& extra) {
    Fields expected;
    HeaderTemplate prefix = HeaderTemplate::kNone;
    if (which < templates_.size()) {
      prefix = templates_[which].first;
      expected = templates_[which].second;
    }
    expected.insert(expected.end(), extra.begin(), extra.end());
    std::string block;
    encoder_.Encode(prefix, Views(extra), block);

    Fields theirs;
    Check(inflater_.Inflate(block, theirs), "nghttp2 takes what we send");
    Check(theirs == expected, "nghttp2 reads what we meant");  // which fields are never indexed, too
    Check(inflater_.Difference(encoder_.table()).empty(), "the tables are alike");
    Check(encoder_.table().max_size() <= 8192 && encoder_.table().size() <= encoder_.table().max_size(),
          "our table is bounded");
    CheckDecoder(ours_, block, expected);
    for (OwnedField& field : expected) field.never_index = field.never_index || IsSecretToNghttp2(field);
    CheckDecoder(theirs_, deflater_.Deflate(expected), expected);
  }

 private:
  static void CheckDecoder(HpackDecoder& decoder, const std::string& block, const Fields& expected) {
    const Decoded decoded = DecodeBlock(decoder, block);
    Check(decoded.outcome == DecodeOutcome::kOk && decoded.fields == expected, "our decoder reads what was meant");
  }

  HpackEncoder encoder_;
  Nghttp2Inflater inflater_;
  HpackDecoder ours_{Unlimited()};
  Nghttp2Deflater deflater_{4096};
  HpackDecoder theirs_{Unlimited()};
  std::vector<std::pair<HeaderTemplate, Fields>> templates_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  Script script(input);
  constexpr std::uint32_t kOurTableSizes[] = {4096, 0, 256, 8192};
  World world(kOurTableSizes[input.Below(std::size(kOurTableSizes))]);
  for (int steps = 0; !input.empty() && steps < 200; ++steps) {
    switch (input.Below(8)) {
      case 0: world.SetTableSize(kTableSizes[input.Below(std::size(kTableSizes))]); break;
      case 1: world.Register(script.List()); break;
      case 2: world.Send(UINT32_MAX, script.List()); break;
      default: {
        const std::uint32_t which = input.Below(8);
        world.Send(which, script.List());
      }
    }
  }
  return 0;
}
