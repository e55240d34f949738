#include <algorithm>
#include <asio/execution_context.hpp>
#include <asio/post.hpp>
#include <memory>
#include <utility>
#include <vector>

#include "rhei/asio.h"
#include "runtime/asio/asio_loop.h"
#include "runtime/thread_pool.h"

namespace rhei::inline v0 {
namespace {

using runtime::AsioLoop;
using runtime::ThreadPool;

// What stands on one io_context. When that goes, work that was posted to a loop and can never run would keep the
// runtime, and that the loop: so it is dropped.
class LoopsOfContext final : public asio::execution_context::service {
 public:
  using key_type = LoopsOfContext;
  static asio::execution_context::id id;

  explicit LoopsOfContext(asio::execution_context& context) : service(context) {}

  void Add(const std::shared_ptr<AsioLoop>& loop, const std::shared_ptr<ThreadPool>& pool) {
    std::erase_if(guests_, [](const Guest& guest) { return guest.loop.expired(); });
    guests_.push_back({loop, pool});
  }

 private:
  struct Guest {
    std::weak_ptr<AsioLoop> loop;
    std::weak_ptr<ThreadPool> pool;
  };

  // By ~io_context, while everything in it may still be used. The pool first: its work may post to the loop.
  void shutdown() override {
    for (const Guest& guest : std::exchange(guests_, {})) {
      const std::shared_ptr<AsioLoop> loop = guest.loop.lock();
      if (const std::shared_ptr<ThreadPool> pool = guest.pool.lock()) pool->Drain();
      if (loop != nullptr) loop->Abandon();
    }
  }

  std::vector<Guest> guests_;
};

asio::execution_context::id LoopsOfContext::id;

// Destroys a runtime on its loop's thread, while the loop does not run.
class Retire {
 public:
  explicit Retire(AsioLoop& loop) : loop_(loop) {}

  void operator()(Runtime* runtime) const {
    std::unique_ptr<Runtime> last(runtime);
    if (!loop_.RunsByItself() && !loop_.IsCurrent()) return;
    // A handler that did not run is destroyed with the io_context, and the runtime with it.
    asio::post(loop_.context(), [last = std::move(last)]() mutable { last.reset(); });
  }

 private:
  AsioLoop& loop_;  // the runtime's
};

}  // namespace

std::shared_ptr<Runtime> RuntimeOn(asio::io_context& context, RuntimeOptions options) {
  std::shared_ptr<Logger> logger = options.logger() != nullptr ? options.logger() : StderrLogger();
  auto loop = std::make_shared<AsioLoop>(context, runtime::AsioLoopOptions{{}, logger});
  auto pool = std::make_shared<ThreadPool>(options.pool_threads());
  asio::use_service<LoopsOfContext>(context).Add(loop, pool);
  auto run_on_pool = [pool](UniqueFunction<void()> work) { pool->Run(std::move(work)); };
  auto made = std::make_unique<Runtime>(std::vector<std::shared_ptr<runtime::Loop>>{loop}, std::move(logger),
                                        std::move(run_on_pool));
  return {made.release(), Retire(*loop)};
}

}  // namespace rhei::inline v0
