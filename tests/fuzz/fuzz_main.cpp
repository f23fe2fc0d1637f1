// SPDX-License-Identifier: Apache-2.0
#include "fuzz.hpp"

/// The function that libFuzzer calls.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  voyager::fuzz::fuzz_one({reinterpret_cast<const char*>(data), size});
  return 0;
}
