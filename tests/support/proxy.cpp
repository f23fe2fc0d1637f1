// SPDX-License-Identifier: Apache-2.0
#include "support/proxy.hpp"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "base/mutex.hpp"
#include "support/pg_wire.hpp"

namespace voyager::testing {
namespace {

using Clock = std::chrono::steady_clock;

/// Enough for 600 MB/s at a delay of 100 ms, so that a delay costs no bandwidth.
constexpr std::size_t most_queued = 64U << 20;

class Descriptor {
 public:
  explicit Descriptor(int number = -1) : number_(number) {}
  ~Descriptor() { close(); }
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    close();
    number_ = std::exchange(other.number_, -1);
    return *this;
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return number_; }
  void close() {
    if (number_ >= 0) ::close(std::exchange(number_, -1));
  }

 private:
  int number_;
};

[[noreturn]] void throw_errno(const char* doing) {
  throw std::system_error(errno, std::generic_category(), doing);
}

/// The socket interface of the system takes every kind of address through this type.
template <typename Address>
const sockaddr* as_any(const Address& address) {
  return reinterpret_cast<const sockaddr*>(&address);  // NOLINT(*-reinterpret-cast)
}

sockaddr_in loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

Descriptor listen_on(int port) {
  Descriptor made(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const int yes = 1;
  setsockopt(made.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  const sockaddr_in address = loopback(port);
  if (made.get() < 0 || bind(made.get(), as_any(address), sizeof address) != 0 ||
      listen(made.get(), SOMAXCONN) != 0)
    throw_errno("proxy: listen");
  return made;
}

int port_of(const Descriptor& listener) {
  sockaddr_in address{};
  socklen_t length = sizeof address;
  auto* any = reinterpret_cast<sockaddr*>(&address);  // NOLINT(*-reinterpret-cast)
  if (getsockname(listener.get(), any, &length) != 0) throw_errno("proxy: getsockname");
  return ntohs(address.sin_port);
}

void send_at_once(const Descriptor& socket) {
  const int yes = 1;
  setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);  // fails for a unix socket
}

Descriptor connect_to_socket_file(const std::string& path) {
  Descriptor made(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(std::begin(address.sun_path), sizeof address.sun_path - 1);
  if (connect(made.get(), as_any(address), sizeof address) != 0) made.close();
  return made;
}

Descriptor connect_to_host(const std::string& host, int port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found) != 0)
    return Descriptor();
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> addresses(found, freeaddrinfo);
  for (const addrinfo* one = found; one != nullptr; one = one->ai_next) {
    Descriptor made(socket(one->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (connect(made.get(), one->ai_addr, one->ai_addrlen) == 0) return made;
  }
  return Descriptor();
}

/// Not open when the server can't be reached.
Descriptor connect_to(const std::string& host, int port) {
  Descriptor made = host.starts_with('/')
                        ? connect_to_socket_file(host + "/.s.PGSQL." + std::to_string(port))
                        : connect_to_host(host, port);
  if (made.get() < 0) return made;
  fcntl(made.get(), F_SETFL, fcntl(made.get(), F_GETFL) | O_NONBLOCK);
  send_at_once(made);
  return made;
}

enum class End { fin, rst };

void end_connection(Descriptor& socket, End how) {
  if (how == End::rst) {
    const linger at_once{1, 0};
    setsockopt(socket.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  } else {
    // Bytes that nobody read would make a RST of the FIN.
    std::array<char, 65536> rest{};
    while (recv(socket.get(), rest.data(), rest.size(), 0) > 0) {
    }
  }
  socket.close();
}

/// One direction of a connection: what was read and is not due or not written yet.
class Flow {
 public:
  bool has_room() const { return !ended_ && queued_ < most_queued; }
  void add(std::string bytes, Clock::time_point due) {
    queued_ += bytes.size();
    pieces_.push_back({std::move(bytes), due});
  }
  void end() { ended_ = true; }
  bool ended() const { return ended_; }
  bool passed_all() const { return ended_ && pieces_.empty(); }
  std::optional<Clock::time_point> due() const {
    return pieces_.empty() ? std::nullopt : std::optional(pieces_.front().due);
  }
  /// Returns the bytes written; less than 0 when the connection is broken.
  std::int64_t write_to(const Descriptor& socket, Clock::time_point now);

 private:
  struct Piece {
    std::string bytes;
    Clock::time_point due;
  };
  std::deque<Piece> pieces_;
  std::size_t written_ = 0;  // of the first piece
  std::size_t queued_ = 0;
  bool ended_ = false;
};

std::int64_t Flow::write_to(const Descriptor& socket, Clock::time_point now) {
  std::int64_t sum = 0;
  while (!pieces_.empty() && pieces_.front().due <= now) {
    const std::string& bytes = pieces_.front().bytes;
    const ssize_t sent = send(socket.get(), bytes.data() + written_, bytes.size() - written_,
                              MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0) return errno == EAGAIN ? sum : -1;
    sum += sent;
    queued_ -= static_cast<std::size_t>(sent);
    written_ += static_cast<std::size_t>(sent);
    if (written_ < bytes.size()) continue;
    pieces_.pop_front();
    written_ = 0;
  }
  return sum;
}

struct Link {
  Descriptor client;
  Descriptor server;  ///< not open when the connection came while everything is swallowed
  Flow up;
  Flow down;
  CommitWatch watch;
  bool lossy = false;          ///< bytes of it were swallowed
  bool answer_hidden = false;  ///< a COMMIT has gone up: nothing comes down any more
};

/// What poll() is to look at.
struct Watched {
  std::vector<pollfd> sockets;  ///< the bell, the listener, then client and server of each link
  std::vector<int> links;
  std::optional<Clock::time_point> due;
};

/// All connections and what is done to them. Threads: one at a time; never waits but for connect().
class Network {
 public:
  Network(const engine::Endpoint& server, int port)
      : host_(server.host), server_port_(server.port), listener_(listen_on(port)) {
    port_ = port_of(listener_);
  }

  int port() const { return port_; }
  void end_links(End how);
  void reset_after(std::uint64_t bytes) { reset_at_ = bytes_ + bytes; }
  void reset_one_after(std::uint64_t bytes) { reset_one_at_ = bytes_ + bytes; }
  void set_delay(std::chrono::microseconds each_way) { delay_ = each_way; }
  void swallow();
  void refuse() { listener_.close(); }
  void heal();
  void drop_answer() { drop_armed_ = true; }

  int answers_dropped() const { return dropped_; }
  int accepted() const { return accepted_; }
  int open() const { return static_cast<int>(links_.size()); }
  std::uint64_t bytes() const { return bytes_; }

  Watched watched(const Descriptor& bell) const;
  void serve(const Watched& ready);

 private:
  enum class Side { client, server };
  void accept_all();
  void accept(Descriptor client);
  bool serve_link(Link& link, bool client_ready, bool server_ready);
  bool read_from(Link& link, Side side);
  bool pass(Link& link, Side side, std::string_view bytes);
  bool hides_answer(Link& link, Side side, std::string_view bytes);
  bool write_to(const Descriptor& socket, Flow& flow);
  bool is_reached(std::optional<std::uint64_t>& bytes) const;

  std::string host_;
  int server_port_;
  Descriptor listener_;
  int port_ = 0;
  std::map<int, Link> links_;
  int accepted_ = 0;
  std::uint64_t bytes_ = 0;
  std::optional<std::uint64_t> reset_at_;
  std::optional<std::uint64_t> reset_one_at_;
  std::chrono::microseconds delay_{0};
  bool swallowing_ = false;
  bool drop_armed_ = false;
  int dropped_ = 0;
};

/// A side is looked at only while something can be done with what is seen there: one that has
/// closed would otherwise be ready again and again.
Watched Network::watched(const Descriptor& bell) const {
  const auto now = Clock::now();
  Watched all;
  all.sockets = {{bell.get(), POLLIN, 0}, {listener_.get(), POLLIN, 0}};
  const auto add = [&](const Descriptor& socket, const Flow& from, const Flow& to) {
    const bool writes = to.due() && *to.due() <= now;
    const int events = (from.has_room() ? POLLIN : 0) | (writes ? POLLOUT : 0);
    all.sockets.push_back({events == 0 ? -1 : socket.get(), static_cast<short>(events), 0});
    if (to.due() && !writes) all.due = std::min(all.due.value_or(*to.due()), *to.due());
  };
  for (const auto& [number, link] : links_) {
    all.links.push_back(number);
    add(link.client, link.up, link.down);
    add(link.server, link.down, link.up);
  }
  return all;
}

void Network::serve(const Watched& ready) {
  accept_all();
  for (std::size_t i = 0; i < ready.links.size(); ++i) {
    const auto found = links_.find(ready.links[i]);
    if (found == links_.end()) continue;
    const bool client_ready = ready.sockets[2 + 2 * i].revents != 0;
    const bool server_ready = ready.sockets[3 + 2 * i].revents != 0;
    if (!serve_link(found->second, client_ready, server_ready)) links_.erase(found);
  }
  if (is_reached(reset_at_)) end_links(End::rst);
}

/// Once.
bool Network::is_reached(std::optional<std::uint64_t>& bytes) const {
  if (!bytes || bytes_ < *bytes) return false;
  bytes.reset();
  return true;
}

void Network::accept_all() {
  for (;;) {
    Descriptor client(accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (client.get() < 0) return;
    accept(std::move(client));
  }
}

void Network::accept(Descriptor client) {
  send_at_once(client);
  Link link;
  link.client = std::move(client);
  link.lossy = swallowing_;
  if (!swallowing_) link.server = connect_to(host_, server_port_);
  if (swallowing_ || link.server.get() >= 0) links_.emplace(++accepted_, std::move(link));
}

/// False when the connection is over.
bool Network::serve_link(Link& link, bool client_ready, bool server_ready) {
  const bool good = (!client_ready || read_from(link, Side::client)) &&
                    (!server_ready || read_from(link, Side::server)) &&
                    write_to(link.server, link.up) && write_to(link.client, link.down) &&
                    !is_reached(reset_one_at_);
  if (good) return swallowing_ || !(link.up.passed_all() && link.down.passed_all());
  end_connection(link.client, End::rst);
  end_connection(link.server, End::fin);  // what was sent before stays valid
  return false;
}

bool Network::read_from(Link& link, Side side) {
  const Descriptor& from = side == Side::client ? link.client : link.server;
  Flow& flow = side == Side::client ? link.up : link.down;
  std::array<char, 65536> buffer{};
  const ssize_t length = recv(from.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
  if (length > 0) return pass(link, side, {buffer.data(), static_cast<std::size_t>(length)});
  if (length < 0 && errno == EAGAIN) return true;
  if (length == 0 || swallowing_) {
    flow.end();
    link.lossy = link.lossy || swallowing_;
    return true;
  }
  return false;
}

/// False when the client has to be cut off.
bool Network::pass(Link& link, Side side, std::string_view bytes) {
  if (swallowing_) {
    link.lossy = true;
    return true;
  }
  const bool committed = side == Side::server && link.watch.to_client(bytes);
  if (hides_answer(link, side, bytes)) {
    if (!committed) return true;
    ++dropped_;
    return false;
  }
  Flow& flow = side == Side::client ? link.up : link.down;
  flow.add(std::string(bytes), Clock::now() + delay_);
  return true;
}

bool Network::hides_answer(Link& link, Side side, std::string_view bytes) {
  if (side == Side::server) return link.answer_hidden;
  if (link.watch.to_server(bytes) && drop_armed_) {
    drop_armed_ = false;
    link.answer_hidden = true;
  }
  return false;
}

bool Network::write_to(const Descriptor& socket, Flow& flow) {
  if (swallowing_) return true;
  const std::int64_t written = flow.write_to(socket, Clock::now());
  if (written < 0) return false;
  bytes_ += static_cast<std::uint64_t>(written);
  if (flow.passed_all()) shutdown(socket.get(), SHUT_WR);
  return true;
}

void Network::end_links(End how) {
  for (auto& [number, link] : links_) {
    end_connection(link.client, how);
    end_connection(link.server, how);
  }
  links_.clear();
}

void Network::swallow() {
  swallowing_ = true;
}

void Network::heal() {
  swallowing_ = false;
  reset_at_.reset();
  reset_one_at_.reset();
  drop_armed_ = false;
  if (listener_.get() < 0) listener_ = listen_on(port_);
  for (auto link = links_.begin(); link != links_.end();) {
    if (link->second.lossy) {
      end_connection(link->second.client, End::rst);
      end_connection(link->second.server, End::rst);
      link = links_.erase(link);
    } else {
      ++link;
    }
  }
}

}  // namespace

/// The thread that serves the network, and the lock that its commands take.
class Proxy::Engine {
 public:
  Engine(const engine::Endpoint& server, int port) : network_(server, port) {
    thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
  }
  ~Engine() {
    thread_.request_stop();
    ring();
    thread_.join();
  }
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  template <typename Work>
  auto with(const Work& work) {
    const MutexLock lock(mutex_);
    ring();
    return work(network_);
  }

 private:
  template <typename Work>
  auto with_network(const Work& work) {
    const MutexLock lock(mutex_);
    return work(network_);
  }

  void run(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      Watched all = with_network([this](Network& network) { return network.watched(bell_); });
      wait(all);
      eventfd_t rung = 0;
      eventfd_read(bell_.get(), &rung);
      with_network([&](Network& network) { network.serve(all); });
    }
  }

  static void wait(Watched& all) {
    timespec time{};
    if (all.due) {
      const auto left = std::max(Clock::duration::zero(), *all.due - Clock::now());
      const auto seconds = std::chrono::floor<std::chrono::seconds>(left);
      time.tv_sec = seconds.count();
      time.tv_nsec = std::chrono::nanoseconds(left - seconds).count();
    }
    ppoll(all.sockets.data(), all.sockets.size(), all.due ? &time : nullptr, nullptr);
  }

  void ring() const { eventfd_write(bell_.get(), 1); }

  Descriptor bell_{eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
  Mutex mutex_;
  Network network_ GUARDED_BY(mutex_);
  std::jthread thread_;
};

Proxy::Proxy(const engine::Endpoint& server, int port)
    : engine_(std::make_unique<Engine>(server, port)) {}
Proxy::~Proxy() = default;

int Proxy::port() const {
  return engine_->with([](Network& network) { return network.port(); });
}

engine::Endpoint Proxy::through(engine::Endpoint database) const {
  database.host = "127.0.0.1";
  database.port = port();
  return database;
}

void Proxy::cut() {
  engine_->with([](Network& network) { network.end_links(End::fin); });
}
void Proxy::reset() {
  engine_->with([](Network& network) { network.end_links(End::rst); });
}
void Proxy::reset_after(std::uint64_t bytes) {
  engine_->with([bytes](Network& network) { network.reset_after(bytes); });
}
void Proxy::reset_one_after(std::uint64_t bytes) {
  engine_->with([bytes](Network& network) { network.reset_one_after(bytes); });
}
void Proxy::set_delay(std::chrono::microseconds each_way) {
  engine_->with([each_way](Network& network) { network.set_delay(each_way); });
}
void Proxy::swallow() {
  engine_->with([](Network& network) { network.swallow(); });
}
void Proxy::refuse() {
  engine_->with([](Network& network) { network.refuse(); });
}
void Proxy::heal() {
  engine_->with([](Network& network) { network.heal(); });
}
void Proxy::drop_answer_to_commit() {
  engine_->with([](Network& network) { network.drop_answer(); });
}
int Proxy::answers_dropped() const {
  return engine_->with([](Network& network) { return network.answers_dropped(); });
}
int Proxy::accepted() const {
  return engine_->with([](Network& network) { return network.accepted(); });
}
int Proxy::open() const {
  return engine_->with([](Network& network) { return network.open(); });
}
std::uint64_t Proxy::bytes() const {
  return engine_->with([](Network& network) { return network.bytes(); });
}

}  // namespace voyager::testing
