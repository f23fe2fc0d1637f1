// SPDX-License-Identifier: Apache-2.0
#include "cli/option_table.hpp"

#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>

#include "base/text.hpp"
#include "cli/cli_errors.hpp"

namespace voyager::cli {
namespace {

std::optional<bool> parse_boolean(const std::string& text) {
  const std::string word = to_lower(text);
  if (word == "true" || word == "yes" || word == "1") return true;
  if (word == "false" || word == "no" || word == "0") return false;
  return std::nullopt;
}

constexpr const char* boolean_words = "true, false, yes, no, 1 or 0";

template <typename T>
std::function<std::string(const std::string&)> assign_boolean(T& value) {
  return [&value](const std::string& text) -> std::string {
    const std::optional<bool> parsed = parse_boolean(text);
    if (!parsed) return boolean_words;
    value = *parsed;
    return "";
  };
}

template <typename T>
std::function<std::string(const std::string&)> assign_number(T& value, NumberRange range) {
  return [&value, range](const std::string& text) -> std::string {
    const std::optional<std::int64_t> parsed = parse_int(text);
    if (!parsed || *parsed < range.smallest || *parsed > range.largest)
      return fmt::format("a whole number from {} to {}", range.smallest, range.largest);
    value = static_cast<T>(*parsed);
    return "";
  };
}

std::string not_empty(std::int64_t number) {
  return number == 0 ? "" : std::to_string(number);
}

void assign_or_fail(const Option& option, const std::string& text, const std::string& origin) {
  const std::string expected = option.assign(text);
  if (expected.empty()) return;
  // A password never stands in a message; it has no form that it could violate either.
  fail(bad_value, fmt::format("{} takes {}, not '{}'", origin, expected, text));
}

std::vector<std::string> list_of(const std::string& text) {
  std::vector<std::string> parts;
  for (const std::string& part : split(text, ',')) {
    const std::string_view name = trim(part);
    if (!name.empty()) parts.emplace_back(name);
  }
  return parts;
}

std::string flag_text(const Option& option) {
  std::string text = option.letter.empty() ? "    " : fmt::format("-{}, ", option.letter);
  text += "--" + option.name;
  if (option.takes.empty()) return text;
  return text + (option.value_optional ? fmt::format(" [{}]", option.takes) : " " + option.takes);
}

// Stands for a blank where a line must not be broken.
constexpr char firm_blank = '\x1f';

std::string help_text(const Option& option) {
  const auto remark = [](std::string text) {
    std::replace(text.begin(), text.end(), ' ', firm_blank);
    return " " + text;
  };
  std::string text = option.help;
  if (option.is_required) text += remark("(required)");
  if (!option.variable.empty()) text += remark(fmt::format("(environment: {})", option.variable));
  if (!option.default_text.empty())
    text += remark(fmt::format("(default {})", option.default_text));
  return text;
}

/// Breaks text at blanks; the lines after the first are indented.
std::string wrapped(const std::string& text, std::size_t width, std::size_t indent) {
  std::string result;
  std::size_t column = 0;
  for (const std::string& word : split(text, ' ')) {
    if (column > 0 && column + 1 + word.size() > width) {
      result += "\n" + std::string(indent, ' ');
      column = 0;
    }
    if (column > 0) {
      result += ' ';
      ++column;
    }
    result += word;
    column += word.size();
  }
  std::replace(result.begin(), result.end(), firm_blank, ' ');
  return result;
}

std::size_t edit_distance(const std::string& a, const std::string& b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replace = diagonal + (a[i - 1] == b[j - 1] ? 0U : 1U);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, replace});
    }
  }
  return row[b.size()];
}

