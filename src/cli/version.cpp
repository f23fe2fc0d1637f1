// SPDX-License-Identifier: Apache-2.0
#include <ostream>

#include "cli/commands.hpp"

namespace voyager::cli {

void VersionCommand::declare(OptionTable& options) {
  options.group("Options");
}

int VersionCommand::run(const Session& session) {
  session.out << "VERSION=" << VOYAGER_VERSION << '\n'
              << "GIT_COMMIT_HASH=" << VOYAGER_COMMIT << '\n'
              << "LAST_COMMIT_DATE=" << VOYAGER_COMMIT_DATE << '\n';
  return 0;
}

}  // namespace voyager::cli
