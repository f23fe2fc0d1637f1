// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "base/error.hpp"
#include "cli/commands.hpp"

namespace voyager::cli {
namespace {

verify::VerifyOptions request(std::vector<std::string> arguments, bool streaming) {
  arguments.insert(arguments.begin(), {"--export-dir", "dir"});
  VerifyDataCommand command;
  OptionTable options;
  command.declare(options);
  options.parse_arguments(arguments);
  return command.request(streaming);
}

TEST(VerifyDataCommand, ComparesSourceAndTargetUnlessTold) {
  EXPECT_EQ(request({}, false).left_name, "source");
  EXPECT_EQ(request({}, false).right_name, "target");
  const auto options = request({"--between", "source-replica,target"}, false);
  EXPECT_EQ(options.left_name, "source-replica");
  EXPECT_EQ(options.right_name, "target");
}

TEST(VerifyDataCommand, GivesChangesTimeToSettleWhileTheyFlow) {
  EXPECT_EQ(request({}, false).settle_timeout.count(), 0);
  EXPECT_EQ(request({}, true).settle_timeout.count(), 30);
  EXPECT_EQ(request({"--settle-timeout", "7"}, true).settle_timeout.count(), 7);
  EXPECT_EQ(request({"--settle-timeout", "0"}, true).settle_timeout.count(), 0);
}

TEST(VerifyDataCommand, SaysWhatItComparesInOneLine) {
  try {
    request({"--between", "source,source"}, false);
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.line(),
              "E1002 --between takes two of source, target and source-replica with a comma between "
              "them, not 'source,source'");
  }
}

}  // namespace
}  // namespace voyager::cli
