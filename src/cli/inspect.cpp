// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <filesystem>
#include <limits>
#include <ostream>
#include <system_error>

#include "cli/change_line.hpp"
#include "cli/cli_errors.hpp"
#include "cli/commands.hpp"
#include "exportdir/change_log.hpp"

namespace voyager::cli {
namespace {

constexpr NumberRange vsn_range{1, std::numeric_limits<std::int64_t>::max()};

bool is_there(const exportdir::Layout& layout, const exportdir::SegmentRecord& segment) {
  std::error_code unreachable;  // the archive may be on a file system that is not mounted
  return std::filesystem::exists(layout.segment(segment.number), unreachable) ||
         (segment.archived && std::filesystem::exists(segment.archive_location, unreachable));
}

/// The vsn after which reading can start: everything behind it is still there.
std::int64_t oldest_vsn(const exportdir::Layout& layout, const exportdir::MetaDb& meta) {
  const std::vector<exportdir::SegmentRecord> segments = meta.segments();
  const auto gone = std::find_if(segments.rbegin(), segments.rend(),
                                 [&](const auto& segment) { return !is_there(layout, segment); });
  return gone == segments.rend() ? 0 : gone->last_vsn;
}

/// Where reading starts, so that a first event that is not there yet is no error.
std::int64_t vsn_before(std::int64_t first, const exportdir::MetaDb& meta) {
  const std::vector<exportdir::SegmentRecord> segments = meta.segments();
  return segments.empty() ? 0 : std::min(first - 1, segments.back().last_vsn);
}

std::vector<const Relation*> relations_of(const ChangeEvent& event,
                                          const exportdir::ChangeLogReader& reader) {
  std::vector<const Relation*> relations;
  const auto add = [&](std::uint32_t id) {
    if (const Relation* relation = reader.relation(id)) relations.push_back(relation);
  };
  if (const auto* change = std::get_if<RowChange>(&event)) add(change->relation);
  if (const auto* truncate = std::get_if<Truncate>(&event))
    for (const std::uint32_t id : truncate->relations) add(id);
  return relations;
}

bool concerns(const std::vector<const Relation*>& relations, const std::string& pattern) {
  return pattern.empty() ||
         std::any_of(relations.begin(), relations.end(), [&](const Relation* relation) {
           return matches_table_pattern(pattern, relation->table, "public");
         });
}

}  // namespace

void InspectCommand::declare(OptionTable& options) {
  add_common_options(options, common_);
  options.group("Selection");
  options.number("from-vsn", from_vsn_, vsn_range, "first event").default_text =
      "the oldest that is there";
  options.number("to-vsn", to_vsn_, vsn_range, "last event").default_text = "the newest";
  options.text("table", table_, "only this table: [schema.]name with * and ?").takes = "NAME";
  options.number("limit", limit_, vsn_range, "end after so many lines").default_text = "no limit";
  options.group("Output");
  options.flag("no-values", no_values_, "show the lengths of values instead of the values");
}

void InspectCommand::check() const {
  if (to_vsn_ > 0 && from_vsn_ > to_vsn_) fail(bad_value, "--from-vsn is above --to-vsn");
}

int InspectCommand::run(const Session& session) {
  exportdir::MetaDb meta = exportdir::MetaDb::open(session.layout, false);
  exportdir::ChangeLogReader reader(
      session.layout, meta,
      from_vsn_ > 0 ? vsn_before(from_vsn_, meta) : oldest_vsn(session.layout, meta));
  ChangeContext context;
  std::int64_t lines = 0;
  while (const auto event = reader.next()) {
    if (to_vsn_ > 0 && event->vsn > to_vsn_) break;
    if (const auto* begin = std::get_if<Begin>(&event->change)) context.transaction = *begin;
    if (event->vsn < from_vsn_) continue;
    context.vsn = event->vsn;
    context.exporter_role = std::string(event->exporter_role);
    context.relations = relations_of(event->change, reader);
    if (!concerns(context.relations, table_)) continue;
    const std::optional<std::string> line = change_line(event->change, context, !no_values_);
    if (!line) continue;
    session.out << *line << '\n';
    // The reader of our output may have gone (inspect | head).
    if (++lines == limit_ || !session.out || session.stop.stop_requested()) break;
  }
  return 0;
}

}  // namespace voyager::cli
