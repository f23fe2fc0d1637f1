// SPDX-License-Identifier: Apache-2.0
#include "cli/command_table.hpp"
#include "cli/config_file.hpp"
#include "fuzz.hpp"

namespace voyager::fuzz {

void fuzz_one(std::string_view bytes) {
  static const cli::ConfigKeys keys = cli::config_keys();
  expect_errors([&] { cli::ConfigFile::parse(std::string(bytes), "config.yaml").check(keys); });
}

}  // namespace voyager::fuzz
