// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/change.hpp"

namespace voyager::cli {

/// What stands around a change: where it is in the log, and its transaction.
struct ChangeContext {
  std::int64_t vsn = 0;
  std::string exporter_role;
  Begin transaction;
  std::vector<const Relation*> relations;  ///< of a row change: one; of a truncate: all
};

/// One event of the change log as a line of JSON, as docs/guide/inspect.md describes it; nothing
/// for events without a number of their own. Values that are not known are left out; bytes that are
/// not UTF-8 are shown as U+FFFD. Without values, only their lengths are shown.
std::optional<std::string> change_line(const ChangeEvent& event, const ChangeContext& context,
                                       bool with_values);

}  // namespace voyager::cli
