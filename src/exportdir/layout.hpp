// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "model/chunk_format.hpp"
#include "model/name.hpp"

namespace voyager::exportdir {

/// Every path in the export directory is made here and nowhere else. See
/// docs/formats/export-directory.md.
class Layout {
 public:
  explicit Layout(std::filesystem::path root) : root_(std::move(root)) {}

  const std::filesystem::path& root() const { return root_; }
  std::filesystem::path schema() const { return root_ / "schema"; }
  std::filesystem::path failed_sql() const { return schema() / "failed.sql"; }
  std::filesystem::path failed_on_source_replica_sql() const {
    return schema() / "failed-source-replica.sql";
  }
  std::filesystem::path uncategorized_sql() const { return schema() / "uncategorized.sql"; }
  std::filesystem::path data() const { return root_ / "data"; }
  std::filesystem::path queue() const { return data() / "queue"; }
  std::filesystem::path segment(std::int64_t number) const;  ///< data/queue/segment.N
  std::filesystem::path committed() const { return queue() / "committed"; }
  std::filesystem::path metainfo() const { return root_ / "metainfo"; }
  /// What export schema wrote, without the changes that users make under schema/.
  std::filesystem::path source_schema() const { return metainfo() / "source-schema"; }
  std::filesystem::path meta_db() const { return metainfo() / "meta.db"; }
  /// Names the migration that the directory belongs to, apart from meta.db.
  std::filesystem::path identity() const { return root_ / ".migration"; }
  std::filesystem::path bell() const { return metainfo() / "bell"; }
  std::filesystem::path reports() const { return root_ / "reports"; }
  /// What assess-migration gathered from the source, and what it found.
  std::filesystem::path assessment() const { return root_ / "assessment"; }
  std::filesystem::path assessment_metadata() const { return assessment() / "metadata"; }
  std::filesystem::path assessment_reports() const { return assessment() / "reports"; }
  /// `format`: "json", "html".
  std::filesystem::path assessment_report(std::string_view format) const;
  std::filesystem::path logs() const { return root_ / "logs"; }
  std::filesystem::path log_file(
      std::string_view command) const;  ///< logs/yb-voyager-<command>.log
  std::filesystem::path temp() const { return root_ / "temp"; }
  std::filesystem::path lock_file(std::string_view role) const;  ///< .<role>Lockfile.lck
  /// data/<schema>.<table>.<id>.<bin|csv>, with characters that a file name can't carry replaced
  /// and long names cut; unique because the id is the chunk's in meta.db, which is never given
  /// again.
  std::filesystem::path chunk(const QualifiedName& table, std::int64_t id,
                              ChunkFormat format) const;

  /// Creates the documented sub-directories (mode 0700). Throws: E2001 when root does not exist,
  /// is not a directory or can't be written.
  void create() const;

 private:
  std::filesystem::path root_;
};

}  // namespace voyager::exportdir
