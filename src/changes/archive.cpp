// SPDX-License-Identifier: Apache-2.0
#include "changes/archive.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "base/bell.hpp"
#include "base/error.hpp"
#include "base/failpoint.hpp"
#include "base/file.hpp"
#include "base/text.hpp"
#include "model/roles.hpp"

namespace voyager::changes {
namespace {

using exportdir::ConsumerRecord;
using exportdir::SegmentRecord;
namespace fs = std::filesystem;

constexpr ErrorCode unknown_consumers{6201};
constexpr ErrorCode no_archive_directory{6202};
constexpr ErrorCode replica_not_ruled_out{6203};
constexpr ErrorCode archive_is_the_queue{6204};
constexpr ErrorCode place_is_taken{6205};
constexpr int delete_threshold_percent = 70;
constexpr std::size_t copy_buffer_bytes = 1U << 20;

/// The databases that take an exporter's changes; none for an exporter that is not known here.
std::vector<std::string_view> readers_of(std::string_view exporter_role, const ArchivePlan& plan) {
  if (exporter_role == roles::source_db_exporter && plan.source_replica)
    return {roles::target_db_importer, roles::source_replica_db_importer};
  if (exporter_role == roles::source_db_exporter) return {roles::target_db_importer};
  if (exporter_role == roles::target_db_exporter_fb) return {roles::source_db_importer};
  if (exporter_role == roles::target_db_exporter_ff) return {roles::source_replica_db_importer};
  return {};
}

const ConsumerRecord* find(const std::vector<ConsumerRecord>& consumers, std::string_view role) {
  const auto found = std::find_if(consumers.begin(), consumers.end(),
                                  [&](const auto& consumer) { return consumer.role == role; });
  return found == consumers.end() ? nullptr : &*found;
}

bool has_applied(const ConsumerRecord* consumer, const SegmentRecord& segment) {
  return consumer != nullptr && segment.last_vsn <= consumer->applied_vsn;
}

/// As df(1) counts: what only root may use is neither used nor free.
double used_percent(const fs::path& path) {
  const fs::space_info space = fs::space(path);
  const auto used = static_cast<double>(space.capacity - space.free);
  const double usable = used + static_cast<double>(space.available);
  return usable > 0 ? 100.0 * used / usable : 0;
}

bool same_content(const fs::path& left, const fs::path& right) {
  const File one = File::open(left, File::Mode::read);
  const File other = File::open(right, File::Mode::read);
  if (one.size() != other.size()) return false;
  std::string bytes(copy_buffer_bytes, '\0');
  std::string other_bytes(copy_buffer_bytes, '\0');
  std::uint64_t offset = 0;
  while (const std::size_t length = one.read_at(offset, bytes)) {
    if (other.read_at(offset, other_bytes) != length ||
        std::string_view(bytes).substr(0, length) !=
            std::string_view(other_bytes).substr(0, length))
      return false;
    offset += length;
  }
  return true;
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
  VOYAGER_FAILPOINT("archive.before_rename");
  fs::rename(temporary, to);
  sync_directory(to.parent_path());
}

/// A copy that a run before this one made, and could not record, is taken.
void copy_unless_there(const fs::path& from, const fs::path& to) {
  if (!fs::exists(to)) return copy_durably(from, to);
  if (!same_content(from, to))
    fail(place_is_taken,
         fmt::format("{} exists already, and is another file than {}", to.string(), from.string()),
         "Give each migration an archive directory of its own");
  sync_directory(to.parent_path());
}

class Archive {
 public:
  Archive(const exportdir::Layout& layout, exportdir::MetaDb& meta, const ArchiveOptions& options,
          Status& status)
      : layout_(layout), meta_(meta), options_(options), status_(status) {}

  void run(const std::stop_token& stop);

 private:
  bool moves() const { return options_.policy == ArchiveOptions::Policy::archive; }
  int threshold() const;
  void check_directory() const;
  void know_the_readers();
  void finish_removals();
  void pass(const std::stop_token& stop);
  void tell_of_waiting(double used);
  bool release(const SegmentRecord& segment);
  void move(SegmentRecord segment);
  bool remove(SegmentRecord segment);
  bool remove_file_or_record(SegmentRecord segment);
  bool needed(SegmentRecord segment) const;
  ArchivePlan plan() const;