/// The flags that mean "true" alone, written out. (CLI11 can't tell a missing value from an empty
/// one, and an empty one must not mean yes.)
std::vector<std::string> with_written_values(const std::deque<Option>& options,
                                             std::vector<std::string> arguments) {
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    if (i + 1 < arguments.size() && arguments[i + 1].rfind('-', 0) != 0) continue;
    const bool alone = std::any_of(options.begin(), options.end(), [&](const Option& option) {
      return option.value_optional && arguments[i] == "--" + option.name;
    });
    if (alone) arguments[i] += "=true";
  }
  return arguments;
}

/// Hands the arguments to CLI11, which only cuts them into options and values here: values are
/// checked by this table, so that the command line, the environment and the file give the same
/// messages.
std::map<std::string, std::string> cut_arguments(const std::deque<Option>& options,
                                                 std::vector<std::string> arguments,
                                                 std::vector<std::string>& rest) {
  CLI::App app;
  app.set_help_flag();
  app.allow_extras();
  std::map<std::string, CLI::Option*> parsed;
  for (const Option& option : options) {
    const std::string names = option.letter.empty()
                                  ? "--" + option.name
                                  : fmt::format("-{},--{}", option.letter, option.name);
    CLI::Option* entry =
        option.takes.empty() ? app.add_flag(names) : app.add_option(names)->expected(1);
    entry->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
    parsed[option.name] = entry;
  }
  arguments = with_written_values(options, std::move(arguments));
  std::reverse(arguments.begin(), arguments.end());
  try {
    app.parse(arguments);
  } catch (const CLI::ArgumentMismatch& error) {
    const std::string text = error.what();
    fail(unknown_flag, text.substr(0, text.find(':')) + " needs a value");
  } catch (const CLI::ParseError& error) {
    fail(unknown_flag, error.what());
  }
  rest = app.remaining();
  std::map<std::string, std::string> values;
  for (const auto& [name, entry] : parsed)
    if (entry->count() > 0) values[name] = entry->results().back();
  return values;
}

}  // namespace

Option& Option::required() {
  is_required = true;
  return *this;
}

Option& Option::hidden() {
  is_hidden = true;
  return *this;
}

Option& Option::environment(const std::string& name_of_variable) {
  variable = name_of_variable;
  return *this;
}

Option& OptionTable::add(const std::string& names, std::string takes, const std::string& help) {
  const std::vector<std::string> parts = split(names, ',');
  Option option;
  option.name = parts[0];
  option.letter = parts.size() > 1 ? parts[1] : "";
  option.takes = std::move(takes);
  option.help = help;
  option.group = group_;
  options_.push_back(std::move(option));
  return options_.back();
}

Option& OptionTable::text(const std::string& names, std::string& value, const std::string& help) {
  Option& option = add(names, "TEXT", help);
  option.default_text = value;
  option.assign = [&value](const std::string& text) {
    value = text;
    return std::string();
  };
  return option;
}

Option& OptionTable::file(const std::string& names, std::string& value, const std::string& help) {
  Option& option = text(names, value, help);
  option.takes = "FILE";
  option.assign = [&value](const std::string& path) -> std::string {
    std::error_code ignored;
    if (!std::filesystem::exists(path, ignored)) return "a file that exists";
    value = path;
    return "";
  };
  return option;
}

Option& OptionTable::number(const std::string& names, int& value, NumberRange range,
                            const std::string& help) {
  Option& option = add(names, "NUMBER", help);
  option.default_text = not_empty(value);
  option.assign = assign_number(value, range);
  return option;
}

Option& OptionTable::number(const std::string& names, std::int64_t& value, NumberRange range,
                            const std::string& help) {
  Option& option = add(names, "NUMBER", help);
  option.default_text = not_empty(value);
  option.assign = assign_number(value, range);
  return option;
}

Option& OptionTable::boolean(const std::string& names, bool& value, const std::string& help) {
  Option& option = add(names, "true|false", help);
  option.value_optional = true;
  option.default_text = value ? "true" : "false";
  option.assign = assign_boolean(value);
  return option;
}

