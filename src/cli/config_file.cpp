// SPDX-License-Identifier: Apache-2.0
#include "cli/config_file.hpp"

#include <fmt/core.h>
#include <yaml-cpp/yaml.h>

#include "base/file.hpp"
#include "base/text.hpp"
#include "cli/cli_errors.hpp"

namespace voyager::cli {
namespace {

std::string scalar_or_list(const YAML::Node& node, const std::string& name,
                           const std::string& key) {
  if (node.IsNull()) return "";
  if (node.IsScalar()) return node.Scalar();
  if (!node.IsSequence())
    fail(config_unreadable, fmt::format("{}: {} is neither a value nor a list", name, key));
  std::vector<std::string> parts;
  for (const YAML::Node& part : node) {
    if (!part.IsScalar()) {
      fail(config_unreadable,
           fmt::format("{}: the list {} holds something else than values", name, key));
    }
    parts.push_back(part.Scalar());
  }
  return join(parts, ",");
}

std::string where(const std::string& section, const std::string& key) {
  return section.empty() ? key : section + ": " + key;
}

std::string known_names(const std::set<std::string>& names) {
  return join(std::vector<std::string>(names.begin(), names.end()), ", ");
}

}  // namespace

ConfigFile ConfigFile::load(const std::string& path) {
  try {
    return parse(read_file(path), path);
  } catch (const Error& error) {
    if (error.code() == config_unreadable) throw;
    fail(config_unreadable, fmt::format("the configuration file can't be read: {}", error.what()));
  }
}

ConfigFile ConfigFile::parse(const std::string& yaml, const std::string& name) {
  ConfigFile file;
  file.name_ = name;
  YAML::Node root;
  try {
    root = YAML::Load(yaml);
  } catch (const YAML::Exception& error) {
    // The library's message may quote the text; line and column are enough to find it.
    fail(config_unreadable, fmt::format("{} is not YAML: line {}, column {}", name,
                                        error.mark.line + 1, error.mark.column + 1));
  }
  if (root.IsNull()) return file;
  if (!root.IsMap())
    fail(config_unreadable, fmt::format("{} does not consist of keys and sections", name));
  for (const auto& entry : root) {
    const std::string key = entry.first.Scalar();
    if (!entry.second.IsMap()) {
      file.sections_[""][key] = scalar_or_list(entry.second, name, key);
      continue;
    }
    auto& section = file.sections_[key];
    for (const auto& inner : entry.second) {
      const std::string inner_key = inner.first.Scalar();
      section[inner_key] = scalar_or_list(inner.second, name, where(key, inner_key));
    }
  }
  return file;
}

std::optional<std::string> ConfigFile::value(const std::string& section,
                                             const std::string& key) const {
  const auto found = sections_.find(section);
  if (found == sections_.end()) return std::nullopt;
  const auto entry = found->second.find(key);
  if (entry == found->second.end()) return std::nullopt;
  return entry->second;
}

void ConfigFile::check(const ConfigKeys& known) const {
  for (const auto& [section, entries] : sections_) {
    if (known.ignored_sections.count(section) > 0) continue;
    const auto keys = known.sections.find(section);
    if (keys == known.sections.end())
      fail(config_unknown_key, fmt::format("{}: there is no section '{}'", name_, section));
    for (const auto& entry : entries) {
      if (keys->second.count(entry.first) == 0) {
        fail(config_unknown_key,
             fmt::format("{}: there is no key '{}'", name_, where(section, entry.first)),
             "Known here: " + known_names(keys->second));
      }
    }
  }
  for (const std::vector<std::string>& names : known.aliases) {
    std::vector<std::string> used;
    for (const std::string& name : names)
      if (sections_.count(name) > 0) used.push_back(name);
    if (used.size() > 1) {
      fail(config_unknown_key,
           fmt::format("{}: the sections {} mean the same command", name_, join(used, " and ")),
           "Keep one of them");
    }
  }
}

}  // namespace voyager::cli
