// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <iosfwd>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/mutex.hpp"
#include "base/secret.hpp"
#include "base/status.hpp"

namespace voyager::cli {

/// How a Terminal behaves; detected from the file descriptors by detect_terminal().
struct TerminalSetup {
  bool refresh = false;  ///< bars and panel are redrawn in place; else lines are printed
  bool colour = false;
  bool can_ask = false;     ///< a person can answer on `in`
  bool assume_yes = false;  ///< --yes
  std::size_t columns = 80;
  std::function<std::chrono::steady_clock::time_point()> now = std::chrono::steady_clock::now;
};

/// What the process's own descriptors allow: refreshing on a terminal unless `plain`, colour unless
/// NO_COLOR is set (https://no-color.org).
TerminalSetup detect_terminal(int out_descriptor, bool plain, bool assume_yes);

/// Status for people: on a terminal, bars and the metrics panel stay at the bottom and are redrawn
/// in place (five times a second at most); elsewhere lines, and the panel every ten seconds at
/// most. Threads: any.
class Terminal final : public Status {
 public:
  Terminal(std::ostream& out, std::istream& in, TerminalSetup setup);

  void line(const std::string& text) override;
  void warning(const std::string& text) override;
  void progress(const std::string& item, std::uint64_t done, std::uint64_t total) override;
  void panel(const Rows& rows) override;
  bool confirm(const std::string& question) override;

 private:
  struct Item {
    std::string name;
    std::uint64_t done = 0;
    std::uint64_t total = 0;
    std::chrono::steady_clock::time_point printed;
  };

  void say(const std::string& text) VOYAGER_TSA(requires_capability(mutex_));
  void erase() VOYAGER_TSA(requires_capability(mutex_));
  void draw() VOYAGER_TSA(requires_capability(mutex_));
  void redraw_in_time() VOYAGER_TSA(requires_capability(mutex_));
  void progress_lines(Item& item, bool fresh) VOYAGER_TSA(requires_capability(mutex_));
  Item& item_named(const std::string& name, bool& fresh) VOYAGER_TSA(requires_capability(mutex_));
  void drop_item(const std::string& name) VOYAGER_TSA(requires_capability(mutex_));

  std::ostream& out_;
  std::istream& in_;
  const TerminalSetup setup_;
  Mutex mutex_;
  std::vector<Item> items_ GUARDED_BY(mutex_);  // in order of appearance
  std::vector<std::string> panel_ GUARDED_BY(mutex_);
  std::size_t drawn_ GUARDED_BY(mutex_) = 0;  // lines of bars and panel on the screen
  std::chrono::steady_clock::time_point last_draw_ GUARDED_BY(mutex_){};
  std::chrono::steady_clock::time_point last_panel_ GUARDED_BY(mutex_){};
};

/// Asks on the controlling terminal, without echo; an empty one when there is none.
Secret ask_password_at_terminal(const std::string& whose);

}  // namespace voyager::cli
