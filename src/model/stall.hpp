// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace voyager {

/// Work that does not get any further, although everybody who takes part is alive.
struct Stall {
  std::string cause;  ///< for people, without rows and statements; empty: it goes on
  std::string mark;   ///< the same as long as it is the same stall and nothing has moved
};

}  // namespace voyager
