// SPDX-License-Identifier: Apache-2.0
#include "pgoutput_text.hpp"

#include <variant>

namespace voyager::bench {
namespace {

template <typename Integer>
void put(std::string& out, Integer number) {
  for (int shift = 8 * (static_cast<int>(sizeof number) - 1); shift >= 0; shift -= 8)
    out += static_cast<char>(static_cast<std::uint64_t>(number) >> shift & 0xFFU);
}

void put_name(std::string& out, const std::string& name) {
  out += name;
  out += '\0';
}

void put_row(std::string& out, std::span<const Value> row) {
  put(out, static_cast<std::uint16_t>(row.size()));
  for (const Value& value : row) {
    out += 't';
    put(out, static_cast<std::uint32_t>(value.text.size()));
    out += value.text;
  }
}

std::uint64_t lsn_of(const Position& position) {
  return std::stoull(position.text, nullptr, 16);
}

struct Encoder {
  std::string operator()(const Begin& begin) const {
    std::string out = "B";
    put(out, lsn_of(begin.position));
    put(out, begin.commit_unix_micros);
    put(out, static_cast<std::uint32_t>(begin.transaction_id));
    return out;
  }
  std::string operator()(const Commit& commit) const {
    std::string out("C\0", 2);
    put(out, lsn_of(commit.position));
    put(out, lsn_of(commit.position));
    put(out, std::int64_t{0});
    return out;
  }
  std::string operator()(const Relation& relation) const {
    std::string out = "R";
    put(out, relation.id);
    put_name(out, relation.table.schema);
    put_name(out, relation.table.name);
    out += 'f';
    put(out, static_cast<std::uint16_t>(relation.columns.size()));
    for (const Relation::Column& column : relation.columns) {
      out += column.key ? '\1' : '\0';
      put_name(out, column.name);
      put(out, std::uint32_t{25});
      put(out, std::int32_t{-1});
    }
    return out;
  }
  std::string operator()(const RowChange& change) const {
    std::string out(1, static_cast<char>(change.operation));
    put(out, change.relation);
    if (!change.before.empty()) {
      out += 'O';
      put_row(out, change.before);
    }
    if (!change.after.empty()) {
      out += 'N';
      put_row(out, change.after);
    }
    return out;
  }
  std::string operator()(const Truncate&) const { return ""; }
  std::string operator()(const Barrier&) const { return ""; }
};

}  // namespace

std::vector<std::string> pgoutput_of(const SampleLog& log) {
  std::vector<std::string> messages;
  messages.reserve(log.events().size());
  for (const ChangeEvent& event : log.events()) messages.push_back(std::visit(Encoder{}, event));
  return messages;
}

}  // namespace voyager::bench
