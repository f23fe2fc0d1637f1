// SPDX-License-Identifier: Apache-2.0
#include "changes/batch.hpp"

#include <algorithm>
#include <cstdlib>

#include "base/text.hpp"

namespace voyager::changes {

BatchLimits limits_from_environment() {
  BatchLimits limits;
  const char* changes = std::getenv("MAX_EVENTS_PER_BATCH");
  if (changes == nullptr) return limits;
  constexpr auto most = static_cast<std::int64_t>(BatchLimits{}.batch_changes);
  limits.batch_changes = static_cast<std::size_t>(
      std::clamp<std::int64_t>(parse_int(changes).value_or(most), 1, most));
  return limits;
}

BatchLimits at_distance(BatchLimits limits, std::chrono::microseconds round_trip) {
  constexpr std::chrono::milliseconds far{10};
  constexpr std::size_t times_as_large = 3;
  if (round_trip < far || limits.batch_changes < BatchLimits{}.batch_changes) return limits;
  limits.batch_changes *= times_as_large;
  limits.piece_changes *= times_as_large;
  return limits;
}

SingleChange::SingleChange(Relation relation, const RowChange& change)
    : relation_(std::move(relation)),
      operation_(change.operation),
      before_(keep(change.before)),
      after_(keep(change.after)),
      bytes_(memory_->bytes() + (before_.size() + after_.size()) * sizeof(Value)) {}

std::vector<Value> SingleChange::keep(std::span<const Value> values) {
  std::vector<Value> kept(values.begin(), values.end());
  for (Value& value : kept) {
    if (value.kind == Value::Kind::text) value.text = memory_->keep(value.text);
  }
  return kept;
}

std::size_t bytes_of(const Work& work) {
  if (const auto* piece = std::get_if<Piece>(&work)) return piece->bytes;
  if (const auto* single = std::get_if<SingleChange>(&work)) return single->bytes();
  return 0;
}

}  // namespace voyager::changes
