// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

struct ZSTD_CCtx_s;
struct ZSTD_DCtx_s;

namespace voyager::exportdir::change_log {

/// Makes one frame of zstd of each batch.
///
/// Memory: about 3 MiB. Threads: one. Source: zstd.h of zstd 1.5, "Explicit context".
class Packer {
 public:
  Packer();
  /// The frame behind `front` free bytes; lives until the next call. Nothing when it is not
  /// smaller.
  std::optional<std::span<char>> pack(std::string_view bytes, std::size_t front);

 private:
  struct Free {
    void operator()(ZSTD_CCtx_s* context) const noexcept;
  };
  std::unique_ptr<ZSTD_CCtx_s, Free> context_;
  std::vector<char> packed_;
};

/// The way back. Threads: one.
class Unpacker {
 public:
  /// Lives until the next call. Nothing when it is no whole frame, or one of more than
  /// `largest` bytes.
  std::optional<std::string_view> unpack(std::string_view frame, std::size_t largest);

 private:
  struct Free {
    void operator()(ZSTD_DCtx_s* context) const noexcept;
  };
  std::unique_ptr<ZSTD_DCtx_s, Free> context_;  ///< made by the first call
  std::vector<char> unpacked_;
};

}  // namespace voyager::exportdir::change_log
