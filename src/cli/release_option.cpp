// SPDX-License-Identifier: Apache-2.0
#include "cli/release_option.hpp"

namespace voyager::cli {

void add_target_version(OptionTable& options, std::string& version) {
  Option& option = options.text("target-db-version", version,
                                "the release of YugabyteDB that the schema is for");
  option.takes = "A.B.C.D";
  option.default_text = analysis::newest_known_release().text();
}

analysis::TargetRelease chosen_release(const std::string& version) {
  return analysis::target_release(version.empty() ? analysis::newest_known_release()
                                                  : analysis::YbRelease::parse(version));
}

}  // namespace voyager::cli
