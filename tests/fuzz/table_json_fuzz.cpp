// SPDX-License-Identifier: Apache-2.0
#include "engines/postgres/lsn.hpp"
#include "exportdir/table_json.hpp"
#include "fuzz.hpp"
#include "model/display_name.hpp"

namespace voyager::fuzz {

/// Texts that meta.db and the ledger keep.
void fuzz_one(std::string_view bytes) {
  const std::string text(bytes);
  expect_errors([&] { exportdir::table_to_json(exportdir::table_from_json(text)); });
  expect_errors([&] { exportdir::tables_to_json(exportdir::tables_from_json(text)); });
  expect_errors([&] { parse_display_name(text); });
  expect_errors([&] { postgres::parse_lsn(text); });
  expect_errors([&] { postgres::from_position(Position{text}); });
}

}  // namespace voyager::fuzz