  const exportdir::Layout& layout_;
  exportdir::MetaDb& meta_;
  const ArchiveOptions& options_;
  Status& status_;
  std::size_t released_ = 0;
  bool waiting_ = false;  ///< for the disk to fill, and the user was told
};

void Archive::run(const std::stop_token& stop) {
  check_directory();
  finish_removals();
  Bell bell(layout_.bell());
  while (!stop.stop_requested()) {
    const bool last = !options_.follow || (options_.finished && options_.finished());
    pass(stop);
    if (last) break;
    // Importers publish their progress about once a second; the time-out serves the disk threshold.
    bell.wait(std::chrono::seconds(10), stop);
  }
  status_.line(fmt::format("{} change segments released; the file system is {:.0f}% full",
                           released_, used_percent(layout_.queue())));
}

int Archive::threshold() const {
  if (options_.fs_utilization_threshold >= 0) return options_.fs_utilization_threshold;
  return moves() ? 0 : delete_threshold_percent;
}

void Archive::check_directory() const {
  if (!moves()) return;
  if (!fs::is_directory(options_.directory))
    fail(no_archive_directory,
         fmt::format("the archive directory {} does not exist", options_.directory.string()),
         "Create it, then run archive changes again");
  if (fs::equivalent(options_.directory, layout_.queue()))
    fail(archive_is_the_queue,
         fmt::format("{} is where the change log itself is", options_.directory.string()),
         "Name another directory");
}

/// Lets nothing be deleted before it is known whom the changes must still go to.
void Archive::know_the_readers() {
  if (find(meta_.consumers(), roles::target_db_importer) == nullptr)
    fail(unknown_consumers,
         "import data to target has not read the change log yet, so no segment can be spared",
         "Start import data to target first; then run archive changes again");
  if (moves() || plan().source_replica || meta_.setting(no_source_replica_setting) == "true")
    return;
  const auto journal = meta_.journal();
  // From here on no source-replica can join.
  if (std::any_of(journal.begin(), journal.end(),
                  [](const auto& entry) { return entry.fact == "target.requested"; }))
    return;
  if (!status_.confirm("No import data to source-replica has been started. Changes that are "
                       "deleted can't be given to a source-replica later. Is this a migration "
                       "without a source-replica?"))
    fail(replica_not_ruled_out,
         "a source-replica that has not started yet needs all changes, so none is deleted",
         "Start import data to source-replica first, or keep the changes with --policy archive");
  meta_.set_setting(no_source_replica_setting, "true");
}

ArchivePlan Archive::plan() const {
  return {meta_.setting(source_replica_started_setting).has_value() ||
          find(meta_.consumers(), roles::source_replica_db_importer) != nullptr};
}

bool Archive::needed(SegmentRecord segment) const {
  segment.deleted = false;
  return archivable({std::move(segment)}, meta_.consumers(), plan()).empty();
}

/// Files of segments that were recorded as gone just before a crash.
void Archive::finish_removals() {
  for (const SegmentRecord& segment : meta_.segments()) {
    const fs::path path = layout_.segment(segment.number);
    if (!segment.deleted || !fs::exists(path)) continue;
    if (!segment.archived) {
      remove_file_or_record(segment);
      continue;
    }
    // Without its copy this is the only one: somebody put it back, or the copy is not mounted.
    std::error_code unreachable;
    if (fs::file_size(segment.archive_location, unreachable) == fs::file_size(path))
      fs::remove(path);
  }
}

void Archive::pass(const std::stop_token& stop) {
  know_the_readers();
  for (const SegmentRecord& segment : archivable(meta_.segments(), meta_.consumers(), plan())) {
    if (stop.stop_requested()) return;
    const double used = used_percent(layout_.queue());
    if (used < threshold()) return tell_of_waiting(used);
    if (!release(segment)) continue;
    waiting_ = false;
    ++released_;
    status_.line(fmt::format(
        "{} change segment {} ({}, events up to {}); the file system was "
        "{:.0f}% full",
        moves() ? "archived" : "deleted", segment.number,
        human_bytes(static_cast<std::uint64_t>(segment.committed_bytes)), segment.last_vsn, used));
  }
}

void Archive::tell_of_waiting(double used) {
  if (!waiting_)
    status_.line(fmt::format("the file system is {:.0f}% full; segments are released from {}% on",
                             used, threshold()));
  waiting_ = true;
}

bool Archive::release(const SegmentRecord& segment) {
  if (!moves()) return remove(segment);
  move(segment);
  return true;
}

void Archive::move(SegmentRecord segment) {
  const fs::path path = layout_.segment(segment.number);
  const fs::path place = fs::absolute(options_.directory / path.filename());
  copy_unless_there(path, place);
  VOYAGER_FAILPOINT("archive.after_copy");
  segment.archived = segment.deleted = true;
  segment.archive_location = place.string();
  meta_.put_segment(segment);
  VOYAGER_FAILPOINT("archive.after_record");
  fs::remove(path);
}

bool Archive::remove(SegmentRecord segment) {
  segment.deleted = true;
  meta_.put_segment(segment);
  VOYAGER_FAILPOINT("archive.after_record");
  return remove_file_or_record(std::move(segment));
}

/// The record of the deletion is there already: an importer that makes itself known before it looks
/// at the records sees it, or is seen here, and then the file stays if it is needed.
bool Archive::remove_file_or_record(SegmentRecord segment) {
  if (!needed(segment)) return fs::remove(layout_.segment(segment.number));
  segment.deleted = false;
  meta_.put_segment(segment);
  return false;
}

}  // namespace

std::vector<SegmentRecord> archivable(const std::vector<SegmentRecord>& segments,
                                      const std::vector<ConsumerRecord>& consumers,
                                      const ArchivePlan& plan) {
  std::vector<SegmentRecord> done;
  for (const SegmentRecord& segment : segments) {
    if (!segment.sealed || segment.deleted) continue;
    const std::vector<std::string_view> readers = readers_of(segment.exporter_role, plan);
    const bool applied_by_all = std::all_of(
        readers.begin(), readers.end(),
        [&](std::string_view role) { return has_applied(find(consumers, role), segment); });
    if (!readers.empty() && applied_by_all) done.push_back(segment);
  }
  return done;
}

void archive_changes(const exportdir::Layout& layout, exportdir::MetaDb& meta,
                     const ArchiveOptions& options, Status& status, const std::stop_token& stop) {
  Archive(layout, meta, options, status).run(stop);
}

}  // namespace voyager::changes
