// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace voyager::cli {

/// Which keys a configuration file may hold. The global level is the section "".
struct ConfigKeys {
  std::map<std::string, std::set<std::string>> sections;
  /// Sections that are allowed and not looked into.
  std::set<std::string> ignored_sections;
  /// Two names of the same section: only one of them may be used.
  std::vector<std::vector<std::string>> aliases;
};

/// The YAML file of --config-file: global keys, and sections of keys. Lists become comma-separated
/// text. Throws: E1020 when it can't be read or is not of this form, E1021 for a key or section
/// that is not known, naming it.
class ConfigFile {
 public:
  ConfigFile() = default;
  static ConfigFile load(const std::string& path);
  static ConfigFile parse(const std::string& yaml, const std::string& name);

  const std::string& name() const { return name_; }
  std::optional<std::string> value(const std::string& section, const std::string& key) const;
  void check(const ConfigKeys& known) const;

 private:
  std::string name_;
  std::map<std::string, std::map<std::string, std::string>> sections_;
};

}  // namespace voyager::cli
