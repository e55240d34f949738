// The interceptors that rhei brings, around a shop and the stock that it asks: none of the handlers says a word of
// them.
#include <iostream>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "rhei/call_limits.h"
#include "rhei/call_logging.h"
#include "rhei/call_metrics.h"
#include "rhei/header_propagation.h"
#include "rhei/request_validation.h"
#include "rhei/rhei.h"
#include "shop.rhei.h"

namespace {

// Where lines go, instead of standard error.
class Paper final : public rhei::Logger {
 public:
  explicit Paper(std::string name) : name_(std::move(name)) {}
  void Write(rhei::LogLevel level, std::string_view line) override {
    std::cout << name_ + ": " + std::string(rhei::Name(level)) + " " + std::string(line) + "\n";
  }
  rhei::LogLevel level() const override { return rhei::LogLevel::kInfo; }

 private:
  const std::string name_;
};

std::shared_ptr<rhei::Interceptor> LogOn(std::string name) {
  return rhei::LogCalls(rhei::CallLogOptions()
                            .To(std::shared_ptr<rhei::Logger>(std::make_shared<Paper>(std::move(name))))
                            .ShowMetadata()
                            .Redact("x-card"));
}

shop::Item Pieces(int pieces, std::string_view name) {
  shop::Item item;
  item.set_name(std::string(name));
  item.set_pieces(pieces);
  return item;
}

class StockService final : public shop::Stock::Service {
 public:
  rhei::Task<rhei::Result<shop::Left>> Take(rhei::ServerContext&, const shop::Item& item) override {
    shop::Left left;
    left.set_pieces(100 - item.pieces());
    return left;
  }
};

class ShopService final : public shop::Shop::Service {
 public:
  explicit ShopService(rhei::Channel stock) : stock_(std::move(stock)) {}

  rhei::Task<rhei::Result<shop::Bill>> Order(rhei::ServerContext&, const shop::Item& item) override {
    const rhei::Result<shop::Left> left = co_await stock_.Take(item);
    if (!left.ok()) co_return left.error();
    if (item.name() == "gift") {  // needs a ribbon, which it orders from the shop itself: that is a second call at once
      const rhei::Result<shop::Bill> ribbon = co_await shop_->Order(Pieces(1, "ribbon"));
      if (!ribbon.ok()) co_return ribbon.error();
    }
    shop::Bill bill;
    bill.set_pennies(item.pieces() * 7);
    co_return bill;
  }

  void SetShop(rhei::Channel shop) { shop_ = std::make_unique<shop::Shop::Stub>(std::move(shop)); }

 private:
  const shop::Stock::Stub stock_;
  std::unique_ptr<shop::Shop::Stub> shop_;
};

bool Start(rhei::Server& server) {
  const rhei::Status started = server.Listen("127.0.0.1:0").Start();
  if (!started.ok()) std::cerr << started.ToString() << '\n';
  return started.ok();
}

std::string Address(const rhei::Server& server) { return "127.0.0.1:" + std::to_string(server.port()); }

void Order(const shop::Shop::Stub& shop, const shop::Item& item, std::string_view id) {
  const rhei::Result<shop::Bill> bill =
      shop.Order(item, rhei::CallOptions().Metadata("x-request-id", id).Metadata("x-card", "4929 1234")).Wait();
  std::cout << "  " << (bill.ok() ? std::to_string(bill->pennies()) + " pennies" : bill.error().ToString())
            << std::endl;
}

void Print(const rhei::CallMetricsTable& table) {
  for (const rhei::CallMetricsTable::Row& row : table.Rows()) {
    std::cout << row.method << ": " << row.requests << " requests of " << row.request_bytes << " bytes;";
    for (const auto& [code, ended] : row.ended) std::cout << ' ' << rhei::Name(code) << ' ' << ended.calls;
    std::cout << '\n';
  }
}

}  // namespace

int main() {
  const auto metrics = std::make_shared<rhei::CallMetricsTable>();
  const std::shared_ptr<rhei::Interceptor> measure = rhei::MeasureCalls(metrics);
  // On the server that has the headers, and on the channels along which they travel.
  const std::shared_ptr<rhei::Interceptor> headers = rhei::PropagateHeaders();
  const auto validation = std::make_shared<rhei::RequestValidation>();
  validation->Check<shop::Item>([](const shop::Item& item) -> rhei::Status {
    if (item.pieces() < 1) return rhei::Error(rhei::StatusCode::kInvalidArgument, "no pieces of " + item.name());
    return {};
  });

  StockService stock;
  rhei::Server stock_server;
  stock_server.Add(stock).Intercept(LogOn("stock")).Intercept(measure);
  if (!Start(stock_server)) return 1;

  ShopService shop(rhei::Connect(Address(stock_server), rhei::ChannelOptions().Intercept(headers)));
  rhei::Server shop_server;
  shop_server.Add(shop).Intercept(LogOn("shop")).Intercept(measure).Intercept(headers).Intercept(validation);
  shop_server.Intercept("shop.Shop", rhei::LimitConcurrency(1));
  if (!Start(shop_server)) return 1;
  shop.SetShop(rhei::Connect(Address(shop_server), rhei::ChannelOptions().Intercept(headers)));

  const shop::Shop::Stub stub(rhei::Connect(Address(shop_server)));
  std::cout << "The id of the request travels to the stock; the card is not shown.\n";
  Order(stub, Pieces(3, "lamp"), "order-1");
  std::cout << "A request is checked before its handler has it.\n";
  Order(stub, Pieces(0, "lamp"), "order-2");
  std::cout << "The shop takes one call at a time.\n";
  Order(stub, Pieces(1, "gift"), "order-3");
  std::cout << "What was measured:\n";
  Print(*metrics);
}
