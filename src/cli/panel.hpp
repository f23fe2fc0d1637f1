// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "base/status.hpp"

namespace voyager::cli {

/// The two-column metrics table, line by line: names to the left, values to the right, the first
/// column wider when a name needs it.
std::vector<std::string> format_panel(const Status::Rows& rows);

/// One table's progress: name, bar, percentage, and how much of how much; without a bar when the
/// total is not known.
std::string format_bar(const std::string& item, std::uint64_t done, std::uint64_t total);

/// At most `columns` bytes of the text, cut between characters of UTF-8.
std::string cut_to_width(const std::string& text, std::size_t columns);

}  // namespace voyager::cli
