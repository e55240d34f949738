#include "rhei/result.h"

namespace rhei::inline v0 {

Error::Error(StatusCode code, std::string_view message, Origin origin)
    : state_(std::make_unique<State>(
          State{code == StatusCode::kOk ? StatusCode::kUnknown : code, origin, std::string(message), {}, {}})) {}

Error::Error(const Error& other) : state_(other.state_ ? std::make_unique<State>(*other.state_) : nullptr) {}

Error& Error::operator=(const Error& other) {
  if (this != &other) state_ = other.state_ ? std::make_unique<State>(*other.state_) : nullptr;
  return *this;
}

Error& Error::SetMessage(std::string_view message) & {
  state_->message = message;
  return *this;
}

Error& Error::SetDetails(std::string_view serialized_status) & {
  state_->details = serialized_status;
  return *this;
}

Error& Error::SetMetadata(Metadata metadata) & {
  state_->metadata = std::move(metadata);
  return *this;
}

Error&& Error::WithDetails(std::string_view serialized_status) && { return std::move(SetDetails(serialized_status)); }

Error&& Error::WithMetadata(Metadata metadata) && { return std::move(SetMetadata(std::move(metadata))); }

std::string Error::ToString() const {
  std::string text(Name(code()));
  if (!message().empty()) text.append(": ").append(message());
  return text;
}

bool operator==(const Error& a, const Error& b) { return *a.state_ == *b.state_; }

}  // namespace rhei::inline v0
