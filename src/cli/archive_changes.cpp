// SPDX-License-Identifier: Apache-2.0
#include "cli/cli_errors.hpp"
#include "cli/commands.hpp"

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
  options.number("fs-utilization-threshold", values_.fs_utilization_threshold, {0, 100},
                 "with --policy delete: begin when the file system is this full, in percent");
  options.boolean("follow", values_.follow,
                  "go on until the cutover is complete; false: one pass, then end");
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
  changes::archive_changes(session.layout, meta, request(), session.status, session.stop);
  return 0;
}

}  // namespace voyager::cli
