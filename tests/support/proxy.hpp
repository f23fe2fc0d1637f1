// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "engine/endpoint.hpp"

namespace voyager::testing {

/// A network that breaks on command: stands on a port of 127.0.0.1 and passes bytes on to a
/// PostgreSQL server, each way.
///
/// A command has taken effect when it returns. A server that can't be reached looks like one that
/// hangs up. Threads: commands from any; one thread of its own does the work. Throws:
/// std::system_error when it can't listen.
class Proxy {
 public:
  /// `server`: host (a name, an address, or the directory of a socket) and port. `port`: to listen
  /// on; 0 takes a free one.
  explicit Proxy(const engine::Endpoint& server, int port = 0);
  ~Proxy();
  Proxy(const Proxy&) = delete;
  Proxy& operator=(const Proxy&) = delete;

  int port() const;
  /// The same database through the proxy.
  engine::Endpoint through(engine::Endpoint database) const;

  /// Ends every connection, both sides, with FIN (`cut`) or with RST (`reset`). New ones are let
  /// in.
  void cut();
  void reset();
  /// When so many more bytes have passed, of all connections and both directions: as reset(), or
  /// only for the connection that the last of them came through.
  void reset_after(std::uint64_t bytes);
  void reset_one_after(std::uint64_t bytes);
  /// Bytes arrive so much later from now on, in each direction; as many at a time as without.
  void set_delay(std::chrono::microseconds each_way);
  /// From now on connections can be opened, and everything sent is taken, but nothing arrives:
  /// neither bytes nor the news that a side has closed.
  void swallow();
  /// Nobody listens from now on. Connections that exist go on.
  void refuse();
  /// As new. Connections that lost bytes meanwhile are reset.
  void heal();
  /// The next COMMIT reaches the server, but its answer and what follows does not reach the client,
  /// whose connection is reset once the server has committed.
  void drop_answer_to_commit();

  /// How often that has happened.
  int answers_dropped() const;
  /// Connections that clients have opened so far, and those that are open now.
  int accepted() const;
  int open() const;
  /// Passed on so far, of all connections and both directions.
  std::uint64_t bytes() const;

 private:
  class Engine;
  std::unique_ptr<Engine> engine_;
};

}  // namespace voyager::testing
