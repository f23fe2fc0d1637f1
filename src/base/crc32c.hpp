// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

namespace voyager {

/// CRC-32C (Castagnoli) of the bytes, continuing from `seed` (0 for a fresh one).
/// Uses the SSE 4.2 instruction where the processor has it.
/// Source: RFC 3720, appendix B.4 (polynomial and test vectors).
std::uint32_t crc32c(std::string_view bytes, std::uint32_t seed = 0);

/// The same without any special instruction, for other processors (and to test one with the other).
std::uint32_t crc32c_portable(std::string_view bytes, std::uint32_t seed = 0);

}  // namespace voyager
