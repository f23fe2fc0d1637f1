// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

/// Marks a place where a crash must be survivable. With VOYAGER_FAILPOINT="apply.before_commit:3"
/// in the environment the process kills itself (SIGKILL, no destructors) the third time it passes;
/// its last line of standard error is "killed at failpoint <name>".
/// "name:n:error" says "failed at failpoint <name>" there and throws Error E9099 (action retry)
/// instead; "name:n:delay=500" says "delayed at failpoint <name>" and sleeps 500 ms. Compiled out
/// unless VOYAGER_FAILPOINTS is defined (it is not in release builds).
#ifdef VOYAGER_FAILPOINTS
namespace voyager {
void failpoint(std::string_view name);
}
#define VOYAGER_FAILPOINT(name) ::voyager::failpoint(name)
#else
#define VOYAGER_FAILPOINT(name) static_cast<void>(0)
#endif
