#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Measures yb-voyager beside peers that need nothing but PostgreSQL, on one machine and in alternating rounds, so that
# the ratio holds when the machine's speed drifts. Every run is verified by row hashes. Called by ./dev bench.
#
# snapshot: pgbench tables, source → files → target, beside two psql pipes of COPY BINARY (which write no files)
# changes:  a backlog of TPC-B-like transactions, captured into the change log and applied, beside a native subscription
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

rows=2000000
rounds=3
while [[ $# -gt 0 ]]; do
  case "$1" in
    --rows) rows="$2"; shift ;;
    --rounds) rounds="$2"; shift ;;
    *) echo "usage: ./dev bench [--rows N] [--rounds N]" >&2; exit 2 ;;
  esac
  shift
done
scale=$(((rows + 99999) / 100000))
transactions=$((rows / 20))

DIR="$(mktemp -d /tmp/voyager-bench.XXXXXX)"
BUILD="$PWD/${VOYAGER_BUILD:-build/release}"
chmod 755 "$DIR"
. tools/demo_servers.sh
PGPASSWORD="$(head -c 12 /dev/urandom | base64 | tr -dc 'a-zA-Z0-9')"
export PGPASSWORD SOURCE_DB_PASSWORD="$PGPASSWORD" TARGET_DB_PASSWORD="$PGPASSWORD"
export PATH="$BUILD:$pg_programs:$PATH"
background=()

