// SPDX-License-Identifier: Apache-2.0
#include "cli/terminal.hpp"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <istream>
#include <ostream>

#include "base/log.hpp"
#include "base/text.hpp"
#include "cli/cli_errors.hpp"
#include "cli/panel.hpp"

namespace voyager::cli {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// Faster than the eye needs costs a slow link (ssh) for nothing.
constexpr milliseconds redraw_interval{200};
constexpr seconds plain_interval{10};
// More bars than this would scroll a small terminal, and then they can't be redrawn in place.
constexpr std::size_t most_bars = 12;

constexpr char interrupt_key = '\x03';

/// The terminal with echo switched off as long as the object lives.
class SilentTerminal {
 public:
  SilentTerminal() : descriptor_(::open("/dev/tty", O_RDWR | O_CLOEXEC)) {
    if (descriptor_ < 0 || ::tcgetattr(descriptor_, &before_) != 0) return;
    termios silent = before_;
    // Without ISIG the interrupt key comes as a byte, so that the echo is always switched on again.
    silent.c_lflag &= ~static_cast<tcflag_t>(ECHO | ISIG);
    silenced_ = ::tcsetattr(descriptor_, TCSAFLUSH, &silent) == 0;
  }
  ~SilentTerminal() {
    if (silenced_) ::tcsetattr(descriptor_, TCSAFLUSH, &before_);
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  SilentTerminal(const SilentTerminal&) = delete;
  SilentTerminal& operator=(const SilentTerminal&) = delete;

  bool usable() const { return silenced_; }
  void write(const std::string& text) const {
    // Nothing can be done when the terminal does not take the prompt.
    [[maybe_unused]] const auto written = ::write(descriptor_, text.data(), text.size());
  }
  std::string read_line() const {
    std::string line;
    std::array<char, 1> byte{};
    while (::read(descriptor_, byte.data(), 1) == 1 && byte[0] != '\n') {
      if (byte[0] == interrupt_key) fail(no_answer, "interrupted at the question for a password");
      line += byte[0];
    }
    return line;
  }

 private:
  int descriptor_ = -1;
  termios before_{};
  bool silenced_ = false;
};

/// A total of 0 means unknown, but nothing of nothing is an empty table that is done.
bool ended(std::uint64_t done, std::uint64_t total) {
  return total == 0 ? done == 0 : done >= total;
}

std::string yellow(const std::string& text, bool colour) {
  return colour ? "\x1b[33m" + text + "\x1b[0m" : text;
}

}  // namespace

TerminalSetup detect_terminal(int out_descriptor, bool plain, bool assume_yes) {
  TerminalSetup setup;
  const bool terminal = ::isatty(out_descriptor) == 1;
  setup.refresh = terminal && !plain;
  // NOLINTNEXTLINE(concurrency-mt-unsafe): before any thread changes the environment (none does)
  setup.colour = terminal && std::getenv("NO_COLOR") == nullptr;
  setup.can_ask = ::isatty(STDIN_FILENO) == 1;
  setup.assume_yes = assume_yes;
  winsize size{};
  if (terminal && ::ioctl(out_descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
    setup.columns = size.ws_col;
  return setup;
}

Terminal::Terminal(std::ostream& out, std::istream& in, TerminalSetup setup)
    : out_(out), in_(in), setup_(std::move(setup)) {}

void Terminal::line(const std::string& text) {
  MutexLock lock(mutex_);
  say(text);
}

void Terminal::warning(const std::string& text) {
  log::warn("{}", text);
  MutexLock lock(mutex_);
  say(yellow("Warning: " + text, setup_.colour));
}

void Terminal::say(const std::string& text) {
  erase();
  out_ << text << '\n';
  draw();
  out_.flush();
}

void Terminal::erase() {
  if (drawn_ == 0) return;
  out_ << fmt::format("\x1b[{}A\x1b[J", drawn_);
  drawn_ = 0;
}

void Terminal::draw() {
  if (!setup_.refresh) return;
  std::vector<std::string> lines;
  for (std::size_t i = 0; i < std::min(items_.size(), most_bars); ++i)
    lines.push_back(format_bar(items_[i].name, items_[i].done, items_[i].total));
  if (items_.size() > most_bars)
    lines.push_back(fmt::format("and {} more", items_.size() - most_bars));
  lines.insert(lines.end(), panel_.begin(), panel_.end());
  for (const std::string& text : lines) out_ << cut_to_width(text, setup_.columns - 1) << '\n';
  drawn_ = lines.size();
  last_draw_ = setup_.now();
}

void Terminal::redraw_in_time() {
  if (drawn_ > 0 && setup_.now() - last_draw_ < redraw_interval) return;
  erase();
  draw();
  out_.flush();
}

Terminal::Item& Terminal::item_named(const std::string& name, bool& fresh) {
  const auto found = std::find_if(items_.begin(), items_.end(),
                                  [&](const Item& item) { return item.name == name; });
  fresh = found == items_.end();
  if (!fresh) return *found;
  Item item;
  item.name = name;
  item.printed = setup_.now();
  items_.push_back(std::move(item));
  return items_.back();
}

void Terminal::drop_item(const std::string& name) {
  items_.erase(std::remove_if(items_.begin(), items_.end(),
                              [&](const Item& item) { return item.name == name; }),
               items_.end());
}

void Terminal::progress(const std::string& item, std::uint64_t done, std::uint64_t total) {
  MutexLock lock(mutex_);
  bool fresh = false;
  Item& entry = item_named(item, fresh);
  entry.done = done;
  entry.total = total;
  if (!setup_.refresh) return progress_lines(entry, fresh);
  if (!ended(done, total)) return redraw_in_time();
  drop_item(item);
  say(format_bar(item, done, total));
}

void Terminal::progress_lines(Item& item, bool fresh) {
  if (ended(item.done, item.total)) {
    const std::string name = item.name;
    const std::uint64_t done = item.done;
    drop_item(name);
    return say(fmt::format("{}: completed ({})", name, with_thousands(done)));
  }
  if (fresh) return say(item.name + ": started");
  if (setup_.now() - item.printed < plain_interval) return;
  item.printed = setup_.now();
  say(item.total == 0 ? fmt::format("{}: {}", item.name, with_thousands(item.done))
                      : fmt::format("{}: {} of {}", item.name, with_thousands(item.done),
                                    with_thousands(item.total)));
}

void Terminal::panel(const Rows& rows) {
  MutexLock lock(mutex_);
  const bool first = panel_.empty();
  panel_ = format_panel(rows);
  if (setup_.refresh) return redraw_in_time();
  if (!first && setup_.now() - last_panel_ < plain_interval) return;
  last_panel_ = setup_.now();
  say(join(panel_, "\n"));
}

bool Terminal::confirm(const std::string& question) {
  if (setup_.assume_yes) {
    line(question + " (y/n): yes, by --yes");
    return true;
  }
  if (!setup_.can_ask) {
    fail(no_answer, fmt::format("there is no terminal to ask '{}'", question),
         "Give --yes to answer yes");
  }
  MutexLock lock(mutex_);
  erase();
  out_ << question << " (y/n): ";
  out_.flush();
  std::string answer;
  std::getline(in_, answer);
  const std::string word = to_lower(trim(answer));
  return word == "y" || word == "yes";
}

Secret ask_password_at_terminal(const std::string& whose) {
  const SilentTerminal terminal;
  if (!terminal.usable()) return {};
  terminal.write(fmt::format("Password for {}: ", whose));
  const std::string answer = terminal.read_line();
  terminal.write("\n");
  return Secret(answer);
}

}  // namespace voyager::cli