Option& OptionTable::boolean(const std::string& names, std::optional<bool>& value,
                             const std::string& help) {
  Option& option = add(names, "true|false", help);
  option.value_optional = true;
  option.assign = assign_boolean(value);
  return option;
}

Option& OptionTable::flag(const std::string& names, bool& value, const std::string& help) {
  Option& option = add(names, "", help);
  option.assign = assign_boolean(value);
  return option;
}

Option& OptionTable::list(const std::string& names, std::vector<std::string>& value,
                          const std::string& help) {
  Option& option = add(names, "LIST", help);
  option.assign = [&value](const std::string& text) {
    value = list_of(text);
    return std::string();
  };
  return option;
}

Option& OptionTable::choice(const std::string& names, std::string& value,
                            const std::vector<std::string>& choices, const std::string& help) {
  Option& option = add(names, join(choices, "|"), help);
  option.default_text = value;
  option.assign = [&value, choices](const std::string& text) -> std::string {
    for (const std::string& word : choices) {
      if (to_lower(word) != to_lower(text)) continue;
      value = word;
      return "";
    }
    return "one of " + join(choices, ", ");
  };
  return option;
}

Option& OptionTable::secret(const std::string& names, std::optional<Secret>& value,
                            const std::string& help) {
  Option& option = add(names, "PASSWORD", help);
  option.assign = [&value](const std::string& text) {
    value = Secret(text);
    return std::string();
  };
  return option;
}

Option& OptionTable::hint(const std::string& name, const std::string& takes,
                          const std::string& why) {
  Option& option = add(name, takes, "accepted without effect: " + why);
  option.value_optional = takes == "true|false";
  option.assign = [](const std::string&) { return std::string(); };
  return option;
}

Option& OptionTable::only(const std::string& name, const std::string& accepted,
                          const std::string& reason) {
  Option& option = add(name, accepted, "only " + accepted + ": " + reason);
  const std::optional<bool> accepted_boolean = parse_boolean(accepted);
  const bool is_boolean = accepted_boolean.has_value() && accepted != "0";
  option.value_optional = is_boolean;
  option.assign = [=](const std::string& text) {
    const bool fits =
        is_boolean ? parse_boolean(text) == accepted_boolean : to_lower(text) == to_lower(accepted);
    if (!fits) fail(not_available, fmt::format("--{} {} is not available: {}", name, text, reason));
    return std::string();
  };
  return option;
}

void OptionTable::config_variable(const std::string& key, const std::string& variable) {
  config_variables_[key] = variable;
}

void OptionTable::parse_arguments(const std::vector<std::string>& arguments) {
  std::deque<Option> known = options_;
  Option help_option;
  help_option.name = "help";
  help_option.letter = "h";
  known.push_back(help_option);
  std::vector<std::string> rest;
  const auto values = cut_arguments(known, arguments, rest);
  help_wanted_ = values.count("help") > 0;
  if (!rest.empty()) fail_unknown(rest.front());
  if (help_wanted_) return;
  for (Option& option : options_) {
    const auto value = values.find(option.name);
    if (value == values.end()) continue;
    assign_or_fail(option, option.takes.empty() ? "true" : value->second, "--" + option.name);
    option.given = true;
  }
}

void OptionTable::fail_unknown(const std::string& argument) const {
  if (argument.rfind('-', 0) != 0)
    fail(unknown_flag, fmt::format("'{}' belongs to no flag", argument));
  const std::string flag = argument.substr(0, argument.find('='));
  std::vector<std::string> flags;
  for (const Option& option : options_) flags.push_back("--" + option.name);
  const std::optional<std::string> meant = closest(flag, flags);
  fail(unknown_flag, fmt::format("there is no flag {} here", flag),
       meant ? fmt::format("Did you mean {}?", *meant) : "--help lists the flags");
}

void OptionTable::apply_environment(const Environment& environment) {
  for (Option& option : options_) {
    if (option.given || option.variable.empty()) continue;
    const std::optional<std::string> value = environment(option.variable);
    if (!value) continue;
    assign_or_fail(option, *value, option.variable);
    option.given = true;
  }
}