clean_up() {
  local code=$? pid
  trap - EXIT INT TERM
  for pid in "${background[@]}"; do kill "$pid" 2>/dev/null || true; done
  for pid in "${background[@]}"; do wait "$pid" 2>/dev/null || true; done
  if [[ $code -ne 0 ]]; then tail -n 5 "$DIR"/*.log; fi
  stop_servers source target
  rm -rf "$DIR"
  exit "$code"
}
trap clean_up EXIT
trap 'exit 130' INT TERM

source_port="$(free_port)"
target_port="$(free_port)"
start_server source "$source_port"
start_server target "$target_port"
on_source() { psql -XqAt -v ON_ERROR_STOP=1 -h 127.0.0.1 -U ybvoyager -p "$source_port" -d "${1:?}" "${@:2}"; }
on_target() { psql -XqAt -v ON_ERROR_STOP=1 -h 127.0.0.1 -U ybvoyager -p "$target_port" -d "${1:?}" "${@:2}"; }
on_source postgres -c 'CREATE DATABASE bench'
pgbench -h 127.0.0.1 -p "$source_port" -U ybvoyager -i -q -s "$scale" --no-vacuum bench >"$DIR/init.log" 2>&1
on_source bench -c 'ALTER TABLE pgbench_history REPLICA IDENTITY FULL' -c 'VACUUM ANALYZE'
pg_dump -s -h 127.0.0.1 -p "$source_port" -U ybvoyager bench >"$DIR/schema.sql"
source_flags=(--source-db-type postgresql --source-db-host 127.0.0.1 --source-db-port "$source_port"
  --source-db-user ybvoyager --source-db-name bench --source-db-schema public --disable-pb true)

seconds_since() { python3 -c "print(f'{${EPOCHREALTIME/,/.} - $1:.2f}')"; }
now() { echo "${EPOCHREALTIME/,/.}"; }

# The sum of all row hashes of a database's four tables.
hash_sql="SELECT sum(h) FROM (SELECT hashtextextended(a::text, 0)::numeric h FROM pgbench_accounts a
  UNION ALL SELECT hashtextextended(t::text, 1) FROM pgbench_tellers t
  UNION ALL SELECT hashtextextended(b::text, 2) FROM pgbench_branches b
  UNION ALL SELECT hashtextextended(h::text, 3) FROM pgbench_history h) x"
expect_equal() {
  [[ "$(on_source bench -c "$hash_sql")" == "$(on_target "$1" -c "$hash_sql")" ]] ||
    { echo "the rows of $1 differ from the source's" >&2; exit 1; }
}

fresh_target() {
  on_target postgres -c "DROP DATABASE IF EXISTS $1" -c "CREATE DATABASE $1"
  on_target "$1" -f "$DIR/schema.sql" >/dev/null
  on_source postgres -c CHECKPOINT
  on_target postgres -c CHECKPOINT
}

export_import() {
  local directory="$1" target="$2" type="$3"
  mkdir -p "$directory"
  yb-voyager export data --export-dir "$directory" "${source_flags[@]}" --parallel-jobs 2 --export-type "$type" \
    >"$DIR/export.log" 2>&1 &
  exporter=$!
  background+=("$exporter")
  while [[ ! -f $directory/metainfo/meta.db ]]; do sleep 0.02; done
  yb-voyager import data --export-dir "$directory" --target-db-type postgresql --target-db-host 127.0.0.1 \
    --target-db-port "$target_port" --target-db-user ybvoyager --target-db-name "$target" --parallel-jobs 2 \
    --disable-pb true --yes >"$DIR/import.log" 2>&1 &
  importer=$!
  background+=("$importer")
}

snapshot_ours() {
  fresh_target ours
  rm -rf "$DIR/snapshot"
  local start
  start="$(now)"
  export_import "$DIR/snapshot" ours snapshot-only
  wait "$exporter" && wait "$importer"
  seconds_since "$start" >"$DIR/seconds"
  expect_equal ours
}

pipe() { on_source bench -c "COPY (SELECT * FROM $1) TO STDOUT (FORMAT binary)" | on_target pipe -c "COPY $2 FROM STDIN (FORMAT binary)"; }

snapshot_pipe() {
  fresh_target pipe
  local start half
  half="$(on_source bench -c "SELECT pg_relation_size('pgbench_accounts') / 8192 / 2")"
  start="$(now)"
  pipe "pgbench_accounts WHERE ctid < '($half,0)'" pgbench_accounts &
  {
    pipe "pgbench_accounts WHERE ctid >= '($half,0)'" pgbench_accounts
    for table in pgbench_branches pgbench_tellers pgbench_history; do pipe "$table" "$table"; done
  } &
  wait %% && wait
  seconds_since "$start" >"$DIR/seconds"
  expect_equal pipe
}

backlog() { pgbench -n -h 127.0.0.1 -p "$source_port" -U ybvoyager -c 4 -t $((transactions / 4)) bench >"$DIR/load.log" 2>&1; }

# The last row of the backlog: visible on the target when everything before it is.
marker=0
write_marker() {
  marker=$((marker + 1))
  on_source bench -c "INSERT INTO pgbench_history (tid, bid, aid, delta, mtime) VALUES (-$marker, 0, 0, 0, now())"
}
await_marker() {
  until [[ "$(on_target "$1" -c "SELECT count(*) FROM pgbench_history WHERE tid = -$marker")" == 1 ]]; do sleep 0.1; done
}

stop_ours() {
  kill -TERM "$exporter" "$importer"
  wait "$exporter" "$importer" || true
}

declare -A results
note() { results[$1]+="$(cat "$DIR/seconds") "; }

echo "snapshot of $((scale * 100000)) rows, $rounds rounds"
for ((round = 1; round <= rounds; round++)); do
  snapshot_ours
  note snapshot_ours
  snapshot_pipe
  note snapshot_pipe
done

echo "backlog of $((transactions * 4)) row changes in $transactions transactions, $rounds rounds"
fresh_target live
fresh_target native
on_source bench -c 'CREATE PUBLICATION native FOR ALL TABLES'
on_target native -c "CREATE SUBSCRIPTION native CONNECTION 'host=127.0.0.1 port=$source_port user=ybvoyager
  dbname=bench password=$PGPASSWORD' PUBLICATION native" >/dev/null 2>&1
export_import "$DIR/live" live snapshot-and-changes
write_marker
await_marker live
await_marker native
for ((round = 1; round <= rounds; round++)); do
  stop_ours
  on_target native -c 'ALTER SUBSCRIPTION native DISABLE'
  backlog
  write_marker
  on_source postgres -c CHECKPOINT
  on_target postgres -c CHECKPOINT
  start="$(now)"
  export_import "$DIR/live" live snapshot-and-changes
  await_marker live
  seconds_since "$start" >"$DIR/seconds"
  note changes_ours
  start="$(now)"
  on_target native -c 'ALTER SUBSCRIPTION native ENABLE'
  await_marker native
  seconds_since "$start" >"$DIR/seconds"
  note changes_native
  expect_equal live
  expect_equal native
done
on_target native -c 'DROP SUBSCRIPTION native' >/dev/null 2>&1

python3 - "${results[snapshot_ours]}" "${results[snapshot_pipe]}" "${results[changes_ours]}" "${results[changes_native]}" <<'PY'
import statistics
import sys
runs = [[float(x) for x in text.split()] for text in sys.argv[1:]]
names = ["snapshot: yb-voyager", "snapshot: psql COPY BINARY, two pipes", "changes: yb-voyager, capture and apply",
         "changes: native subscription"]
print(f"{'':<44}{'median s':>9}{'min':>8}{'max':>8}")
for name, seconds in zip(names, runs):
    print(f"{name:<44}{statistics.median(seconds):>9.2f}{min(seconds):>8.2f}{max(seconds):>8.2f}")
for what, ours, peer in (("snapshot", runs[0], runs[1]), ("changes", runs[2], runs[3])):
    ratio = statistics.median(b / a for a, b in zip(ours, peer))
    print(f"{what}: {ratio:.2f} x the peer's speed (median of the rounds' ratios)")
PY
