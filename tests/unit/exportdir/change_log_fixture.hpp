// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/file.hpp"
#include "exportdir/change_log.hpp"
#include "exportdir/meta_db.hpp"
#include "support/temp_directory.hpp"

namespace voyager::exportdir {

inline const std::string source_role = "source_db_exporter";

inline std::string text_of(std::span<const Value> values) {
  std::string text;
  for (const Value& value : values) {
    if (value.kind == Value::Kind::null) text += " null";
    if (value.kind == Value::Kind::unchanged) text += " unchanged";
    if (value.kind == Value::Kind::text) text += fmt::format(" '{}'", value.text);
  }
  return text;
}

/// One line for each event, so that whole histories can be compared.
struct Describe {
  std::string operator()(const Begin& begin) const {
    return fmt::format("begin {} at {} xid {}", begin.position.text, begin.commit_unix_micros,
                       begin.transaction_id);
  }
  std::string operator()(const Relation& relation) const {
    std::string text =
        fmt::format("relation {} {} leaf {} where '{}'", relation.id, relation.table.display(),
                    relation.leaf.display(), relation.leaf_filter);
    for (const auto& column : relation.columns)
      text += fmt::format(" {}{}", column.name, column.key ? "*" : "");
    return text;
  }
  std::string operator()(const RowChange& row) const {
    return fmt::format("{} {} before{} after{}", static_cast<char>(row.operation), row.relation,
                       text_of(row.before), text_of(row.after));
  }
  std::string operator()(const Truncate& truncate) const {
    std::string text = truncate.restart_identity ? "truncate restart" : "truncate";
    for (const std::uint32_t id : truncate.relations) text += fmt::format(" {}", id);
    return text;
  }
  std::string operator()(const Barrier& barrier) const { return "barrier " + barrier.id; }
  std::string operator()(const Commit& commit) const { return "commit " + commit.position.text; }
};

inline std::string describe(const ChangeEvent& event) {
  return std::visit(Describe{}, event);
}

inline Relation plain_relation(std::uint32_t id, const std::string& table) {
  return {id, {"public", table}, {"public", table}, "", {{"id", true}, {"v", false}}};
}

inline Position position(int number) {
  return {fmt::format("{:016X}", number)};
}

/// A change log in a directory of its own.
class ChangeLogTest : public ::testing::Test {
 protected:
  ChangeLogTest() { layout_.create(); }

  std::unique_ptr<ChangeLogWriter> writer(std::uint64_t segment_bytes = 1ULL << 30,
                                          const std::string& role = source_role) {
    return std::make_unique<ChangeLogWriter>(layout_, meta_, role,
                                             ChangeLogLimits{segment_bytes, packs_});
  }
  /// Whether writers pack from now on.
  void pack(bool packs) { packs_ = packs; }

  /// A transaction of `rows` inserts into relation 1; the relation itself comes in front of the
  /// first row.
  static void append_transaction(ChangeLogWriter& writer, int number, int rows,
                                 const std::string& value = "value") {
    writer.append(Begin{position(number), number * 1000, static_cast<std::uint64_t>(number)});
    writer.append(plain_relation(1, "t"));
    append_rows(writer, rows, value);
    writer.append(Commit{position(number)});
  }
  static void append_rows(ChangeLogWriter& writer, int rows, const std::string& value = "value") {
    for (int i = 0; i < rows; ++i) {
      const std::string id = std::to_string(writer.last_vsn() + 1);
      const std::vector<Value> after{Value::of(id), Value::of(value)};
      writer.append(RowChange{1, Operation::insert, {}, after});
    }
  }

  /// Everything after a vsn, as lines.
  std::vector<std::string> read_after(std::int64_t vsn) {
    ChangeLogReader reader(layout_, meta_, vsn);
    return read_all(reader);
  }
  static std::vector<std::string> read_all(ChangeLogReader& reader) {
    std::vector<std::string> lines;
    while (const auto event = reader.next()) lines.push_back(describe(event->change));
    return lines;
  }
  /// The positions of the commits in the log.
  std::vector<std::string> commits(std::int64_t after_vsn = 0) {
    std::vector<std::string> found;
    ChangeLogReader reader(layout_, meta_, after_vsn);
    while (const auto event = reader.next()) {
      if (const auto* commit = std::get_if<Commit>(&event->change))
        found.push_back(commit->position.text);
    }
    return found;
  }
  static std::vector<std::string> positions(int first, int last) {
    std::vector<std::string> list;
    for (int i = first; i <= last; ++i) list.push_back(position(i).text);
    return list;
  }
  ChangeCounts counts_of(const std::string& table, const std::string& role = source_role) const {
    const auto counts = meta_.exported_counts(role);
    const auto found = counts.find({"public", table});
    return found == counts.end() ? ChangeCounts{} : found->second;
  }
  /// As if nothing of the segment had been published or recorded yet but its beginning.
  void forget_progress() {
    SegmentRecord record = meta_.segments().back();
    record.committed_bytes = 0;
    record.last_vsn = record.first_vsn - 1;
    meta_.put_segment(record);
    std::filesystem::remove(layout_.committed());
  }

 private:
  testing::TempDirectory directory_;
  bool packs_ = false;

 protected:
  const Layout layout_{directory_.path()};
  MetaDb meta_ = MetaDb::open(layout_, true);
};

template <typename Call>
int error_number(Call call) {
  try {
    call();
    return 0;
  } catch (const Error& error) {
    return error.code().number;
  }
}

}  // namespace voyager::exportdir
