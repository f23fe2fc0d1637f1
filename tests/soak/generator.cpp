// SPDX-License-Identifier: Apache-2.0
#include "soak/generator.hpp"

#include <numeric>

#include "soak/draft.hpp"

namespace voyager::testing {
namespace {

void draw(Draft& draft, const std::vector<Operation>& operations) {
  int left = draft.dice(
      1, std::accumulate(operations.begin(), operations.end(), 0,
                         [](int sum, const Operation& one) { return sum + one.weight; }));
  for (const Operation& operation : operations) {
    left -= operation.weight;
    if (left <= 0) return operation.draw(draft);
  }
}

void draw_one(Draft& draft) {
  draw(draft, draft.one_in(4) ? shared_operations() : own_operations());
}

/// Steps whose effects a savepoint takes back; one inside another at times.
void draw_undone(Draft& draft) {
  const std::size_t first = draft.steps.size();
  draft.add("SAVEPOINT outer_one");
  draw_one(draft);
  if (draft.one_in(2)) {
    draft.add("SAVEPOINT inner_one");
    draw_one(draft);
    draft.add("RELEASE inner_one");
  }
  draft.add("ROLLBACK TO outer_one");
  for (std::size_t i = first; i < draft.steps.size(); ++i) draft.steps[i].effect = {};
}

Ending draw_ending(Draft& draft) {
  const bool two_phases = draft.one_in(12) && draft.dialect == Dialect::postgresql;
  const bool back = draft.one_in(10);
  if (two_phases) return back ? Ending::prepare_and_roll_back : Ending::prepare_and_commit;
  return back ? Ending::roll_back : Ending::commit;
}

}  // namespace

Generator::Generator(std::uint64_t seed, int application, int most_rows)
    : random_(seed * 1000 + static_cast<std::uint64_t>(application)),
      application_(application),
      most_rows_(most_rows) {}

Transaction Generator::next(Dialect dialect) {
  Transaction transaction;
  transaction.application = application_;
  transaction.number = ++last_number_;
  Draft draft{random_, application_, most_rows_, dialect};
  draft.add("INSERT INTO history VALUES (" + std::to_string(application_) + ", " +
                std::to_string(transaction.number) + ")",
            [key = std::to_string(application_) + " " + std::to_string(transaction.number)](
                Model& model) { model["history"][key] = {}; });
  const int operations = draft.one_in(3) ? 1 : draft.dice(2, 6);
  for (int i = 0; i < operations; ++i) draft.one_in(10) ? draw_undone(draft) : draw_one(draft);
  transaction.ending = draw_ending(draft);
  transaction.pause_millis = draft.dice(0, 60);
  transaction.steps = std::move(draft.steps);
  return transaction;
}

}  // namespace voyager::testing
