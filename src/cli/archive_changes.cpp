// SPDX-License-Identifier: Apache-2.0
#include "cli/cli_errors.hpp"
#include "cli/commands.hpp"
#include "cli/flow_steps.hpp"
#include "cutover/journal.hpp"
#include "exportdir/lock.hpp"

namespace voyager::cli {

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
  const auto lock = exportdir::RoleLock::take(session.layout, archive_changes_lock);
  changes::ArchiveOptions options = request();
  options.finished = [&meta] { return cutover::all_directions_closed(meta); };
  changes::archive_changes(session.layout, meta, options, session.status, session.stop);
  return 0;
}

}  // namespace voyager::cli
