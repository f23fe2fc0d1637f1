// SPDX-License-Identifier: Apache-2.0
#include "base/crc32c.hpp"

#include <array>
#include <cstring>

#if defined(__x86_64__)
#include <nmmintrin.h>
#endif

namespace voyager {
namespace {

using Table = std::array<std::uint32_t, 256>;

/// tables[k][b]: the effect of byte b followed by k zero bytes ("slicing by 8").
constexpr std::array<Table, 8> make_tables() {
  constexpr std::uint32_t reversed_polynomial = 0x82F63B78U;
  std::array<Table, 8> tables{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t crc = i;
    for (int bit = 0; bit < 8; ++bit)
      crc = (crc & 1U) != 0 ? (crc >> 1U) ^ reversed_polynomial : crc >> 1U;
    tables[0][i] = crc;
  }
  for (std::size_t k = 1; k < 8; ++k) {
    for (std::size_t i = 0; i < 256; ++i) {
      const std::uint32_t before = tables[k - 1][i];
      tables[k][i] = (before >> 8U) ^ tables[0][before & 0xFFU];
    }
  }
  return tables;
}

constexpr std::array<Table, 8> tables = make_tables();

std::uint64_t load_little_endian(const char* bytes) {
  std::uint64_t word = 0;
  for (std::size_t i = 8; i-- > 0;) word = (word << 8U) | static_cast<unsigned char>(bytes[i]);
  return word;
}

std::uint32_t extend_by_table(std::uint32_t crc, std::string_view bytes) {
  while (bytes.size() >= 8) {
    const std::uint64_t word = load_little_endian(bytes.data()) ^ crc;
    crc = 0;
    for (std::size_t i = 0; i < 8; ++i) crc ^= tables[7 - i][(word >> (8 * i)) & 0xFFU];
    bytes.remove_prefix(8);
  }
  for (const char c : bytes)
    crc = (crc >> 8U) ^ tables[0][(crc ^ static_cast<unsigned char>(c)) & 0xFFU];
  return crc;
}

#if defined(__x86_64__)
__attribute__((target("sse4.2"))) std::uint32_t extend_by_instruction(std::uint32_t crc,
                                                                      std::string_view bytes) {
  std::uint64_t wide = crc;
  while (bytes.size() >= 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes.data(), sizeof word);
    wide = _mm_crc32_u64(wide, word);
    bytes.remove_prefix(8);
  }
  auto narrow = static_cast<std::uint32_t>(wide);
  for (const char c : bytes) narrow = _mm_crc32_u8(narrow, static_cast<unsigned char>(c));
  return narrow;
}
#endif

}  // namespace

std::uint32_t crc32c_portable(std::string_view bytes, std::uint32_t seed) {
  return ~extend_by_table(~seed, bytes);
}

std::uint32_t crc32c(std::string_view bytes, std::uint32_t seed) {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("sse4.2")) return ~extend_by_instruction(~seed, bytes);
#endif
  return crc32c_portable(bytes, seed);
}

}  // namespace voyager
