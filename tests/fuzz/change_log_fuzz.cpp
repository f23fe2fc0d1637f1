// SPDX-License-Identifier: Apache-2.0
#include <optional>

#include "base/file.hpp"
#include "exportdir/change_log.hpp"
#include "exportdir/change_log_format.hpp"
#include "exportdir/meta_db.hpp"
#include "exportdir/segment_scan.hpp"
#include "fuzz.hpp"
#include "support/temp_directory.hpp"

namespace voyager::fuzz {
namespace {

using namespace exportdir;

/// An export directory whose only segment is the input.
class Directory {
 public:
  Directory() {
    layout_.create();
    meta_.emplace(MetaDb::open(layout_, true));
    SegmentRecord segment;
    segment.number = 1;
    segment.first_vsn = 1;
    segment.exporter_role = "source_db_exporter";
    meta_->put_segment(segment);
  }

  void set_segment(const std::string& bytes) const {
    File::open(layout_.segment(1), File::Mode::create).write(bytes);
    set_mark(change_log::encode_mark({1, bytes.size(), 1'000'000, {}}));
  }
  void set_mark(const std::string& bytes) const {
    File::open(layout_.committed(), File::Mode::create).write(bytes);
  }
  /// As the writer looks at it when it opens.
  void recover() const {
    expect_errors([&] { change_log::scan_segment(layout_.segment(1), 3, 0); });
    expect_errors([&] { change_log::has_transactions(layout_.segment(1)); });
  }
  void read(std::int64_t after_vsn) {
    expect_errors([&] {
      ChangeLogReader reader(layout_, *meta_, after_vsn);
      while (reader.next()) {
      }
    });
  }

 private:
  testing::TempDirectory directory_;
  Layout layout_{directory_.path()};
  std::optional<MetaDb> meta_;
};

/// Pieces of the input as the kinds and bodies of records with right lengths and checksums: without
/// that no input would come beyond the first checksum.
std::string framed(Input& input) {
  std::string segment;
  while (!input.empty()) {
    const std::string record(input.piece());
    if (record.empty()) continue;
    const auto length = change_log::little_endian(static_cast<std::uint32_t>(record.size()));
    const auto checksum = change_log::little_endian(change_log::record_checksum(record));
    segment.append(length.data(), length.size());
    segment.append(checksum.data(), checksum.size());
    segment += record;
  }
  return segment;
}

}  // namespace

/// The first byte says what follows: a segment as it is, the records of one, or a published mark.
void fuzz_one(std::string_view bytes) {
  static Directory directory;
  Input input(bytes);
  const std::uint8_t kind = input.byte();
  if (kind % 4 == 0) {
    directory.set_segment(std::string(input.rest()));
  } else if (kind % 4 == 1) {
    directory.set_mark(std::string(input.rest()));
    expect_errors([&] { change_log::decode_mark(input.rest()); });
  } else {
    directory.set_segment(framed(input));
  }
  directory.recover();
  directory.read(0);
  directory.read(3);
}

}  // namespace voyager::fuzz
