// SPDX-License-Identifier: Apache-2.0
#include "exportdir/layout.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "base/error.hpp"
#include "base/file.hpp"

namespace voyager::exportdir {
namespace {

constexpr ErrorCode unusable_root{2001};
/// Two of them, an id and the dots stay far below NAME_MAX (255 bytes).
constexpr std::size_t longest_name_part = 80;

bool is_harmless(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-';
}

std::string file_name_part(std::string_view name) {
  std::string part(name.substr(0, longest_name_part));
  std::replace_if(
      part.begin(), part.end(), [](char c) { return !is_harmless(c); }, '_');
  return part;
}

}  // namespace

std::filesystem::path Layout::segment(std::int64_t number) const {
  return queue() / fmt::format("segment.{}", number);
}

std::filesystem::path Layout::assessment_report(std::string_view format) const {
  return assessment_reports() / fmt::format("migration_assessment_report.{}", format);
}

std::filesystem::path Layout::log_file(std::string_view command) const {
  return logs() / fmt::format("yb-voyager-{}.log", file_name_part(command));
}

std::filesystem::path Layout::lock_file(std::string_view role) const {
  return root_ / fmt::format(".{}Lockfile.lck", role);
}

std::filesystem::path Layout::chunk(const QualifiedName& table, std::int64_t id,
                                    ChunkFormat format) const {
  return data() / fmt::format("{}.{}.{}.{}", file_name_part(table.schema),
                              file_name_part(table.name), id,
                              format == ChunkFormat::binary ? "bin" : "csv");
}

void Layout::create() const {
  if (!std::filesystem::is_directory(root_))
    fail(unusable_root, fmt::format("the export directory {} does not exist", root_.string()),
         "Create it, and give its path with --export-dir");
  if (::access(root_.c_str(), R_OK | W_OK | X_OK) != 0)
    fail(unusable_root, fmt::format("the export directory {} can't be written", root_.string()),
         "Run as its owner, or change its mode");
  for (const auto& directory : {schema(), data(), queue(), metainfo(), reports(), logs(), temp()})
    make_directory(directory);
}

}  // namespace voyager::exportdir
