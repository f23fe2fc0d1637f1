// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/command.hpp"

namespace voyager::cli {

/// compare-performance: how statements do on the target that the assessment counted on the source.
class ComparePerformanceCommand final : public Command {
 public:
  void declare(OptionTable& options) override;
  int run(const Session& session) override;

 private:
  DatabaseOptions target_;
  bool start_clean_ = false;
};

}  // namespace voyager::cli
