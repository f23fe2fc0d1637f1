// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
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

/// Opens sessions on one database, round robin over its nodes; a node that can't be reached is
/// passed over. The first session learns what kind of server it is. Threads: any.
class Sessions {
 public:
  explicit Sessions(engine::Endpoint endpoint);

  /// Read from the server once. Throws: as Connection.
  Traits traits();
  /// Throws: E3101 of the last node when none can be reached.
  Connection open(SessionUse use);
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
  Topology learn() const;
  engine::Endpoint at(const Address& address) const;
  std::optional<int> cores(const Topology& known) const;

  engine::Endpoint endpoint_;
  Mutex mutex_;
  std::optional<Topology> topology_ GUARDED_BY(mutex_);
  std::atomic<std::size_t> next_{0};
};

}  // namespace voyager::postgres
