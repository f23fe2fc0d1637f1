// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace voyager {

/// What the pipelines tell the person at the terminal; logging is another thing (base/log.hpp).
/// The terminal implementation is cli/terminal.hpp; tests record. Threads: any.
class Status {
 public:
  virtual ~Status() = default;
  /// A line that stays.
  virtual void line(const std::string& text) = 0;
  /// A line that stays and stands out; also goes to the log.
  virtual void warning(const std::string& text) = 0;
  /// How much of something is done, in its own units; total 0 means unknown. done == total ends it.
  virtual void progress(const std::string& item, std::uint64_t done, std::uint64_t total) = 0;
  /// The live two-column metrics table: replaces the one shown before on a terminal, is printed
  /// anew (at most every ten seconds) elsewhere. The columns are `Metric` and `Value`.
  using Rows = std::vector<std::pair<std::string, std::string>>;
  virtual void panel(const Rows& rows) = 0;
  /// Asks; true for yes, and always under --yes. Not a terminal and no --yes: Error E1010.
  virtual bool confirm(const std::string& question) = 0;
};

/// A table for people: columns padded, header and rows separated by lines of '-'.
std::string format_table(const std::vector<std::string>& header,
                         const std::vector<std::vector<std::string>>& rows);

}  // namespace voyager
