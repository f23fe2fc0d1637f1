// SPDX-License-Identifier: Apache-2.0
#include "assess/csv.hpp"
#include "base/file.hpp"
#include "fuzz.hpp"
#include "support/temp_directory.hpp"

namespace voyager::fuzz {

/// The files that assess-migration gathers, and that a user may edit.
void fuzz_one(std::string_view bytes) {
  static const testing::TempDirectory directory;
  static const std::filesystem::path path = directory.path() / "gathered.csv";
  File::open(path, File::Mode::create).write(bytes);
  expect_errors([&] {
    const assess::CsvTable table(path);
    for (std::size_t row = 0; row < table.size(); ++row) {
      for (const char* column : {"a", "table_name", ""}) {
        if (!table.has(column)) continue;
        table.row(row).text(column);
        expect_errors([&] { table.row(row).integer(column); });
        expect_errors([&] { table.row(row).number(column); });
      }
    }
  });
}

}  // namespace voyager::fuzz
