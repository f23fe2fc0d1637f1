// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <string_view>
#include <utility>

#include "base/text.hpp"
#include "engines/postgres/hash_statements.hpp"
#include "engines/postgres/target_parts.hpp"
#include "engines/postgres/target_table.hpp"

namespace voyager::postgres {
namespace {

class PostgresRowHasher final : public engine::RowHasher {
 public:
  explicit PostgresRowHasher(TargetSession session) : connection_(std::move(session.connection)) {}

  std::vector<Bucket> buckets(const Table& table, std::uint32_t buckets) override;
  std::vector<Row> rows(const Table& table, std::uint32_t buckets,
                        const std::vector<std::uint32_t>& chosen, std::int64_t limit) override;

 private:
  Connection connection_;
};

std::vector<engine::RowHasher::Bucket> PostgresRowHasher::buckets(const Table& table,
                                                                  std::uint32_t buckets) {
  const std::string scan = read_scan(connection_, table.name);
  const Result found =
      connection_.query(statements::hash_buckets(table, scan), {std::to_string(buckets)});
  std::vector<Bucket> list;
  list.reserve(static_cast<std::size_t>(found.rows()));
  for (int i = 0; i < found.rows(); ++i) {
    list.push_back(
        {static_cast<std::uint32_t>(found.integer(i, 0)), found.integer(i, 1), found.string(i, 2)});
  }
  return list;
}

std::vector<engine::RowHasher::Row> PostgresRowHasher::rows(
    const Table& table, std::uint32_t buckets, const std::vector<std::uint32_t>& chosen,
    std::int64_t limit) {
  std::vector<std::string> numbers;
  numbers.reserve(chosen.size());
  for (const std::uint32_t number : chosen) numbers.push_back(std::to_string(number));
  const std::string scan = read_scan(connection_, table.name);
  const Result found = connection_.query(
      statements::hash_rows(table, scan),
      {std::to_string(buckets), fmt::format("{{{}}}", join(numbers, ",")), std::to_string(limit)});
  std::vector<Row> list;
  list.reserve(static_cast<std::size_t>(found.rows()));
  for (int i = 0; i < found.rows(); ++i)
    list.push_back({found.string(i, 0), found.string(i, 1), found.integer(i, 2)});
  return list;
}

}  // namespace

std::unique_ptr<engine::RowHasher> make_row_hasher(TargetSession session) {
  return std::make_unique<PostgresRowHasher>(std::move(session));
}

}  // namespace voyager::postgres
