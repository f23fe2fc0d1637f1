// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.hpp"

/// Each target defines fuzz_one(): anything but a voyager::Error that leaves it is a finding, and
/// so is what the sanitizers see. Source: llvm.org/docs/LibFuzzer.html.
namespace voyager::fuzz {

/// One input. Threads: the fuzzer's own, one.
void fuzz_one(std::string_view bytes);

/// Runs `work`; bad input may end in an Error, and in nothing else.
template <typename Work>
void expect_errors(Work work) {
  try {
    work();
  } catch (const Error&) {
    // The one good answer to bad input.
  }
}

/// Takes an input apart: numbers and pieces, until it is used up.
class Input {
 public:
  explicit Input(std::string_view bytes) : rest_(bytes) {}

  bool empty() const { return rest_.empty(); }
  std::uint8_t byte() {
    if (rest_.empty()) return 0;
    const auto first = static_cast<std::uint8_t>(rest_.front());
    rest_.remove_prefix(1);
    return first;
  }
  /// A piece that its two-byte length stands before; what is there when that is less.
  std::string_view piece() {
    const std::size_t low = byte();
    const std::size_t length = low + 256U * byte();
    const std::string_view taken = rest_.substr(0, length);
    rest_.remove_prefix(taken.size());
    return taken;
  }
  std::string_view rest() const { return rest_; }

 private:
  std::string_view rest_;
};

}  // namespace voyager::fuzz
