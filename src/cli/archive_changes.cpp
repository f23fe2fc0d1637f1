// SPDX-License-Identifier: Apache-2.0
#include "cli/archive_changes.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/text.hpp"
#include "cli/cli_errors.hpp"
#include "cli/commands.hpp"
#include "exportdir/lock.hpp"

namespace voyager::cli {
namespace {

constexpr std::array<std::string_view, 3> directions{"target", "source", "source_replica"};

struct CutoverEntry {
  std::int64_t round = 1;
  std::string fact;  ///< without the round: "target.requested"
};

/// Nothing for a fact that is not of a cutover.
std::optional<CutoverEntry> cutover_entry(const std::string& fact) {
  const std::size_t dot = fact.find('.');
  if (dot == std::string::npos) return std::nullopt;
  const std::vector<std::string> name = split(fact.substr(0, dot), '-');
  const auto round = name.size() == 2 ? parse_int(name[1]) : 1;
  const bool known = std::find(directions.begin(), directions.end(), name[0]) != directions.end();
  if (name.size() > 2 || !round || !known) return std::nullopt;
  return CutoverEntry{*round, name[0] + fact.substr(dot)};
}

}  // namespace

bool archiving_is_over(const std::vector<exportdir::JournalEntry>& journal) {
  std::int64_t last_round = 0;
  std::map<std::string, std::string> details;  // of the last round's facts
  for (const exportdir::JournalEntry& entry : journal) {
    const auto cutover = cutover_entry(entry.fact);
    if (!cutover || cutover->round < last_round) continue;
    if (cutover->round > last_round) details.clear();
    last_round = cutover->round;
    details.emplace(cutover->fact, entry.detail);
  }
  if (details.contains("source_replica.completed")) return true;
  if (details.contains("source.completed")) return details["source.requested"] != "restart";
  return details.contains("target.completed") && details["target.requested"] == "none";
}

void ArchiveChangesCommand::declare(OptionTable& options) {
  add_common_options(options, common_);
  options.group("Archive");
  options
      .choice("policy", policy_, {"delete", "archive"},
              "what is done with changes that every database has applied")
      .default_text = "";
  options.text("archive-dir", archive_dir_, "where they go, with --policy archive").takes = "DIR";
  options.text("move-to", move_to_, "the same as --policy archive --archive-dir DIR").takes = "DIR";
  options
      .number("fs-utilization-threshold", values_.fs_utilization_threshold, {0, 100},
              "only while the file system of the export directory is this full, in percent")
      .default_text = "70 with --policy delete, else 0";
  options.boolean("follow", values_.follow,
                  "go on until the last cutover is complete; false: one pass, then end");
}

void ArchiveChangesCommand::check() const {
  request();
}

changes::ArchiveOptions ArchiveChangesCommand::request() const {
  using Policy = changes::ArchiveOptions::Policy;
  changes::ArchiveOptions request = values_;
  if (!move_to_.empty()) {
    if (!policy_.empty() || !archive_dir_.empty())
      fail(flags_exclude, "--move-to excludes --policy and --archive-dir");
    request.policy = Policy::archive;
    request.directory = move_to_;
    return request;
  }
  if (policy_.empty()) fail(missing_flag, "missing: --policy or --move-to");
  request.policy = policy_ == "delete" ? Policy::remove : Policy::archive;
  if (request.policy == Policy::archive && archive_dir_.empty())
    fail(missing_flag, "--policy archive needs --archive-dir");
  if (request.policy == Policy::remove && !archive_dir_.empty())
    fail(flags_exclude, "--policy delete excludes --archive-dir");
  request.directory = archive_dir_;
  return request;
}

int ArchiveChangesCommand::run(const Session& session) {
  exportdir::MetaDb meta = exportdir::MetaDb::open(session.layout, false);
  const auto lock = exportdir::RoleLock::take(session.layout, "archive_changes");
  changes::ArchiveOptions options = request();
  options.finished = [&meta] { return archiving_is_over(meta.journal()); };
  changes::archive_changes(session.layout, meta, options, session.status, session.stop);
  return 0;
}

}  // namespace voyager::cli
