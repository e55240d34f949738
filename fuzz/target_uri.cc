// A channel's target: any text is read, or refused in words that quote it; what is read can be read again.
#include <string>
#include <string_view>

#include "client/target.h"
#include "fuzz/check.h"
#include "fuzz/input.h"

namespace {

using rhei::client::Target;
using rhei::fuzz::Check;
using rhei::fuzz::ExactCopy;
using rhei::runtime::Address;

void CheckRead(const Target& target) {
  Check(target.addresses.empty() != target.host.empty(), "there are addresses or a name, and not both");
  Check(!target.authority.empty(), "servers are told a host");
  for (const Address& address : target.addresses) {
    if (address.family == Address::Family::kUnix) continue;
    const rhei::Result<Address> again = Address::Parse(address.ToString());
    Check(again.ok() && *again == address, "an address that is written is read again");
  }
  if (target.host.empty()) return;
  const rhei::Result<Target> again = Target::Parse("dns:///" + target.host + ":" + std::to_string(target.port));
  Check(again.ok() && again->host == target.host && again->port == target.port, "a name too");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const rhei::Result<Target> target = Target::Parse(ExactCopy(text).view());
  if (target.ok()) {
    CheckRead(*target);
    return 0;
  }
  Check(target.code() == rhei::StatusCode::kUnavailable, "calls end with UNAVAILABLE");
  Check(target.error().message().find(text) != std::string_view::npos, "the text is quoted");
  return 0;
}
