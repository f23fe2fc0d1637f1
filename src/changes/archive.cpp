// SPDX-License-Identifier: Apache-2.0
#include "changes/archive.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "base/bell.hpp"
#include "base/error.hpp"
#include "base/failpoint.hpp"
#include "base/file.hpp"
#include "base/log.hpp"
#include "base/text.hpp"

namespace voyager::changes {
namespace {

using exportdir::SegmentRecord;
namespace fs = std::filesystem;

constexpr ErrorCode unknown_consumers{6201};
constexpr ErrorCode no_archive_directory{6202};
constexpr std::size_t copy_buffer_bytes = 1U << 20;

double used_percent(const fs::path& path) {
  const fs::space_info space = fs::space(path);
  return 100.0 * (1.0 - static_cast<double>(space.available) / static_cast<double>(space.capacity));
}

void copy_durably(const fs::path& from, const fs::path& to) {
  const fs::path temporary = to.string() + ".tmp";
  const File source = File::open(from, File::Mode::read);
  File copy = File::open(temporary, File::Mode::create);
  std::string buffer(copy_buffer_bytes, '\0');
  std::uint64_t offset = 0;
  while (const std::size_t length = source.read_at(offset, buffer)) {
    copy.write(std::string_view(buffer).substr(0, length));
    offset += length;
  }
  copy.sync();
  copy.close();
  fs::rename(temporary, to);
  sync_directory(to.parent_path());
}

void release(const exportdir::Layout& layout, exportdir::MetaDb& meta, SegmentRecord segment,
             const ArchiveOptions& options, Status& status) {
  const fs::path path = layout.segment(segment.number);
  if (options.policy == ArchiveOptions::Policy::archive) {
    const fs::path place = options.directory / path.filename();
    if (fs::exists(path)) copy_durably(path, place);
    VOYAGER_FAILPOINT("archive.after_copy");
    segment.archived = true;
    segment.archive_location = fs::absolute(place).string();
  }
  segment.deleted = true;
  meta.put_segment(segment);
  VOYAGER_FAILPOINT("archive.after_record");
  fs::remove(path);
  status.line(fmt::format("{} change segment {} ({}, events up to {})",
                          segment.archived ? "archived" : "deleted", segment.number,
                          human_bytes(static_cast<std::uint64_t>(segment.committed_bytes)),
                          segment.last_vsn));
}

/// Files of segments that were recorded as gone just before a crash.
void remove_leftovers(const exportdir::Layout& layout, const exportdir::MetaDb& meta) {
  for (const SegmentRecord& segment : meta.segments()) {
    if (segment.deleted) fs::remove(layout.segment(segment.number));
  }
}

std::vector<std::string> expected_roles(const exportdir::MetaDb& meta) {
  std::vector<std::string> roles;
  for (const auto& consumer : meta.consumers()) roles.push_back(consumer.role);
  if (roles.empty())
    fail(unknown_consumers, "no importer has read the change log yet, so no segment can be spared",
         "Start import data to target first; then run archive changes again");
  return roles;
}

}  // namespace

std::vector<SegmentRecord> archivable(const std::vector<SegmentRecord>& segments,
                                      const std::vector<exportdir::ConsumerRecord>& consumers,
                                      const std::vector<std::string>& expected_roles) {
  std::int64_t applied_by_all = expected_roles.empty() ? 0 : INT64_MAX;
  for (const std::string& role : expected_roles) {
    const auto found = std::find_if(consumers.begin(), consumers.end(),
                                    [&](const auto& consumer) { return consumer.role == role; });
    applied_by_all = std::min(applied_by_all, found == consumers.end() ? 0 : found->applied_vsn);
  }
  std::vector<SegmentRecord> done;
  std::copy_if(segments.begin(), segments.end(), std::back_inserter(done),
               [&](const SegmentRecord& segment) {
                 return segment.sealed && !segment.deleted && segment.last_vsn <= applied_by_all;
               });
  return done;
}

void archive_changes(const exportdir::Layout& layout, exportdir::MetaDb& meta,
                     const ArchiveOptions& options, Status& status, const std::stop_token& stop) {
  const bool keeps = options.policy == ArchiveOptions::Policy::archive;
  if (keeps && !fs::is_directory(options.directory))
    fail(no_archive_directory,
         fmt::format("the archive directory {} does not exist", options.directory.string()),
         "Create it, then run archive changes again");
  remove_leftovers(layout, meta);
  Bell bell(layout.bell());
  std::size_t released = 0;
  while (!stop.stop_requested()) {
    for (const SegmentRecord& segment :
         archivable(meta.segments(), meta.consumers(), expected_roles(meta))) {
      if (!keeps && used_percent(layout.queue()) < options.fs_utilization_threshold) break;
      release(layout, meta, segment, options, status);
      ++released;
    }
    const auto journal = meta.journal();
    const bool finished = std::any_of(journal.begin(), journal.end(), [](const auto& entry) {
      return entry.fact == "target.completed";
    });
    if (!options.follow || finished) break;
    // Importers publish their progress about once a second; the time-out serves the disk threshold.
    bell.wait(std::chrono::seconds(10), stop);
  }
  status.line(fmt::format("{} change segments released", released));
}

}  // namespace voyager::changes
