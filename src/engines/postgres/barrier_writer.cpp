// SPDX-License-Identifier: Apache-2.0
#include "engines/postgres/barrier_writer.hpp"

#include <utility>

#include "engines/postgres/barrier_table.hpp"
#include "engines/postgres/change_stream.hpp"

namespace voyager::postgres {
namespace {

class MessageBarrier final : public engine::BarrierWriter {
 public:
  explicit MessageBarrier(Connection connection) : connection_(std::move(connection)) {
    connection_.execute("SET synchronous_commit = on");
  }

  void write(const std::string& id) override {
    connection_.query("SELECT pg_logical_emit_message(true, $1, $2::text)", {barrier_prefix, id});
  }

 private:
  Connection connection_;
};

class RowBarrier final : public engine::BarrierWriter {
 public:
  RowBarrier(Connection connection, std::string publication)
      : connection_(std::move(connection)), publication_(std::move(publication)) {}

  void write(const std::string& id) override { barriers::write(connection_, publication_, id); }

 private:
  Connection connection_;
  std::string publication_;
};

}  // namespace

std::unique_ptr<engine::BarrierWriter> make_barrier_writer(const engine::Endpoint& endpoint,
                                                           const engine::CaptureNames& names,
                                                           const ChooseDialect& choose) {
  Connection connection(endpoint);
  if (choose(connection).logical_messages)
    return std::make_unique<MessageBarrier>(std::move(connection));
  return std::make_unique<RowBarrier>(std::move(connection), names.publication);
}

}  // namespace voyager::postgres
