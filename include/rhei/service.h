// Service: a set of methods that a server offers.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rhei/result.h"
#include "rhei/server_call.h"
#include "rhei/server_context.h"
#include "rhei/task.h"
#include "rhei/unary_method.h"

namespace rhei::inline v0 {

template <typename T>
class Reader;
template <typename T>
class Writer;

// The methods of a service by path, filled in by generated code.
class MethodTable {
 public:
  // `path` is "/package.Service/Method". `function` is a member of `service`, which outlives the table.
  template <typename Service, typename Request, typename Reply>
  void AddUnary(std::string_view path, Service& service,
                Task<Result<Reply>> (Service::*function)(ServerContext&, const Request&)) {
    Add(path, std::make_unique<UnaryMethod<Service, Request, Reply>>(service, function));
  }
  // The kinds with streams; defined in "rhei/streaming_method.h".
  template <typename Service, typename Request, typename Reply>
  void AddServerStreaming(std::string_view path, Service& service,
                          Task<Status> (Service::*function)(ServerContext&, const Request&, Writer<Reply>&));
  template <typename Service, typename Request, typename Reply>
  void AddClientStreaming(std::string_view path, Service& service,
                          Task<Result<Reply>> (Service::*function)(ServerContext&, Reader<Request>&));
  template <typename Service, typename Request, typename Reply>
  void AddBidiStreaming(std::string_view path, Service& service,
                        Task<Status> (Service::*function)(ServerContext&, Reader<Request>&, Writer<Reply>&));
  void Add(std::string_view path, std::unique_ptr<MethodHandler> handler) {
    methods_.push_back({std::string(path), std::move(handler)});
  }

  struct Method {
    std::string path;
    std::unique_ptr<MethodHandler> handler;
  };
  std::vector<Method>& methods() { return methods_; }

 private:
  std::vector<Method> methods_;
};

// What a generated service class derives from, and a user's class from that. Outlives the server it is added to.
class Service {
 public:
  Service() = default;
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;
  virtual ~Service() = default;

  // "weather.Weather"
  virtual std::string_view service_name() const = 0;
  virtual void AddMethods(MethodTable& table) = 0;
};

// Answers, over bytes, every call that no added service answers: the base of proxies and gateways.
class GenericService {
 public:
  virtual ~GenericService() = default;
  // The method is context.method(). Request and reply are serialised messages.
  virtual Task<Result<std::string>> Call(ServerContext& context, const std::string& request) = 0;
};

// The same for calls of any kind, message by message: a method that answers with one reply writes one.
class GenericStreamingService {
 public:
  virtual ~GenericStreamingService() = default;
  virtual Task<Status> Call(ServerContext& context, Reader<std::string>& reader, Writer<std::string>& writer) = 0;
};

}  // namespace rhei::inline v0
