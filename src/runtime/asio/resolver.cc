#include "runtime/asio/resolver.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <utility>

#include "runtime/posix/socket_address.h"

namespace rhei::inline v0::runtime {
namespace {

bool IsLocalhost(std::string_view host) {
  if (host.ends_with('.')) host.remove_suffix(1);
  return host == "localhost" || host.ends_with(".localhost");
}

std::vector<Address> LoopbackAddresses() {
  return {{Address::Family::kIpv6, "::1", 0}, {Address::Family::kIpv4, "127.0.0.1", 0}};
}

std::vector<Address> ReadAnswer(const ares_addrinfo& answer) {
  std::vector<Address> addresses;
  for (const ares_addrinfo_node* node = answer.nodes; node != nullptr; node = node->ai_next) {
    posix::SocketAddress address;
    if (node->ai_family != AF_INET && node->ai_family != AF_INET6) continue;
    address.size = std::min<socklen_t>(node->ai_addrlen, sizeof(address.storage));
    std::memcpy(&address.storage, node->ai_addr, address.size);
    Address read = posix::FromSocketAddress(address);
    if (std::find(addresses.begin(), addresses.end(), read) == addresses.end()) addresses.push_back(std::move(read));
  }
  return addresses;
}

}  // namespace

// A socket of c-ares, which closes it itself.
class ResolveOperation::WatchedSocket final : private ByteStream::Handler {
 public:
  WatchedSocket(ResolveOperation& operation, ares_socket_t socket)
      : operation_(operation), socket_(socket), watched_(operation.loop_) {
    watched_.SetHandler(this);
    // One that cannot be watched is as one that never answers: the look-up times out.
    posix::Descriptor borrowed(socket);
    watched_.Watch(std::move(borrowed));
    borrowed.Release();
  }
  ~WatchedSocket() override { watched_.Release().Release(); }

  ares_socket_t socket() const { return socket_; }
  void Want(bool readable, bool writable) {
    wants_readable_ = readable;
    wants_writable_ = writable;
  }
  void WaitAgain() {
    if (wants_readable_) watched_.WaitReadable();
    if (wants_writable_) watched_.WaitWritable();
  }

 private:
  // Processing may destroy us.
  void OnReadable() override { operation_.Process(socket_, ARES_SOCKET_BAD); }
  void OnWritable() override { operation_.Process(ARES_SOCKET_BAD, socket_); }

  ResolveOperation& operation_;
  const ares_socket_t socket_;
  WatchedDescriptor watched_;
  bool wants_readable_ = false;
  bool wants_writable_ = false;
};

ResolveOperation::ResolveOperation(AsioLoop& loop, const std::string& host, Done done)
    : loop_(loop),
      host_(host),
      done_(std::move(done)),
      result_(std::vector<Address>()),
      timeout_([this] { Process(ARES_SOCKET_BAD, ARES_SOCKET_BAD); }),
      finish_([this] {
        Done finished = std::move(done_);
        Result<std::vector<Address>> result = std::move(result_);
        finished(std::move(result));
      }) {
  Start();
}

ResolveOperation::~ResolveOperation() {
  done_ = nullptr;
  if (channel_ != nullptr) ares_destroy(channel_);
}

void ResolveOperation::Start() {
  if (host_.empty() || host_.find('\0') != std::string::npos) return FinishWith(Failure("this is no host name"));
  if (posix::IsIpv4Literal(host_)) return FinishWith(std::vector{Address{Address::Family::kIpv4, host_, 0}});
  if (posix::IsIpv6Literal(host_)) return FinishWith(std::vector{Address{Address::Family::kIpv6, host_, 0}});
  StartQuery(IsLocalhost(host_));
}

void ResolveOperation::StartQuery(bool is_localhost) {
  static const int library = ares_library_init(ARES_LIB_INIT_ALL);
  ares_options options{};
  options.sock_state_cb = OnSocketState;
  options.sock_state_cb_data = this;
  char files_only[] = "f";
  options.lookups = files_only;
  const int mask = ARES_OPT_SOCK_STATE_CB | (is_localhost ? ARES_OPT_LOOKUPS : 0);
  const int status = library == ARES_SUCCESS ? ares_init_options(&channel_, &options, mask) : library;
  if (status != ARES_SUCCESS) {
    channel_ = nullptr;
    return FinishWith(Failure(ares_strerror(status)));
  }

  const std::string& servers = loop_.options().name_servers;
  if (!servers.empty()) ares_set_servers_ports_csv(channel_, servers.c_str());

  ares_addrinfo_hints hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  // The environment may name another hosts file in CARES_HOSTS.
  hints.ai_flags = ARES_AI_ENVHOSTS;
  ares_getaddrinfo(channel_, host_.c_str(), nullptr, &hints, OnAnswer, this);
  WaitAgain();
}

void ResolveOperation::OnSocketState(void* self, ares_socket_t socket, int readable, int writable) {
  auto& operation = *static_cast<ResolveOperation*>(self);
  auto& sockets = operation.sockets_;
  auto found = std::find_if(sockets.begin(), sockets.end(), [&](const auto& each) { return each->socket() == socket; });
  if (!readable && !writable) {
    if (found != sockets.end()) sockets.erase(found);
    return;
  }
  if (found == sockets.end()) found = sockets.insert(found, std::make_unique<WatchedSocket>(operation, socket));
  (*found)->Want(readable != 0, writable != 0);
}

void ResolveOperation::OnAnswer(void* self, int status, int, ares_addrinfo* answer) {
  auto& operation = *static_cast<ResolveOperation*>(self);
  std::vector<Address> addresses;
  if (status == ARES_SUCCESS && answer != nullptr) addresses = ReadAnswer(*answer);
  if (answer != nullptr) ares_freeaddrinfo(answer);
  if (!operation.done_) return;  // the operation is being destroyed
  if (!addresses.empty()) {
    operation.FinishWith(std::move(addresses));
  } else if (IsLocalhost(operation.host_)) {
    operation.FinishWith(LoopbackAddresses());
  } else {
    operation.FinishWith(operation.Failure(ares_strerror(status == ARES_SUCCESS ? ARES_ENODATA : status)));
  }
}

void ResolveOperation::Process(ares_socket_t readable, ares_socket_t writable) {
  ares_process_fd(channel_, readable, writable);
  WaitAgain();
}

void ResolveOperation::WaitAgain() {
  for (const auto& socket : sockets_) socket->WaitAgain();
  timeval wait{};
  if (ares_timeout(channel_, nullptr, &wait) == nullptr) {
    loop_.Cancel(timeout_);
    return;
  }
  loop_.Arm(timeout_, loop_.Now() + std::chrono::seconds(wait.tv_sec) + std::chrono::microseconds(wait.tv_usec));
}

void ResolveOperation::FinishWith(Result<std::vector<Address>> result) {
  result_ = std::move(result);
  loop_.AtEndOfTurn(finish_);
}

Error ResolveOperation::Failure(std::string_view cause) const {
  return Error(StatusCode::kUnavailable, "resolve \"" + host_ + "\": " + std::string(cause), Origin::kLibrary);
}

}  // namespace rhei::inline v0::runtime
