#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A live migration under load, command by command, from new servers to the proof. Called by ./dev demo. Each story is a
# function below; their steps are in demo_steps.sh.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

usage() {
  cat >&2 <<'TEXT'
usage: ./dev demo [--fall-forward | --fall-back | --target-only] [--keep] [--rows N] [--rate ROWS_PER_SECOND]
TEXT
  exit 2
}

keep=0
story=fall_forward
rows=
rate=
while [[ $# -gt 0 ]]; do
  case "$1" in
    --keep) keep=1 ;;
    --rows) rows="${2:?}"; shift ;;
    --rate) rate="${2:?}"; shift ;;
    --fall-forward) story=fall_forward ;;
    --fall-back) story=fall_back ;;
    --target-only) story=target_only ;;
    *) usage ;;
  esac
  shift
done
# The story without a way back has more rows, and a longer time of streaming.
if [[ $story == target_only ]]; then
  rows="${rows:-1100000}" rate="${rate:-4000}" steady=10
else
  rows="${rows:-300000}" rate="${rate:-3000}" steady=5
fi

DIR="$(mktemp -d /tmp/voyager-demo.XXXXXX)"
BUILD="$PWD/${VOYAGER_BUILD:-build/dev}"
chmod 755 "$DIR"
began=$SECONDS
. tools/demo_servers.sh
. tools/demo_steps.sh

PGPASSWORD="$(head -c 12 /dev/urandom | base64 | tr -dc 'a-zA-Z0-9')"
export PGPASSWORD SOURCE_DB_PASSWORD="$PGPASSWORD" TARGET_DB_PASSWORD="$PGPASSWORD"
export SOURCE_REPLICA_DB_PASSWORD="$PGPASSWORD"
export QUEUE_SEGMENT_MAX_BYTES=1048576  # small, so that there is something to archive
export PATH="$BUILD:$PATH"

show_ends_of_logs() {
  local log
  for log in "$DIR"/*.log; do
    [[ -s $log ]] && { echo "--- the end of $(basename "$log")"; tail -n 15 "$log"; }
  done
}

clean_up() {
  local code=$?
  trap - EXIT INT TERM
  stop_everything
  [[ $code -eq 0 ]] || show_ends_of_logs
  if [[ $keep -eq 1 ]]; then
    tell_how_to_reach
  else
    stop_servers "${databases[@]}"
    rm -rf "$DIR"
  fi
  exit "$code"
}
trap clean_up EXIT
trap 'exit 130' INT TERM

# --- what the stories share

# begin_under_load <database...>: up to the schema on the target, while applications write to the source.
begin_under_load() {
  headline "new servers: $* (the target is a PostgreSQL that looks like YugabyteDB)"
  open_servers "$@"
  headline "a shop with $rows rows"
  fill_source
  headline "the applications write $rate rows per second to the source from now on"
  start_writers source
  mkdir -m 700 "$export_dir"
  headline "schema"
  move_schema
}

# leave_source <flag...>: the cutover to the target; everybody has everything, and nobody writes.
leave_source() {
  headline "cutover to the target: the applications on the source stop writing"
  cutover 'source → target' yb-voyager initiate cutover to target "$@"
  pause_forward="$pause"
  headline "what is left to do on the target, and the proof"
  finalize_target
  verify source target
  take_counts
  applied_forward="${count[target imported changes]}"
}

# leave_target <place> <direction>: the cutover of the way back.
leave_target() {
  headline "cutover to the $1: the applications on the target stop writing"
  cutover "$2" yb-voyager initiate cutover to "$1"
}

prove() {
  rows_proven="$(sql_on target -c "$count_rows")"
  tables_proven="$(sql_on target -c "$count_tables")"
  run yb-voyager get data-migration-report --export-dir "$export_dir"
  take_counts
}

# end_story <database>: it takes writes, and the migration leaves nothing behind.
end_story() {
  headline "the applications write to the $1"
  write_again "$1"
  headline "end"
  finish_archive
  end_migration
}

# --- the stories

target_only() {
  begin_under_load source target
  headline "snapshot and changes"
  start_data
  follow target
  start_archive
  headline "how it stands"
  show_status
  leave_source --prepare-for-fall-back false
  finish export
  finish import
  prove
  end_story target
  printf '\nProven: %s tables, %s rows, %s changes applied, %s seconds without writes\n' \
    "$tables_proven" "$rows_proven" "$applied_forward" "$pause_forward"
}

fall_forward() {
  begin_under_load source target source-replica
  run yb-voyager import schema to source-replica --export-dir "$export_dir" "${replica_flags[@]}"
  headline "snapshot and changes, to the target and to the source-replica"
  start_data
  start replica yb-voyager import data to source-replica --export-dir "$export_dir" "${replica_flags[@]}" \
    --parallel-jobs 2 --disable-pb true
  follow target source-replica
  start_archive
  headline "how it stands"
  show_status
  run yb-voyager import data status --export-dir "$export_dir" --database source-replica
  leave_source
  finish export
  expect_line import "This import data to target process is export data from target from now on."
  verify source source-replica
  verify target source-replica

  headline "the applications write to the target, and the source-replica follows"
  start_writers target
  follow source-replica
  leave_target source-replica 'target → source-replica'
  finish import
  finish replica
  headline "what is left to do on the source-replica, and the proof"
  quietly finalize-replica.log yb-voyager import schema to source-replica --export-dir "$export_dir" \
    "${replica_flags[@]}" --post-snapshot-import true --refresh-mviews true
  verify target source-replica
  prove
  end_story source-replica
  printf '\nProven: %s tables, %s rows; changes applied: %s source → target, %s source → source-replica, %s target → source-replica; %s seconds without writes at the cutover to the target, %s at the cutover to the source-replica\n' \
    "$tables_proven" "$rows_proven" "$applied_forward" "${count[source exported changes]}" \
    "$((${count[source-replica imported changes]} - ${count[source exported changes]}))" "$pause_forward" "$pause"
}

# The processes of the way back die and come back by their own names.
kill_and_start_again() {
  kill_hard import
  kill_hard export
  start import-again yb-voyager export data from target --export-dir "$export_dir" --disable-pb true
  start export-again yb-voyager import data to source --export-dir "$export_dir" --disable-pb true
}

fall_back() {
  begin_under_load source target
  headline "snapshot and changes"
  start_data
  follow target
  start_archive
  headline "how it stands"
  show_status
  leave_source --prepare-for-fall-back true
  expect_line import "This import data to target process is export data from target from now on."
  expect_line export "This export data from source process is import data to source from now on."

  headline "the applications write to the target, and the source follows"
  start_writers target
  follow source
  headline "both processes are killed, and started again by their own names"
  kill_and_start_again
  follow source
  leave_target source 'target → source'
  finish import-again
  finish export-again
  headline "the proof"
  verify source target
  prove
  end_story source
  printf '\nProven: %s tables, %s rows; changes applied: %s source → target, %s target → source; %s seconds without writes at the cutover to the target, %s at the cutover to the source\n' \
    "$tables_proven" "$rows_proven" "$applied_forward" "${count[source imported changes]}" "$pause_forward" "$pause"
}

"$story"
