// SPDX-License-Identifier: Apache-2.0
#include "exportdir/packing.hpp"

#include <zstd.h>

#include <new>

namespace voyager::exportdir::change_log {
namespace {

/// The fastest of the usual levels: it keeps up with the source's server on a small part of a core.
constexpr int level = 1;

template <typename Context>
Context* require(Context* context) {
  if (context == nullptr) throw std::bad_alloc();
  return context;
}

}  // namespace

void Packer::Free::operator()(ZSTD_CCtx_s* context) const noexcept {
  ZSTD_freeCCtx(context);
}

Packer::Packer() : context_(require(ZSTD_createCCtx())) {}

std::optional<std::span<char>> Packer::pack(std::string_view bytes, std::size_t front) {
  packed_.resize(front + ZSTD_compressBound(bytes.size()));
  const std::size_t size =
      ZSTD_compressCCtx(context_.get(), packed_.data() + front, packed_.size() - front,
                        bytes.data(), bytes.size(), level);
  if (ZSTD_isError(size) != 0 || size >= bytes.size()) return std::nullopt;
  return std::span(packed_).first(front + size);
}

void Unpacker::Free::operator()(ZSTD_DCtx_s* context) const noexcept {
  ZSTD_freeDCtx(context);
}

std::optional<std::string_view> Unpacker::unpack(std::string_view frame, std::size_t largest) {
  // What says that it is no frame, or of unknown size, is larger than anything.
  const unsigned long long size = ZSTD_getFrameContentSize(frame.data(), frame.size());
  if (size > largest) return std::nullopt;
  if (!context_) context_.reset(require(ZSTD_createDCtx()));
  unpacked_.resize(static_cast<std::size_t>(size));
  const std::size_t made = ZSTD_decompressDCtx(context_.get(), unpacked_.data(), unpacked_.size(),
                                               frame.data(), frame.size());
  if (ZSTD_isError(made) != 0 || made != size) return std::nullopt;
  return std::string_view(unpacked_.data(), unpacked_.size());
}

}  // namespace voyager::exportdir::change_log
