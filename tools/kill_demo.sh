#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The kill loop, many times over: kill -9 of either process at random moments of a migration under load, to the target
# and on the way back, the same command again, and both sides must end equal. Prints the seed of each run; VOYAGER_SEED=n
# repeats one.
#
# usage: tools/kill_demo.sh [rounds]   (default 20; each is three migrations to the target and two that also fall back)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
rounds="${1:-20}"
test="${VOYAGER_BUILD:-build/dev}/tests/crash/kill_loop_test"
[[ -x $test ]] || { echo "$test is not there: run ./dev build first" >&2; exit 2; }
failed=0
for ((round = 1; round <= rounds; round++)); do
  seed="${VOYAGER_SEED:-$((RANDOM * 32768 + RANDOM))}"
  if VOYAGER_SEED="$seed" "$test" --gtest_filter='KillLoop.*' >"/tmp/voyager-kill-$$.log" 2>&1; then
    echo "round $round of $rounds, seed $seed: equal"
  else
    failed=$((failed + 1))
    echo "round $round of $rounds, seed $seed: FAILED"
    tail -n 40 "/tmp/voyager-kill-$$.log"
  fi
  rm -f "/tmp/voyager-kill-$$.log"
done
echo "$((rounds - failed)) rounds equal, $failed failed"
[[ $failed -eq 0 ]]
