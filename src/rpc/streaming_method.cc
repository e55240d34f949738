#include "rhei/streaming_method.h"

#include <string>
#include <utility>

#include "runtime/loop.h"

namespace rhei::inline v0 {

std::optional<Status> ServerStreams::Ended() {
  if (std::optional<Error> cause = call_.context().CancellationCause()) return Status(*std::move(cause));
  return Status();
}

void ServerStreams::EndFor(Error mistake, std::string_view log) {
  std::string line("the handler of ");
  line.append(call_.context().method()).append(": ").append(mistake.message());
  if (!log.empty()) line.append(": ").append(log);
  call_.logger().Write(LogLevel::kError, line);
  auto end = [this, mistake = std::move(mistake)]() mutable { call_.Break(std::move(mistake)); };
  if (call_.loop().IsCurrent()) return end();
  call_.loop().Post(std::move(end));
}

void PostToLoop(runtime::Loop& loop, UniqueFunction<void()> work) { loop.Post(std::move(work)); }

}  // namespace rhei::inline v0
