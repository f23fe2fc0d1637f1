#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A live migration under load, command by command, from two new servers to the proof. Called by ./dev demo.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

keep=0
rows=1100000
rate=4000
while [[ $# -gt 0 ]]; do
  case "$1" in
    --keep) keep=1 ;;
    --rows) rows="$2"; shift ;;
    --rate) rate="$2"; shift ;;
    *) echo "usage: ./dev demo [--keep] [--rows N] [--rate ROWS_PER_SECOND]" >&2; exit 2 ;;
  esac
  shift
done

DIR="$(mktemp -d /tmp/voyager-demo.XXXXXX)"
BUILD="$PWD/${VOYAGER_BUILD:-build/dev}"
chmod 755 "$DIR"
. tools/demo_servers.sh

PGPASSWORD="$(head -c 12 /dev/urandom | base64 | tr -dc 'a-zA-Z0-9')"
export PGPASSWORD SOURCE_DB_PASSWORD="$PGPASSWORD" TARGET_DB_PASSWORD="$PGPASSWORD"
export PATH="$BUILD:$PATH"
export_dir="$DIR/export-dir"
writers= exporter= importer=

clean_up() {
  local code=$? pid
  trap - EXIT INT TERM
  for pid in $writers $exporter $importer; do kill "$pid" 2>/dev/null || true; done
  for pid in $writers $exporter $importer; do wait "$pid" 2>/dev/null || true; done
  if [[ $code -ne 0 ]]; then
    for log in "$DIR"/*.log; do
      [[ -s $log ]] && { echo "--- the end of $(basename "$log")"; tail -n 15 "$log"; }
    done
  fi
  if [[ $keep -eq 1 ]]; then
    cat <<TEXT
The servers still run (password: $PGPASSWORD):
  psql -h 127.0.0.1 -p $source_port -U ybvoyager shop      # source
  psql -h 127.0.0.1 -p $target_port -U ybvoyager shop      # target
  export directory: $export_dir
To stop and remove them: for d in $DIR/source $DIR/target; do kill -INT \$(head -n 1 \$d/postmaster.pid); done; sleep 2; rm -rf $DIR
TEXT
  else
    stop_servers source target
    rm -rf "$DIR"
  fi
  exit "$code"
}
trap clean_up EXIT
trap 'exit 130' INT TERM

headline() { printf '\n== %s  [%d s]\n' "$*" $((SECONDS - began)); }
run() { printf '\n$ %s\n' "$*"; "$@"; }
quietly() { printf '\n$ %s > %s\n' "${*:2}" "$1"; "${@:2}" >"$DIR/$1" 2>&1; }
in_background() { printf '\n$ %s > %s &\n' "${*:2}" "$1"; "${@:2}" >"$DIR/$1" 2>&1 & }
fail() { echo "FAILED: $*" >&2; exit 1; }
alive() { kill -0 "$1" 2>/dev/null || fail "$2 has ended too early"; }

# Rows of all tables; those of partitions count once, in their root.
count_rows="SELECT sum((xpath('/row/c/text()', query_to_xml(format('SELECT count(*) AS c FROM %s', c.oid::regclass),
  false, true, '')))[1]::text::bigint) FROM pg_class c
  WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition"

began=$SECONDS
source_port="$(free_port)"
target_port="$(free_port)"
headline "two servers: PostgreSQL, and a PostgreSQL that looks like YugabyteDB"
start_server source "$source_port"
start_server target "$target_port"
sql=(psql -XqAt -v ON_ERROR_STOP=1 -h 127.0.0.1 -U ybvoyager)
for port in "$source_port" "$target_port"; do "${sql[@]}" -p "$port" -d postgres -c 'CREATE DATABASE shop'; done
dress_as_yugabytedb target "$target_port" shop
source_sql() { "${sql[@]}" -p "$source_port" -d shop "$@"; }
target_sql() { "${sql[@]}" -p "$target_port" -d shop "$@"; }

headline "a shop with $rows rows"
source_sql -f tests/support/shop/schema.sql -f tests/support/shop/data.sql -v orders=$((rows * 1000 / 4905)) >/dev/null
printf 'rows on the source: %s\n' "$(source_sql -c "$count_rows")"

headline "applications write $rate rows per second from now on"
voyager-workload --dsn "host=127.0.0.1 port=$source_port user=ybvoyager dbname=shop" --rate "$rate" --threads 3 \
  >"$DIR/writers.log" 2>&1 &
writers=$!

source_flags=(--source-db-type postgresql --source-db-host 127.0.0.1 --source-db-port "$source_port"
  --source-db-user ybvoyager --source-db-name shop --source-db-schema public)
target_flags=(--target-db-host 127.0.0.1 --target-db-port "$target_port" --target-db-user ybvoyager
  --target-db-name shop)
mkdir -m 700 "$export_dir"

headline "schema"
run yb-voyager export schema --export-dir "$export_dir" "${source_flags[@]}"
run yb-voyager import schema --export-dir "$export_dir" "${target_flags[@]}"

headline "snapshot and changes"
in_background export.log yb-voyager export data from source --export-dir "$export_dir" "${source_flags[@]}" \
  --export-type snapshot-and-changes --disable-pb true
exporter=$!
in_background import.log yb-voyager import data to target --export-dir "$export_dir" "${target_flags[@]}" \
  --parallel-jobs 2 --disable-pb true
importer=$!

report=(yb-voyager get data-migration-report --export-dir "$export_dir")
# Sums over the report: "snapshot rows exported, imported, changes exported, imported".
sums() {
  "${report[@]}" --output-format json >"$DIR/report.json" 2>"$DIR/report.log" || return 1
  python3 - "$export_dir/reports/data-migration-report.json" <<'PY'
import json, sys
rows = json.load(open(sys.argv[1]))
def total(db, kind, names):
    return sum(int(r.get(f"{kind}_{n}", 0)) for r in rows if r["db_type"] == db for n in names)
changes = ("inserts", "updates", "deletes")
print(total("source", "exported", ["snapshot_rows"]), total("target", "imported", ["snapshot_rows"]),
      total("source", "exported", changes), total("target", "imported", changes))
PY
}

# Until applying is no more than two seconds behind, ten times in a row. A machine too slow for the writers gets there
# only when they pause: then the pause is longer, and the last line says so.
caught_up=0
imported=0
while [[ $caught_up -lt 10 && ($((SECONDS - began)) -lt 90 || $imported -eq 0) ]]; do
  sleep 2
  alive "$writers" "the writers"
  alive "$exporter" "export data"
  alive "$importer" "import data"
  read -r snapshot_out snapshot_in exported imported < <(sums) || continue
  printf 'snapshot rows %s of %s, changes applied %s of %s\n' "$snapshot_in" "$snapshot_out" "$imported" "$exported"
  if [[ $imported -gt 0 && $((exported - imported)) -lt $((2 * rate)) ]]; then
    caught_up=$((caught_up + 1))
  else
    caught_up=0
  fi
done

headline "how it stands"
run yb-voyager export data status --export-dir "$export_dir"
run yb-voyager import data status --export-dir "$export_dir"
run "${report[@]}"

headline "cutover: the applications stop writing"
pause_began="${EPOCHREALTIME/,/.}"
kill -TERM "$writers"
wait "$writers" || fail "the applications were disturbed: $(cat "$DIR/writers.log")"
writers=
cat "$DIR/writers.log"
run yb-voyager initiate cutover to target --export-dir "$export_dir" --prepare-for-fall-back false --yes
until yb-voyager cutover status --export-dir "$export_dir" >"$DIR/cutover.log" 2>&1 && grep -q COMPLETED "$DIR/cutover.log"; do
  [[ $((SECONDS - began)) -lt 600 ]] || fail "the cutover did not complete in time"
  for pid in "$exporter" "$importer"; do kill -0 "$pid" 2>/dev/null || wait "$pid" || fail "a process ended with $?"; done
  sleep 0.2
done
pause_ended="${EPOCHREALTIME/,/.}"
pause="$(python3 -c "print(f'{$pause_ended - $pause_began:.1f}')")"
run yb-voyager cutover status --export-dir "$export_dir"
wait "$exporter" || fail "export data ended with $?"
exporter=
wait "$importer" || fail "import data ended with $?"
importer=

headline "what is left to do on the target, and the proof"
quietly finalize.log yb-voyager import schema --export-dir "$export_dir" "${target_flags[@]}" \
  --post-snapshot-import true --refresh-mviews true
run yb-voyager verify data --export-dir "$export_dir"
run "${report[@]}"
read -r _ _ _ applied < <(sums)
tables="$(target_sql -c "SELECT count(*) FROM pg_class
  WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition")"
migrated="$(target_sql -c "$count_rows")"

headline "end"
mkdir "$DIR/archive" "$DIR/backup"
run yb-voyager archive changes --export-dir "$export_dir" --move-to "$DIR/archive"
run yb-voyager end migration --export-dir "$export_dir" --backup-schema-files true --backup-data-files false \
  --save-migration-reports true --backup-log-files true --backup-dir "$DIR/backup" --yes
[[ "$(source_sql -c 'SELECT count(*) FROM pg_replication_slots')" == 0 ]] || fail "a replication slot is left"
[[ "$(source_sql -c 'SELECT count(*) FROM pg_publication')" == 0 ]] || fail "a publication is left"

printf '\nProven: %s tables, %s rows, %s changes applied, %s seconds without writes\n' \
  "$tables" "$migrated" "$applied" "$pause"
