// The status in trailers: a code that is missing or garbled is UNKNOWN, whatever stands beside it; what a server says
// of an error arrives, in trailers that peers accept; details are read without being trusted.
//
// The input: three fields, each with its length, then the code, the message and the details of an error.
#include <string>
#include <string_view>

#include "fuzz/check.h"
#include "fuzz/field.h"
#include "fuzz/input.h"
#include "rhei/result.h"
#include "wire/metadata_coding.h"
#include "wire/percent_coding.h"
#include "wire/status_mapping.h"

namespace {

using rhei::Error;
using rhei::StatusCode;
using rhei::fuzz::Check;
using rhei::fuzz::ExactCopy;
using rhei::fuzz::Field;
using rhei::fuzz::Input;
using rhei::http2::HeaderField;
using namespace rhei::wire;

// Peers commonly take 8 KiB of trailers, and each field counts its name and some more.
constexpr std::size_t kMostTrailers = 8 * 1024;

StatusCode ReferenceCode(std::string_view text) {
  const bool digits = !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
  const std::size_t first = text.find_first_not_of('0');
  if (!digits || (first != std::string_view::npos && text.size() - first > 2)) return StatusCode::kUnknown;
  const int number = first == std::string_view::npos ? 0 : std::stoi(std::string(text.substr(first)));
  return number <= 16 ? static_cast<StatusCode>(number) : StatusCode::kUnknown;
}

void CheckReceived(std::string_view code, std::string_view message, std::string_view details) {
  const ExactCopy code_copy(code);
  const ExactCopy message_copy(message);
  const ExactCopy details_copy(details);
  ReceivedStatus status;
  Check(!status.present && status.code == StatusCode::kUnknown, "without a code it is unknown");
  Check(status.Take(Field("grpc-message", message_copy.view())), "a message is the status's");
  Check(status.Take(Field("grpc-status-details-bin", details_copy.view())), "and details");
  Check(!status.present && status.code == StatusCode::kUnknown, "which say nothing of the code");
  Check(status.Take(Field("grpc-status", code_copy.view())), "and the code");
  Check(status.code == ReferenceCode(code), "a code is its number, or unknown");
  Check(status.message == PercentDecode(message), "the message is what was coded");
  Check(status.details.size() <= details.size(), "details are no longer than their code");
  static_cast<void>(DetailsCode(ExactCopy(details).view()));
  static_cast<void>(DetailsCode(status.details));
}

void CheckSent(StatusCode code, std::string_view message, std::string_view details) {
  Error error(code, message);
  error.SetDetails(details);
  FieldList fields;
  fields.AddError(error);
  ReceivedStatus received;
  std::size_t size = 0;
  for (const HeaderField& field : fields.fields()) {
    size += field.name.size() + field.value.size() + 32;
    Check(received.Take(Field(field.name, field.value)), "all of it is the status's");
  }
  Check(size <= kMostTrailers, "peers accept the trailers");
  Check(received.present && received.code == code, "the code arrives");
  Check(message.starts_with(received.message), "the message arrives, or its begin");
  Check(received.message.size() == message.size() || message.size() > 1'000, "short messages arrive in full");
  Check(received.details.empty() || received.details == details, "details arrive, or not");
  Check(received.details.empty() || DetailsCode(details) == static_cast<int>(code), "details agree with the code");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  const std::string_view code = input.Bytes(input.Below(8));
  const std::string_view message = input.Bytes(input.Below(64));
  CheckReceived(code, message, input.Bytes(input.Below(64)));
  const auto sent_code = static_cast<StatusCode>(1 + input.Below(16));
  const std::string_view sent_message = input.Bytes(input.Word() % 8'192);
  CheckSent(sent_code, sent_message, input.Rest());
  const int http = static_cast<int>(input.Word());
  Check(StatusFromHttp(http) != StatusCode::kOk, "no status of HTTP's says that a call went well");
  return 0;
}
