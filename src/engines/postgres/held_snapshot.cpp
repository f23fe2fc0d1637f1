// SPDX-License-Identifier: Apache-2.0
#include "engines/postgres/held_snapshot.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "engines/postgres/sqlstate.hpp"

namespace voyager::postgres {
namespace {

class HeldSnapshot final : public engine::SnapshotHolder {
 public:
  HeldSnapshot(const engine::Endpoint& endpoint, const std::string& imported, Position position)
      : connection_(endpoint), position_(std::move(position)) {
    connection_.execute(begin_snapshot);
    if (!imported.empty()) import_snapshot(connection_, imported);
    id_ = connection_.scalar("SELECT pg_export_snapshot()").value_or("");
  }

  const std::string& id() const override { return id_; }
  const Position& position() const override { return position_; }

 private:
  Connection connection_;  // idle in its transaction for as long as the object lives
  std::string id_;
  Position position_;
};

}  // namespace

void import_snapshot(Connection& connection, const std::string& id) {
  try {
    connection.queue("SET TRANSACTION SNAPSHOT " + quote_literal(id));
    connection.settle();
  } catch (const Error& error) {
    // Invalid identifier, no such snapshot, its source is not running.
    constexpr std::array<std::string_view, 3> gone{"22023", "42704", "55000"};
    if (std::find(gone.begin(), gone.end(), error.sqlstate()) == gone.end()) throw;
    throw Error(snapshot_lost, Action::give_up,
                fmt::format("the snapshot does not exist any more: {}", error.what()),
                "Run the same command again: tables that are not complete are copied again")
        .with_sqlstate(error.sqlstate());
  }
}

std::unique_ptr<engine::SnapshotHolder> hold_snapshot(const engine::Endpoint& endpoint,
                                                      const std::string& imported,
                                                      const Position& position) {
  return std::make_unique<HeldSnapshot>(endpoint, imported, position);
}

}  // namespace voyager::postgres
