// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stop_token>

namespace voyager {

/// A stop token that SIGINT and SIGTERM set: every long-running command passes it down, ends its
/// current transaction cleanly and returns. A second signal ends the process at once.
/// Threads: call once, from main, before threads start (it blocks the signals and waits for them
/// on a thread of its own).
std::stop_token stop_on_signals();

}  // namespace voyager
