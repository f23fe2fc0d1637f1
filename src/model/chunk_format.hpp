// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace voyager {

/// How a chunk's rows are encoded in its file: as COPY BINARY or as COPY CSV writes them.
enum class ChunkFormat : std::uint8_t { binary, csv };

}  // namespace voyager
