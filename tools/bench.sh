#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Snapshot and change throughput of the built program, beside psql COPY pipes over the same tables and servers.
# Called by ./dev bench. Both servers and the program share this machine: compare lines, not machines.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

rows=2000000
seconds=20
while [[ $# -gt 0 ]]; do
  case "$1" in
    --rows) rows="$2"; shift ;;
    --seconds) seconds="$2"; shift ;;
    *) echo "usage: ./dev bench [--rows N] [--seconds of writing]" >&2; exit 2 ;;
  esac
  shift
done

DIR="$(mktemp -d /tmp/voyager-bench.XXXXXX)"
BUILD="$PWD/${VOYAGER_BUILD:-build/release}"
chmod 755 "$DIR"
. tools/demo_servers.sh
PGPASSWORD="$(head -c 12 /dev/urandom | base64 | tr -dc 'a-zA-Z0-9')"
export PGPASSWORD SOURCE_DB_PASSWORD="$PGPASSWORD" TARGET_DB_PASSWORD="$PGPASSWORD"
export PGHOST=127.0.0.1 PGUSER=ybvoyager PGDATABASE=shop PGOPTIONS='-c client_min_messages=warning' PATH="$BUILD:$PATH"
background=

clean_up() {
  local code=$? pid
  trap - EXIT INT TERM
  for pid in $background; do kill "$pid" 2>/dev/null || true; done
  for pid in $background; do wait "$pid" 2>/dev/null || true; done
  if [[ $code -ne 0 ]]; then tail -n 15 "$DIR"/*.log; fi
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
source_sql() { psql -XqAt -v ON_ERROR_STOP=1 -p "$source_port" "$@"; }
target_sql() { psql -XqAt -v ON_ERROR_STOP=1 -p "$target_port" "$@"; }
source_sql -d postgres -c 'CREATE DATABASE shop'
source_sql -f tests/support/shop/schema.sql -f tests/support/shop/data.sql -v orders=$((rows * 1000 / 4905)) >/dev/null

tables="$(source_sql -c "SELECT c.oid::regclass FROM pg_class c WHERE relnamespace = 'public'::regnamespace
  AND relkind IN ('r', 'p') AND NOT relispartition ORDER BY 1")"
rows="$(for table in $tables; do source_sql -c "SELECT count(*) FROM $table"; done | awk '{ n += $1 } END { print n }')"
bytes="$(source_sql -c "SELECT sum(pg_table_size(oid)) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'")"
echo "shop: $rows rows, $((bytes / 1000000)) MB of tables"

new_target() {
  target_sql -d postgres -c 'DROP DATABASE IF EXISTS shop' -c 'CREATE DATABASE shop'
  dress_as_yugabytedb target "$target_port" shop
}
now() { echo "${EPOCHREALTIME/,/.}"; }
# line <what> <amount> <unit> <began> <ended>
line() { awk -v w="$1" -v n="$2" -v u="$3" -v b="$4" -v e="$5" \
  'BEGIN { printf "%-46s %8.1f s %10.0f %s/s\n", w, e - b, n / (e - b), u }'; }

columns_of() {
  source_sql -c "SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute
    WHERE attrelid = '$1'::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''"
}
copy_pipe() {
  local table="$1" columns
  columns="$(columns_of "$table")"
  source_sql -c "COPY (SELECT $columns FROM $table) TO STDOUT (FORMAT binary)" |
    PGOPTIONS='-c session_replication_role=replica' target_sql -c "COPY $table ($columns) FROM STDIN (FORMAT binary)"
}
export -f copy_pipe columns_of source_sql target_sql
export source_port target_port

voyager() { yb-voyager "$@" --export-dir "$export_dir" --yes >>"$DIR/yb-voyager.log" 2>&1; }
# The program itself in the background: $! of a function would be a shell around it.
in_background() { yb-voyager "$@" --export-dir "$export_dir" --yes >>"$DIR/yb-voyager.log" 2>&1 & }
source_flags=(--source-db-type postgresql --source-db-host 127.0.0.1 --source-db-port "$source_port"
  --source-db-user ybvoyager --source-db-name shop --source-db-schema public)
target_flags=(--target-db-host 127.0.0.1 --target-db-port "$target_port" --target-db-user ybvoyager --target-db-name shop)
new_export_dir() {
  export_dir="$(mktemp -d "$DIR/export.XXXXXX")"
  new_target
  voyager export schema "${source_flags[@]}"
  voyager import schema "${target_flags[@]}"
}

new_export_dir
began="$(now)"
xargs -P 2 -I{} bash -c 'copy_pipe {}' <<<"$tables"
line "snapshot, psql COPY pipes, 2 at a time" "$rows" rows "$began" "$(now)"

new_export_dir
began="$(now)"
in_background export data "${source_flags[@]}" --parallel-jobs 2 --disable-pb true
background=$!
until [[ -n "$(ls "$export_dir/data" 2>/dev/null)" ]]; do sleep 0.05; done
voyager import data "${target_flags[@]}" --parallel-jobs 2 --disable-pb true
wait "$background"
background=
line "snapshot, yb-voyager export and import together" "$rows" rows "$began" "$(now)"

new_export_dir
in_background export data "${source_flags[@]}" --export-type snapshot-and-changes --disable-pb true
exporter=$!
background=$exporter
in_background import data "${target_flags[@]}" --parallel-jobs 2 --disable-pb true
importer=$!
background="$exporter $importer"
until yb-voyager import data status --export-dir "$export_dir" 2>/dev/null | grep -q STREAMING &&
  ! yb-voyager import data status --export-dir "$export_dir" | grep -qE 'MIGRATING|NOT_STARTED'; do sleep 0.5; done
kill -TERM "$importer"
wait "$importer" || true
background=$exporter
began="$(now)"
voyager-workload --dsn "host=127.0.0.1 port=$source_port user=ybvoyager dbname=shop" --rate 0 --threads 2 >"$DIR/writers.log" &
writers=$!
background="$exporter $writers"
sleep "$seconds"
kill -TERM "$writers"
wait "$writers"
ended="$(now)"
background=$exporter
captured() {
  yb-voyager get data-migration-report --export-dir "$export_dir" --output-format json >/dev/null 2>&1
  python3 -c 'import json, sys
print(sum(r[f"exported_{k}"] for r in json.load(open(sys.argv[1])) if r["db_type"] == "source"
          for k in ("inserts", "updates", "deletes")))' "$export_dir/reports/data-migration-report.json"
}
before=-1
changes="$(captured)"
while [[ $changes -ne $before ]]; do
  sleep 1
  before="$changes"
  changes="$(captured)"
done
line "changes captured while written" "$changes" changes "$began" "$ended"
began="$(now)"
in_background import data "${target_flags[@]}" --parallel-jobs 2 --disable-pb true
importer=$!
background="$exporter $importer"
voyager initiate cutover to target --prepare-for-fall-back false
wait "$importer"
line "changes applied from the change log, with cutover" "$changes" changes "$began" "$(now)"
wait "$exporter"
background=
voyager verify data
echo "verified: equal"
