// SPDX-License-Identifier: Apache-2.0
#include <charconv>
#include <utility>

#include "engines/postgres/target_parts.hpp"

namespace voyager::postgres {
namespace {

/// The figures are texts in a document; one that is missing or no number counts as nothing.
double number_in(std::string_view text) {
  double value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

/// Source: YugabyteDB documentation, yb_servers_metrics(): processor use in fractions of one,
/// memory in bytes; machines that can't tell what memory is available say 0.
class YugabyteLoadMeter final : public engine::LoadMeter {
 public:
  explicit YugabyteLoadMeter(TargetSession session) : connection_(std::move(session.connection)) {}

  std::vector<engine::ServerLoad> read() override {
    const Result rows = connection_.query(
        "SELECT coalesce(s.host, m.uuid), m.metrics->>'cpu_usage_user', "
        "m.metrics->>'cpu_usage_system', m.metrics->>'memory_available', "
        "m.metrics->>'memory_total', m.metrics->>'tserver_root_memory_consumption', "
        "m.metrics->>'tserver_root_memory_soft_limit' "
        "FROM pg_catalog.yb_servers_metrics() m LEFT JOIN pg_catalog.yb_servers() s USING (uuid) "
        "WHERE m.status = 'OK' ORDER BY 1");
    std::vector<engine::ServerLoad> servers;
    servers.reserve(static_cast<std::size_t>(rows.rows()));
    for (int row = 0; row < rows.rows(); ++row) servers.push_back(server_of(rows, row));
    return servers;
  }

 private:
  static engine::ServerLoad server_of(const Result& rows, int row) {
    const auto figure = [&](int column) { return number_in(rows.text(row, column)); };
    engine::ServerLoad server;
    server.server = rows.string(row, 0);
    server.cpu_percent = (figure(1) + figure(2)) * 100;
    const double available = figure(3);
    const double total = figure(4);
    if (available > 0 && total > 0) server.available_memory_percent = available * 100 / total;
    const double soft_limit = figure(6);
    server.over_memory_limit = soft_limit > 0 && figure(5) > soft_limit;
    return server;
  }

  Connection connection_;
};

}  // namespace

std::unique_ptr<engine::LoadMeter> make_load_meter(TargetSession session) {
  if (!session.traits.load_metrics) return nullptr;
  return std::make_unique<YugabyteLoadMeter>(std::move(session));
}

}  // namespace voyager::postgres
