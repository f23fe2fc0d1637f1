// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "base/text.hpp"
#include "model/change.hpp"
#include "model/durable_position.hpp"

namespace voyager::testing {

/// Stands for the change log, the only maker of durable positions.
struct Flush : ChangeLogFlush {
  using ChangeLogFlush::durable;
};

/// A change with its values copied, so that it outlives the stream's buffer.
struct Seen {
  std::string kind;  ///< begin, relation, I, U, D, truncate, barrier, commit
  std::string text;  ///< position, relation, barrier
  std::vector<std::string> before;
  std::vector<std::string> after;
};

inline std::string shown(const Value& value) {
  if (value.kind == Value::Kind::null) return "<null>";
  return value.kind == Value::Kind::unchanged ? "<same>" : std::string(value.text);
}

inline std::vector<std::string> shown(std::span<const Value> values) {
  std::vector<std::string> texts;
  for (const Value& value : values) texts.push_back(shown(value));
  return texts;
}

/// Copies events, and remembers the relations that changes refer to.
class Recorder {
 public:
  std::map<std::uint32_t, Relation> relations;

  Seen record(const ChangeEvent& event) {
    return std::visit([&](const auto& value) { return record_one(value); }, event);
  }

 private:
  static Seen record_one(const Begin& begin) { return {"begin", begin.position.text, {}, {}}; }
  static Seen record_one(const Commit& commit) { return {"commit", commit.position.text, {}, {}}; }
  static Seen record_one(const Barrier& barrier) { return {"barrier", barrier.id, {}, {}}; }
  Seen record_one(const Relation& relation) {
    relations[relation.id] = relation;
    return {"relation", relation.leaf.display(), {}, {}};
  }
  Seen record_one(const RowChange& change) {
    return {std::string(1, static_cast<char>(change.operation)),
            relations.at(change.relation).table.display(), shown(change.before),
            shown(change.after)};
  }
  Seen record_one(const Truncate& truncate) {
    std::vector<std::string> leaves;
    for (const std::uint32_t id : truncate.relations)
      leaves.push_back(relations.at(id).leaf.display());
    std::sort(leaves.begin(), leaves.end());
    return {"truncate", join(leaves, ","), {}, {truncate.restart_identity ? "restart" : ""}};
  }
};

}  // namespace voyager::testing
