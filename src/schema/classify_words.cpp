// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <string_view>

#include "base/text.hpp"
#include "schema/classify.hpp"
#include "schema/tokens.hpp"

namespace voyager::schema {
namespace {

using Words = std::vector<std::string>;

/// Words that may stand between CREATE or ALTER and the kind of object.
bool is_modifier(const std::string& word) {
  constexpr std::array<std::string_view, 12> modifiers{
      "or",       "replace", "global",     "local",   "temp",       "temporary",
      "unlogged", "unique",  "constraint", "trusted", "procedural", "recursive"};
  return std::find(modifiers.begin(), modifiers.end(), word) != modifiers.end();
}

struct Beginning {
  std::string_view words;
  ObjectType type;
};

std::optional<ObjectType> type_by_beginning(const std::string& text) {
  using enum ObjectType;
  // Longer ones first where one begins like another.
  static const std::vector<Beginning> beginnings{
      {"access method ", access_method},
      {"aggregate ", aggregate},
      {"cast ", cast},
      {"collation ", collation},
      {"conversion ", conversion},
      {"default conversion ", conversion},
      {"domain ", domain},
      {"event trigger ", trigger},
      {"extension ", extension},
      {"foreign data wrapper ", foreign_server},
      {"foreign table ", foreign_table},
      {"function ", function},
      {"index ", index},
      {"language ", language},
      {"materialized view ", mview},
      {"operator ", operators},
      {"policy ", policy},
      {"procedure ", procedure},
      {"rule ", rule},
      {"schema ", schema},
      {"sequence ", sequence},
      {"server ", foreign_server},
      {"statistics ", statistics},
      {"table ", table},
      {"text search ", text_search},
      {"transform ", transform},
      {"trigger ", trigger},
      {"type ", type},
      {"user mapping ", foreign_server},
      {"view ", view},
  };
  for (const Beginning& beginning : beginnings) {
    if (text.compare(0, beginning.words.size(), beginning.words) == 0) return beginning.type;
  }
  return std::nullopt;
}

bool has_sequence(const Words& words, const Words& wanted) {
  return std::search(words.begin(), words.end(), wanted.begin(), wanted.end()) != words.end();
}

/// The words after CREATE or ALTER, without modifiers, as far as they decide the kind.
std::string kind_words(const Words& words) {
  constexpr std::size_t longest_kind = 3;
  std::string text;
  std::size_t taken = 0;
  for (std::size_t i = 1; i < words.size() && taken <= longest_kind; ++i) {
    if (taken == 0 && is_modifier(words[i])) continue;
    text += words[i] + " ";
    ++taken;
  }
  return text;
}

/// CREATE [UNIQUE] INDEX [(NON)CONCURRENTLY] [IF NOT EXISTS] name ON [ONLY] schema.table ...
std::optional<QualifiedName> index_name(const Words& words) {
  const auto is_filler = [](const std::string& word) {
    constexpr std::array<std::string_view, 5> fillers{"concurrently", "nonconcurrently", "if",
                                                      "not", "exists"};
    return std::find(fillers.begin(), fillers.end(), word) != fillers.end();
  };
  auto at = std::find(words.begin(), words.end(), "index");
  if (at != words.end()) at = std::find_if_not(at + 1, words.end(), is_filler);
  if (words.end() - at < 3 || *at == "on") return std::nullopt;
  const std::string& name = *at;
  at = std::find(at, words.end(), "on");
  if (at != words.end()) ++at;
  if (at != words.end() && *at == "only") ++at;
  const bool qualified = words.end() - at > 2 && *(at + 1) == ".";
  return QualifiedName{qualified ? *at : std::string(), name};
}

Facts created(const Words& words) {
  Facts facts;
  facts.type = type_by_beginning(kind_words(words));
  if (facts.type == ObjectType::trigger) facts.after_data = true;
  if (facts.type == ObjectType::index) {
    facts.after_data = words[1] != "unique";
    if (const auto name = index_name(words)) {
      facts.defines.push_back(object_key("index", {name->schema, name->name}));
      if (!name->schema.empty()) facts.index = name;
    }
  }
  if (facts.type == ObjectType::table)
    facts.states_colocation =
        has_sequence(words, {"colocation", "="}) || has_sequence(words, {"colocated", "="});
  return facts;
}

Facts altered(const Words& words) {
  Facts facts;
  facts.type = type_by_beginning(kind_words(words));
  if (facts.type == ObjectType::sequence) facts.role = StatementRole::sequence_owner;
  if (has_sequence(words, {"replica", "identity"})) facts.role = StatementRole::replica_identity;
  if (has_sequence(words, {"foreign", "key"})) facts.role = StatementRole::foreign_key;
  const bool has_constraints = facts.type == ObjectType::table || facts.type == ObjectType::domain;
  if (has_constraints && has_sequence(words, {"not", "valid"})) facts.after_data = true;
  if (facts.type == ObjectType::trigger) facts.after_data = true;
  return facts;
}

}  // namespace

Facts classify_words(const std::string& statement) {
  Words words;
  for (const Token& token : scan_tokens(statement)) words.push_back(word_of(statement, token));
  Facts facts;
  if (words.size() < 2) return facts;
  if (words[0] == "create") return created(words);
  if (words[0] == "alter") return altered(words);
  if (words[0] == "comment" && words[1] == "on") facts.type = ObjectType::comment;
  if (words[0] == "set") facts.role = StatementRole::session_setting;
  return facts;
}

}  // namespace voyager::schema
