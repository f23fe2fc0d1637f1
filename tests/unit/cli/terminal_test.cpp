// SPDX-License-Identifier: Apache-2.0
#include "cli/terminal.hpp"

#include <gtest/gtest.h>

#include <sstream>

#include "base/error.hpp"

namespace voyager::cli {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class TerminalTest : public testing::Test {
 protected:
  Terminal make(TerminalSetup setup) {
    setup.now = [this] { return now_; };
    return Terminal(out_, in_, std::move(setup));
  }
  /// What was written since the last call.
  std::string taken() {
    const std::string text = out_.str();
    out_.str("");
    return text;
  }

  std::ostringstream out_;
  std::istringstream in_;
  std::chrono::steady_clock::time_point now_{seconds(1000)};
};

TerminalSetup refreshing() {
  TerminalSetup setup;
  setup.refresh = true;
  return setup;
}

TEST_F(TerminalTest, WithoutATerminalProgressIsStartedAndCompletedLines) {
  Terminal terminal = make({});
  terminal.progress("public.t", 0, 5000);
  terminal.progress("public.t", 100, 5000);
  terminal.progress("public.t", 5000, 5000);
  EXPECT_EQ(taken(), "public.t: started\npublic.t: completed (5,000)\n");
}

TEST_F(TerminalTest, WithoutATerminalALongTableIsReportedEveryTenSeconds) {
  Terminal terminal = make({});
  terminal.progress("public.t", 0, 5000);
  taken();
  now_ += seconds(9);
  terminal.progress("public.t", 100, 5000);
  EXPECT_EQ(taken(), "");
  now_ += seconds(1);
  terminal.progress("public.t", 200, 5000);
  EXPECT_EQ(taken(), "public.t: 200 of 5,000\n");
}

TEST_F(TerminalTest, AnEmptyTableIsCompletedAtOnce) {
  Terminal terminal = make({});
  terminal.progress("public.t", 0, 0);
  EXPECT_EQ(taken(), "public.t: completed (0)\n");
}

TEST_F(TerminalTest, WithoutATerminalThePanelComesEveryTenSeconds) {
  Terminal terminal = make({});
  terminal.panel({{"Remaining Events", "5"}});
  EXPECT_NE(taken().find("| Remaining Events               |                              5 |"),
            std::string::npos);
  now_ += seconds(9);
  terminal.panel({{"Remaining Events", "4"}});
  EXPECT_EQ(taken(), "");
  now_ += seconds(1);
  terminal.panel({{"Remaining Events", "3"}});
  EXPECT_NE(taken().find("  3 |"), std::string::npos);
}

TEST_F(TerminalTest, WithoutATerminalThereAreNoControlSequences) {
  Terminal terminal = make({});
  terminal.progress("t", 0, 10);
  terminal.warning("careful");
  terminal.panel({{"a", "b"}});
  terminal.line("x");
  EXPECT_EQ(taken().find('\x1b'), std::string::npos);
}

TEST_F(TerminalTest, OnATerminalThePanelIsRedrawnInPlace) {
  Terminal terminal = make(refreshing());
  terminal.panel({{"Remaining Events", "5"}});
  taken();
  now_ += seconds(1);
  terminal.panel({{"Remaining Events", "4"}});
  // Three frame lines, the header and one row are taken back.
  EXPECT_EQ(taken().substr(0, 7), "\x1b[5A\x1b[J");
}

TEST_F(TerminalTest, OnATerminalBarsAreRedrawnFiveTimesASecondAtMost) {
  Terminal terminal = make(refreshing());
  terminal.progress("t", 1, 10);
  taken();
  now_ += milliseconds(100);
  terminal.progress("t", 2, 10);
  EXPECT_EQ(taken(), "");
  now_ += milliseconds(100);
  terminal.progress("t", 3, 10);
  EXPECT_NE(taken().find("30%"), std::string::npos);
}

TEST_F(TerminalTest, OnATerminalACompletedBarStaysAboveTheOthers) {
  Terminal terminal = make(refreshing());
  terminal.progress("first", 1, 10);
  now_ += seconds(1);
  terminal.progress("second", 1, 10);
  taken();
  terminal.progress("first", 10, 10);
  const std::string text = taken();
  EXPECT_LT(text.find("first"), text.find("second"));
  now_ += seconds(1);
  terminal.progress("second", 2, 10);
  EXPECT_EQ(taken().find("first"), std::string::npos);
}

TEST_F(TerminalTest, OnATerminalManyBarsAreCounted) {
  Terminal terminal = make(refreshing());
  for (int i = 0; i < 15; ++i) terminal.progress("t" + std::to_string(i), 1, 10);
  now_ += seconds(1);
  taken();
  terminal.progress("t0", 2, 10);
  EXPECT_NE(taken().find("and 3 more"), std::string::npos);
}

TEST_F(TerminalTest, WarningsStandOutInColourOnlyWhenAllowed) {
  TerminalSetup setup;
  setup.colour = true;
  Terminal coloured = make(setup);
  coloured.warning("careful");
  EXPECT_EQ(taken(), "\x1b[33mWarning: careful\x1b[0m\n");
  Terminal plain = make({});
  plain.warning("careful");
  EXPECT_EQ(taken(), "Warning: careful\n");
}

TEST_F(TerminalTest, YesAnswersEveryQuestion) {
  TerminalSetup setup;
  setup.assume_yes = true;
  EXPECT_TRUE(make(setup).confirm("Drop everything?"));
  EXPECT_EQ(taken(), "Drop everything? (y/n): yes, by --yes\n");
}

TEST_F(TerminalTest, AQuestionTakesTheAnswerOfThePerson) {
  TerminalSetup setup;
  setup.can_ask = true;
  in_.str("y\nYES \nno\n\n");
  Terminal terminal = make(setup);
  EXPECT_TRUE(terminal.confirm("?"));
  EXPECT_TRUE(terminal.confirm("?"));
  EXPECT_FALSE(terminal.confirm("?"));
  EXPECT_FALSE(terminal.confirm("?"));
  EXPECT_FALSE(terminal.confirm("?")) << "the end of the input is no consent";
}

TEST_F(TerminalTest, AQuestionWithoutATerminalIsAnError) {
  try {
    make({}).confirm("Drop everything?");
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.line(),
              "E1010 there is no terminal to ask 'Drop everything?'. Give --yes to answer yes");
  }
}

}  // namespace
}  // namespace voyager::cli
