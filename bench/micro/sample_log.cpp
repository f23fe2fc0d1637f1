// SPDX-License-Identifier: Apache-2.0
#include "sample_log.hpp"

#include <fmt/format.h>

#include <random>

namespace voyager::bench {
namespace {

constexpr std::int64_t some_day_micros = 1'700'000'000'000'000;

std::vector<std::string> wide_row(unsigned id, unsigned version) {
  std::vector<std::string> row{std::to_string(id)};
  for (unsigned column = 1; column < 30; ++column) {
    switch (column % 3) {
      case 0:
        row.push_back(std::to_string(id * column + version));
        break;
      case 1:
        row.push_back(fmt::format("2026-01-01 12:00:00.{:06}+00", (id + version) % 1'000'000));
        break;
      default:
        row.emplace_back(20 + column, static_cast<char>('a' + (id + column + version) % 26));
        break;
    }
  }
  return row;
}

}  // namespace

SampleLog SampleLog::small_transactions(int transactions) {
  SampleLog log;
  const Relation& accounts = log.relation("pgbench_accounts", 4, true);
  const Relation& tellers = log.relation("pgbench_tellers", 4, true);
  const Relation& branches = log.relation("pgbench_branches", 3, true);
  const Relation& history = log.relation("pgbench_history", 6, false);
  const std::string filler(84, ' ');
  std::minstd_rand random(1);
  for (int i = 0; i < transactions; ++i) {
    const std::string account = std::to_string(random() % 100'000 + 1);
    const std::string teller = std::to_string(random() % 10 + 1);
    const std::string amount = std::to_string(static_cast<int>(random() % 10'001) - 5'000);
    log.begin();
    log.change(accounts, Operation::update, {}, {account, "1", amount, filler});
    log.change(tellers, Operation::update, {}, {teller, "1", std::to_string(i), filler});
    log.change(branches, Operation::update, {}, {"1", std::to_string(i * 7), filler});
    log.change(history, Operation::insert, {},
               {teller, "1", account, amount, fmt::format("2026-01-01 12:00:00.{:06}", i), "x"});
    log.commit();
  }
  return log;
}

SampleLog SampleLog::wide_rows(int transactions) {
  constexpr unsigned changes_each = 100;
  SampleLog log;
  const Relation& table = log.relation("wide", 30, true);
  unsigned next = 1;
  for (int i = 0; i < transactions; ++i) {
    log.begin();
    for (unsigned change = 0; change < changes_each; ++change) {
      const unsigned old = next / 2 + 1;
      if (change % 10 < 6) {
        log.change(table, Operation::insert, {}, wide_row(next++, 0));
      } else if (change % 10 < 9) {
        log.change(table, Operation::update, wide_row(old, 0), wide_row(old, change));
      } else {
        log.change(table, Operation::remove, wide_row(old + 1, 0), {});
      }
    }
    log.commit();
  }
  return log;
}

const Relation& SampleLog::relation(const std::string& name, std::size_t columns, bool key) {
  const auto id = static_cast<std::uint32_t>(16'384 + relations_.size());
  Relation& relation =
      relations_.emplace_back(Relation{id, {"public", name}, {"public", name}, "", {}});
  for (std::size_t i = 0; i < columns; ++i)
    relation.columns.push_back({fmt::format("column_{}", i), key && i == 0});
  return relation;
}

Position SampleLog::position() const {
  return {fmt::format("{:016X}", 1'000'000 + transactions_)};
}

void SampleLog::begin() {
  ++transactions_;
  events_.emplace_back(Begin{position(), some_day_micros + transactions_,
                             static_cast<std::uint64_t>(transactions_)});
  if (transactions_ == 1) events_.insert(events_.end(), relations_.begin(), relations_.end());
}

void SampleLog::commit() {
  events_.emplace_back(Commit{position()});
}

void SampleLog::change(const Relation& relation, Operation operation, const Row& before,
                       const Row& after) {
  events_.emplace_back(RowChange{relation.id, operation, keep(before), keep(after)});
  ++changes_;
}

std::span<const Value> SampleLog::keep(const Row& row) {
  std::vector<Value>& values = rows_.emplace_back();
  values.reserve(row.size());
  for (const std::string& text : row) {
    values.push_back(Value::of(texts_.emplace_back(text)));
    bytes_ += text.size();
  }
  return values;
}

}  // namespace voyager::bench
