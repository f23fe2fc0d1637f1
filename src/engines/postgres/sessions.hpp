// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "base/mutex.hpp"
#include "engines/postgres/traits.hpp"

namespace voyager::postgres {

/// What a session is for; decides how it is set up.
enum class SessionUse : std::uint8_t {
  plain,  ///< catalogs, ledger, sequences, hashes
  ddl,    ///< schema objects: function bodies are not checked
  load,   ///< rows of the snapshot: triggers and foreign keys stay quiet where the user may
  apply,  ///< changes: the same, and plans that look rows up by their index
};

/// A plain session that nobody uses at the moment: to open one takes several round trips, and what
/// prepares an import needs one after the other. Threads: any.
class IdleSession {
 public:
  /// None when there is none, or it has been idle for longer than a moment.
  std::optional<Connection> take();
  void keep(Connection connection);

 private:
  struct Kept {
    Connection connection;
    std::chrono::steady_clock::time_point since;
  };
  Mutex mutex_;
  std::optional<Kept> kept_ GUARDED_BY(mutex_);
};

/// A plain session, for one holder at a time. Its settings and temporary tables are the server's
/// and ours, as when it was opened: a holder leaves them so.
class PlainSession {
 public:
  PlainSession(Connection connection, std::shared_ptr<IdleSession> idle);
  ~PlainSession();
  PlainSession(const PlainSession&) = delete;
  PlainSession& operator=(const PlainSession&) = delete;
  PlainSession(PlainSession&& other) noexcept = default;
  PlainSession& operator=(PlainSession&& other) = delete;
  Connection& operator*() { return *connection_; }

 private:
  std::unique_ptr<Connection> connection_;  // none once it is moved from
  std::shared_ptr<IdleSession> idle_;
};

/// Opens sessions on one database, round robin over its nodes; a node that can't be reached is
/// passed over. The first session learns what kind of server it is. Threads: any.
class Sessions {
 public:
  explicit Sessions(engine::Endpoint endpoint);

  /// Read from the server once. Throws: as Connection.
  Traits traits();
  /// Throws: E3101 of the last node when none can be reached.
  Connection open(SessionUse use);
  /// As open(), or one that its last holder has just given back.
  PlainSession plain();
  /// The first node that answers now, for sessions that are opened elsewhere. Throws: as open().
  engine::Endpoint answering();
  /// Connections that use the servers well.
  int default_jobs();

 private:
  struct Topology {
    Traits traits;
    AddressChoice choice;
  };
  Topology topology();
  Topology learn();
  engine::Endpoint at(const Address& address) const;
  std::optional<int> cores(const Topology& known) const;

  engine::Endpoint endpoint_;
  Mutex mutex_;
  std::optional<Topology> topology_ GUARDED_BY(mutex_);
  std::atomic<std::size_t> next_{0};
  std::shared_ptr<IdleSession> idle_ = std::make_shared<IdleSession>();
};

}  // namespace voyager::postgres
