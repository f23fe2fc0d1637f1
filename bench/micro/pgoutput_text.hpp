// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "sample_log.hpp"

namespace voyager::bench {

/// The history as a server's plug-in pgoutput would send it, message by message.
/// Source: PostgreSQL 15 documentation, section 55.9 "Logical Replication Message Formats".
std::vector<std::string> pgoutput_of(const SampleLog& log);

}  // namespace voyager::bench
