// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/secret.hpp"
#include "cli/config_file.hpp"

namespace voyager::cli {

/// The value of an environment variable; a parameter so that tests bring their own.
using Environment = std::function<std::optional<std::string>(const std::string& name)>;

/// One option of a command: its name, what it takes, and where its value goes.
struct Option {
  std::string name;    ///< without the dashes
  std::string letter;  ///< the one-letter form, or empty
  std::string takes;   ///< what stands behind it in the help; empty: takes no value
  std::string help;
  std::string group;            ///< heading in the help
  std::string default_text;     ///< shown in the help when not empty
  std::string variable;         ///< environment variable that stands in for it, or empty
  bool value_optional = false;  ///< without a value it means "true"
  bool is_required = false;
  bool is_hidden = false;
  bool given = false;  ///< on the command line, in the environment or in the configuration file
  /// Stores the text; returns what the option takes when it does not fit, else an empty string.
  std::function<std::string(const std::string& text)> assign;

  Option& required();
  Option& hidden();
  Option& environment(const std::string& name_of_variable);
};

struct NumberRange {
  std::int64_t smallest = 0;
  std::int64_t largest = 0;
};

/// The options of one command as a table: parsed from the command line, completed from the
/// environment and the configuration file (in this order of precedence), and printed as help from
/// the same entries.
///
/// Every declaring function binds a variable of the caller, whose present value is the default; it
/// must outlive the table. `names` is "name" or "name,letter". Throws: E1001 for a flag that does
/// not exist or lacks its value, E1002 for a value that does not fit, E1003 when a required one is
/// missing, E1004 for a value whose feature does not exist.
class OptionTable {
 public:
  /// Options declared from here on stand under this heading.
  void group(const std::string& title) { group_ = title; }

  Option& text(const std::string& names, std::string& value, const std::string& help);
  /// A file that must exist when it is given.
  Option& file(const std::string& names, std::string& value, const std::string& help);
  Option& number(const std::string& names, int& value, NumberRange range, const std::string& help);
  Option& number(const std::string& names, std::int64_t& value, NumberRange range,
                 const std::string& help);
  /// true, false, yes, no, 1, 0 in any case; the name alone means true.
  Option& boolean(const std::string& names, bool& value, const std::string& help);
  Option& boolean(const std::string& names, std::optional<bool>& value, const std::string& help);
  /// Takes no value.
  Option& flag(const std::string& names, bool& value, const std::string& help);
  Option& list(const std::string& names, std::vector<std::string>& value, const std::string& help);
  /// One of the given words, in any case; stored as spelled here.
  Option& choice(const std::string& names, std::string& value,
                 const std::vector<std::string>& choices, const std::string& help);
  Option& secret(const std::string& names, std::optional<Secret>& value, const std::string& help);
  /// Accepted without effect, because the result is the same either way; the help says so.
  Option& hint(const std::string& name, const std::string& takes, const std::string& why);
  /// Only the value that is this program's behaviour is accepted; others are refused with the
  /// reason.
  Option& only(const std::string& name, const std::string& accepted, const std::string& reason);
  /// A key of the configuration file that stands for an environment variable and has no flag.
  void config_variable(const std::string& key, const std::string& variable);

  /// Parses the arguments after the command's words.
  void parse_arguments(const std::vector<std::string>& arguments);
  /// Fills what the command line did not give from the environment.
  void apply_environment(const Environment& environment);
  /// Fills what is still not given; `sections` are the command's own section names.
  void apply_config(const ConfigFile& config, const std::vector<std::string>& sections);
  void check_required() const;

  bool help_wanted() const { return help_wanted_; }
  bool given(const std::string& name) const;
  /// The options as text for people, without usage line.
  std::string help() const;
  /// Names of all options, hidden ones too, and of configuration-only keys.
  std::vector<std::string> names() const;
  /// Environment variables that the configuration file sets for this run.
  const std::map<std::string, std::string>& exported_variables() const { return exported_; }

 private:
  Option& add(const std::string& names, std::string takes, const std::string& help);
  const Option* find(const std::string& name) const;
  [[noreturn]] void fail_unknown(const std::string& argument) const;

  std::string group_ = "Options";
  std::deque<Option> options_;
  std::map<std::string, std::string> config_variables_;  // key → variable
  std::map<std::string, std::string> exported_;
  bool help_wanted_ = false;
};

/// Where an option's value stands in the configuration file: the section ("" for the global level,
/// "source", "target", "source-replica", or nothing for the command's own section) and the key.
struct ConfigPlace {
  std::optional<std::string> section;
  std::string key;
};
ConfigPlace config_place(const std::string& option_name);

/// The word of `candidates` that the misspelled one probably means, or nothing.
std::optional<std::string> closest(const std::string& word,
                                   const std::vector<std::string>& candidates);

}  // namespace voyager::cli
