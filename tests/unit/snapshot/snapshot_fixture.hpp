// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/error.hpp"
#include "exportdir/layout.hpp"
#include "exportdir/meta_db.hpp"
#include "support/recording_status.hpp"
#include "support/temp_directory.hpp"

namespace voyager::snapshot {

inline Column column(const std::string& name, const std::string& type, bool binary_safe = true) {
  Column made;
  made.name = name;
  made.type = type;
  made.cast_type = "\"pg_catalog\".\"" + type + "\"";
  made.binary_safe = binary_safe;
  return made;
}

inline Table table(const std::string& name, std::int64_t bytes = 0) {
  Table made;
  made.name = {"public", name};
  made.columns = {column("id", "int4"), column("note", "text")};
  made.key = {"id"};
  made.leaves = {made.name};
  made.bytes = bytes;
  return made;
}

/// The number of the Error that `work` throws; 0 when it throws none. Its text lands in `message`.
template <typename Work>
int error_number(const Work& work, std::string* message = nullptr) {
  try {
    work();
  } catch (const Error& error) {
    if (message != nullptr) *message = error.line();
    return error.code().number;
  }
  return 0;
}

/// An export directory with its meta.db.
class ExportDirectory : public ::testing::Test {
 protected:
  ExportDirectory() : layout_(directory_.path()), meta_(make_meta(layout_)) {}

  static exportdir::MetaDb make_meta(const exportdir::Layout& layout) {
    layout.create();
    return exportdir::MetaDb::open(layout, true);
  }

  /// Records tables as the first run of export data does.
  std::vector<exportdir::TableRecord> freeze(const std::vector<Table>& tables) {
    std::vector<exportdir::TableRecord> records;
    for (const Table& one : tables) {
      exportdir::TableRecord record;
      record.table = one;
      records.push_back(record);
    }
    meta_.add_tables(records);
    return meta_.tables();
  }

  testing::TempDirectory directory_;
  exportdir::Layout layout_;
  exportdir::MetaDb meta_;
  testing::RecordingStatus status_;
};

}  // namespace voyager::snapshot
