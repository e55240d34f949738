// Handlers that block their thread: here until others have come, elsewhere for a database or a file.
#include <atomic>
#include <future>
#include <iostream>
#include <latch>
#include <string>
#include <vector>

#include "rhei/rhei.h"
#include "table.rhei.h"

namespace {

constexpr int kGuests = 3;

class TableService final : public table::Table::Service {
 public:
  rhei::Task<rhei::Result<table::Meal>> SitDown(rhei::ServerContext&, const table::Guest& guest) override {
    guests_ += 1;
    all_here_.arrive_and_wait();  // blocks: on an event loop it would stop every other call
    table::Meal meal;
    meal.set_dish("borscht for " + guest.name());
    return meal;
  }

  rhei::Task<rhei::Result<table::GuestCount>> CountGuests(rhei::ServerContext&,
                                                          const table::CountGuestsRequest&) override {
    table::GuestCount count;
    count.set_guests(guests_);
    return count;
  }

 private:
  // Handlers on the pool run at the same time.
  std::atomic<int> guests_{0};
  std::latch all_here_{kGuests};
};

table::Guest Named(const std::string& name) {
  table::Guest guest;
  guest.set_name(name);
  return guest;
}

}  // namespace

int main() {
  // As many calls block at once as the pool has threads; the next ones wait for a free one.
  auto runtime = std::make_shared<rhei::Runtime>(rhei::RuntimeOptions().PoolThreads(kGuests));
  TableService service;
  rhei::Server server(rhei::ServerOptions().UseRuntime(runtime));
  // The service runs on the pool; the one method that never blocks stays on the event loop, which is faster.
  server.Add(service, rhei::RunOn::kPool).SetRunOn("/table.Table/CountGuests", rhei::RunOn::kLoop);
  server.Listen("127.0.0.1:0");
  if (const rhei::Status started = server.Start(); !started.ok()) {
    std::cerr << started.ToString() << '\n';
    return 1;
  }

  const table::Table::Stub stub(rhei::Connect("127.0.0.1:" + std::to_string(server.port())));
  std::vector<std::future<rhei::Result<table::Meal>>> meals;
  for (const char* const name : {"Ann", "Bob"}) meals.push_back(stub.SitDown(Named(name)).Future());

  // While both wait for the third guest, the server answers.
  int guests = 0;
  while (guests < kGuests - 1) {
    const rhei::Result<table::GuestCount> count = stub.CountGuests(table::CountGuestsRequest()).Wait();
    if (!count.ok()) {
      std::cerr << count.error().ToString() << '\n';
      return 1;
    }
    guests = count->guests();
  }
  std::cout << guests << " guests wait\n";

  meals.push_back(stub.SitDown(Named("Cleo")).Future());
  for (auto& future : meals) {
    const rhei::Result<table::Meal> meal = future.get();
    std::cout << (meal.ok() ? meal->dish() : meal.error().ToString()) << '\n';
  }
}
