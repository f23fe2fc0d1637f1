// SPDX-License-Identifier: Apache-2.0
#include "base/crc32c.hpp"

#include <array>
#include <bit>
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
/// The instruction's result takes three cycles, and one can begin in each: three lanes of so many
/// bytes go side by side.
constexpr std::size_t lane_bytes = 1024;

/// What becomes of each bit of a checksum.
using Bits = std::array<std::uint32_t, 32>;

constexpr std::uint32_t effect_of(const Bits& bits, std::uint32_t crc) {
  std::uint32_t effect = 0;
  for (std::size_t i = 0; i < bits.size(); ++i)
    if ((crc >> i & 1U) != 0) effect ^= bits[i];
  return effect;
}

/// After so many zeros: after one, then after twice as many again and again.
constexpr Bits bits_after_zeros(std::size_t bytes) {
  Bits bits{};
  for (std::size_t i = 0; i < bits.size(); ++i)
    bits[i] = (1U << i >> 8U) ^ tables[0][(1U << i) & 0xFFU];
  for (std::size_t zeros = 1; zeros < bytes; zeros *= 2) {
    Bits twice{};
    for (std::size_t i = 0; i < bits.size(); ++i) twice[i] = effect_of(bits, bits[i]);
    bits = twice;
  }
  return bits;
}

/// lane_of_zeros[k][b]: what becomes of byte k of a checksum, when it is b, after a lane of zeros.
constexpr std::array<Table, 4> make_lane_of_zeros() {
  static_assert(std::has_single_bit(lane_bytes));
  const Bits bits = bits_after_zeros(lane_bytes);
  std::array<Table, 4> effect{};
  for (std::size_t k = 0; k < 4; ++k) {
    for (std::uint32_t b = 0; b < 256; ++b) effect[k][b] = effect_of(bits, b << (8 * k));
  }
  return effect;
}

constexpr std::array<Table, 4> lane_of_zeros = make_lane_of_zeros();

std::uint32_t after_lane_of_zeros(std::uint64_t crc) {
  return lane_of_zeros[0][crc & 0xFFU] ^ lane_of_zeros[1][crc >> 8U & 0xFFU] ^
         lane_of_zeros[2][crc >> 16U & 0xFFU] ^ lane_of_zeros[3][crc >> 24U & 0xFFU];
}

std::uint64_t load(const char* bytes) {
  std::uint64_t word = 0;
  std::memcpy(&word, bytes, sizeof word);
  return word;
}

__attribute__((target("sse4.2"))) std::uint32_t extend_by_lanes(std::uint32_t crc,
                                                                const char* bytes) {
  std::uint64_t first = crc;
  std::uint64_t second = 0;
  std::uint64_t third = 0;
  for (const char* end = bytes + lane_bytes; bytes != end; bytes += 8) {
    first = _mm_crc32_u64(first, load(bytes));
    second = _mm_crc32_u64(second, load(bytes + lane_bytes));
    third = _mm_crc32_u64(third, load(bytes + 2 * lane_bytes));
  }
  // A checksum is linear: bytes that follow count as zeros, and add their own.
  return after_lane_of_zeros(after_lane_of_zeros(first) ^ second) ^
         static_cast<std::uint32_t>(third);
}

__attribute__((target("sse4.2"))) std::uint32_t extend_by_instruction(std::uint32_t crc,
                                                                      std::string_view bytes) {
  while (bytes.size() >= 3 * lane_bytes) {
    crc = extend_by_lanes(crc, bytes.data());
    bytes.remove_prefix(3 * lane_bytes);
  }
  std::uint64_t wide = crc;
  while (bytes.size() >= 8) {
    wide = _mm_crc32_u64(wide, load(bytes.data()));
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
