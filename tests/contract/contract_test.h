// What the contract's tests have in common: a server on the transport under test, and handlers for it.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

#include "rhei/rhei.h"
#include "tests/contract/contract_service.h"
#include "tests/contract/transports.h"

namespace rhei::inline v0::contract {

class ContractTest : public ::testing::TestWithParam<TransportKind> {
 protected:
  // Starts the server with what service_ holds.
  ContractStub Serve(RunOn run_on = RunOn::kLoop) { return ContractStub(ServeChannel(run_on)); }
  Channel ServeChannel(RunOn run_on = RunOn::kLoop) {
    const Status started = transport_->Serve(service_, run_on);
    EXPECT_TRUE(started.ok()) << started.ToString();
    return transport_->Connect(ChannelOptions());
  }

  // What some handler or coroutine has to say, for which the transport goes on.
  template <typename T>
  T Get(std::future<T> future) {
    for (int i = 0; i < 10'000 && !IsThere(future); ++i) transport_->Settle();
    if (!IsThere(future)) throw std::runtime_error("nothing was said");
    return future.get();
  }

  ContractService service_;
  std::unique_ptr<Transport> transport_ = GetParam().make();

 private:
  template <typename T>
  static bool IsThere(const std::future<T>& future) {
    return future.wait_for(std::chrono::milliseconds(1)) == std::future_status::ready;
  }
};

// A handler's second coroutine, which the handler awaits before it ends:
//
//     Beside writes(WriteAll(writer));
//     ... read ...
//     co_await writes.Done();
class Beside {
 public:
  explicit Beside(Task<void> task) : done_(promise_.task()) { Spawn(Run(std::move(task), std::move(promise_))); }

  Task<Result<bool>> Done() { return std::move(done_); }

 private:
  static Task<void> Run(Task<void> task, Promise<bool> promise) {
    co_await std::move(task);
    promise.Set(true);
  }

  Promise<bool> promise_;
  Task<Result<bool>> done_;
};

inline Task<Status> EchoEach(ServerContext&, Reader<std::string>& reader, Writer<std::string>& writer) {
  while (std::optional<std::string> message = co_await reader.Next()) {
    *message = "echo " + *message;
    if (!co_await writer.Write(*message)) break;
  }
  co_return Status();
}

inline Task<Status> Count(ServerContext&, const std::string& request, Writer<std::string>& writer) {
  const int count = std::stoi(request);
  for (int i = 0; i < count; ++i) {
    const std::string text = std::to_string(i);
    if (!co_await writer.Write(text)) break;
  }
  co_return Status();
}

inline Task<Result<std::string>> Join(ServerContext&, Reader<std::string>& reader) {
  std::string all;
  while (std::optional<std::string> message = co_await reader.Next()) all += *message + ";";
  co_return all;
}

// Reads until there is nothing more, and tells how the context was cancelled by then; OK: it was not.
inline Task<Status> ReadToTheEnd(ServerContext& context, Reader<std::string>& reader,
                                 std::promise<StatusCode>& cancelled) {
  std::string message;
  while (co_await reader.Next(message)) {
  }
  cancelled.set_value(context.IsCancelled() ? context.CancellationCause()->code() : StatusCode::kOk);
  co_return Status();
}

inline std::string NameOf(const ::testing::TestParamInfo<TransportKind>& kind) { return kind.param.name; }

}  // namespace rhei::inline v0::contract
