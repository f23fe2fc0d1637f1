// SPDX-License-Identifier: Apache-2.0
#include <optional>

#include "base/file.hpp"
#include "exportdir/change_log.hpp"
#include "exportdir/change_log_format.hpp"
#include "exportdir/meta_db.hpp"
#include "exportdir/packing.hpp"
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

/// Kind and body as a block with the right length and checksum: without that no input would come
/// beyond the first checksum.
std::string block(std::string_view kind_and_body) {
  const auto length = change_log::little_endian(static_cast<std::uint32_t>(kind_and_body.size()));
  const auto checksum = change_log::little_endian(change_log::block_checksum(kind_and_body));
  std::string bytes(length.data(), length.size());
  bytes.append(checksum.data(), checksum.size());
  bytes += kind_and_body;
  return bytes;
}

/// Pieces of the input as blocks.
std::string blocks(Input& input) {
  std::string segment;
  while (!input.empty()) {
    const std::string_view piece = input.piece();
    if (!piece.empty()) segment += block(piece);
  }
  return segment;
}

/// The same with what follows the head as one batch, packed or plain.
std::string batch(Input& input, bool packs) {
  std::string segment = block(input.piece());
  std::string records;
  while (!input.empty()) {
    const std::string_view record = input.piece();
    records += static_cast<char>(record.size() % 128);
    records += record;
  }
  change_log::Packer packer;
  const auto packed = packs ? packer.pack(records, 1) : std::nullopt;
  std::string whole = packed ? std::string(packed->data(), packed->size()) : "?" + records;
  whole[0] = static_cast<char>(packed ? change_log::RecordKind::packed_batch
                                      : change_log::RecordKind::batch);
  return segment + block(whole);
}

}  // namespace

/// The first byte says what follows: a segment as it is, its blocks, its head and records, or a
/// published mark.
void fuzz_one(std::string_view bytes) {
  static Directory directory;
  Input input(bytes);
  const std::uint8_t kind = input.byte();
  if (kind % 4 == 0) {
    directory.set_segment(std::string(input.rest()));
  } else if (kind % 4 == 1) {
    directory.set_mark(std::string(input.rest()));
    expect_errors([&] { change_log::decode_mark(input.rest()); });
  } else if (kind % 4 == 2 || kind < 128) {
    directory.set_segment(blocks(input));
  } else {
    directory.set_segment(batch(input, kind % 8 == 3));
  }
  directory.recover();
  directory.read(0);
  directory.read(3);
}

}  // namespace voyager::fuzz