void OptionTable::apply_config(const ConfigFile& config, const std::vector<std::string>& sections) {
  const auto lookup = [&](const ConfigPlace& place, std::string& section) {
    std::optional<std::string> value;
    for (const std::string& name :
         place.section ? std::vector<std::string>{*place.section} : sections) {
      value = config.value(name, place.key);
      section = name;
      if (value) break;
    }
    return value;
  };
  std::string section;
  for (Option& option : options_) {
    if (option.given) continue;
    const ConfigPlace place = config_place(option.name);
    const std::optional<std::string> value = lookup(place, section);
    if (!value) continue;
    const std::string path = section.empty() ? place.key : section + ": " + place.key;
    assign_or_fail(option, *value, fmt::format("{} in {}", path, config.name()));
    option.given = true;
  }
  for (const auto& [key, variable] : config_variables_) {
    const std::optional<std::string> value = lookup({std::nullopt, key}, section);
    if (value) exported_[variable] = *value;
  }
}

void OptionTable::check_required() const {
  std::vector<std::string> missing;
  for (const Option& option : options_)
    if (option.is_required && !option.given) missing.push_back("--" + option.name);
  if (!missing.empty()) fail(missing_flag, "missing: " + join(missing, ", "));
}

const Option* OptionTable::find(const std::string& name) const {
  const auto found = std::find_if(options_.begin(), options_.end(),
                                  [&](const Option& option) { return option.name == name; });
  return found == options_.end() ? nullptr : &*found;
}

bool OptionTable::given(const std::string& name) const {
  const Option* option = find(name);
  return option != nullptr && option->given;
}

std::string OptionTable::help() const {
  constexpr std::size_t help_column = 44;
  constexpr std::size_t text_width = 72;
  std::vector<std::string> groups;
  for (const Option& option : options_) {
    if (std::find(groups.begin(), groups.end(), option.group) == groups.end())
      groups.push_back(option.group);
  }
  std::string text;
  for (const std::string& title : groups) {
    text += "\n" + title + ":\n";
    for (const Option& option : options_) {
      if (option.group != title || option.is_hidden) continue;
      std::string line = "  " + flag_text(option);
      line += line.size() + 2 > help_column ? "\n" + std::string(help_column, ' ')
                                            : std::string(help_column - line.size(), ' ');
      text += line + wrapped(help_text(option), text_width, help_column) + "\n";
    }
  }
  return text;
}

std::vector<std::string> OptionTable::names() const {
  std::vector<std::string> names;
  for (const Option& option : options_) names.push_back(option.name);
  for (const auto& entry : config_variables_) names.push_back(entry.first);
  return names;
}

ConfigPlace config_place(const std::string& option_name) {
  static const std::vector<std::string> global = {"export-dir", "log-level", "send-diagnostics"};
  if (std::find(global.begin(), global.end(), option_name) != global.end())
    return {"", option_name};
  if (option_name.rfind("oracle-", 0) == 0) return {"source", option_name};
  for (const std::string side : {"source-replica", "source", "target"}) {
    for (const std::string kind : {"-db-", "-ssl-", "-read-replica-"}) {
      if (option_name.rfind(side + kind, 0) == 0)
        return {side, option_name.substr(side.size() + 1)};
    }
  }
  return {std::nullopt, option_name};
}

std::optional<std::string> closest(const std::string& word,
                                   const std::vector<std::string>& candidates) {
  std::optional<std::string> best;
  std::size_t best_distance = std::max<std::size_t>(2, word.size() / 3) + 1;
  for (const std::string& candidate : candidates) {
    const std::size_t distance = edit_distance(word, candidate);
    if (distance >= best_distance) continue;
    best_distance = distance;
    best = candidate;
  }
  return best;
}

}  // namespace voyager::cli
