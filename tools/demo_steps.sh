# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# The steps of which the demo's stories are made. Sourced by demo.sh after demo_servers.sh; it sets DIR, rows, rate, steady
# and began.

export_dir="$DIR/export-dir"
databases=()      # source, target, source-replica: those that this story has
declare -A port   # of each database's server
declare -A job    # name → process: what runs in the background
declare -A count  # "<database> <exported|imported> <snapshot_rows|changes>" → the report's sum over all tables
writing_to=''     # the database that the applications write to now
pause=''          # seconds from the writers' stop to COMPLETED, of the last cutover

headline() { printf '\n== %s  [%d s]\n' "$*" $((SECONDS - began)); }
run() { printf '\n$ %s\n' "$*"; "$@"; }
quietly() { printf '\n$ %s > %s\n' "${*:2}" "$1"; "${@:2}" >"$DIR/$1" 2>&1; }
fail() { echo "FAILED: $*" >&2; exit 1; }
sql_on() { psql -XqAt -v ON_ERROR_STOP=1 -h 127.0.0.1 -U ybvoyager -p "${port[$1]}" -d shop "${@:2}"; }

# --- processes in the background: start <name> <command...>; its output is in <name>.log

start() { printf '\n$ %s > %s.log &\n' "${*:2}" "$1"; start_silently "$@"; }
start_silently() {
  "${@:2}" >"$DIR/$1.log" 2>&1 &
  job[$1]=$!
}

# Waits for its end, which must be a good one. Twice is fine.
finish() {
  [[ -n ${job[$1]+set} ]] || return 0
  wait "${job[$1]}" || fail "$1 ended with $?: see the end of $1.log"
  unset "job[$1]"
}

# A process that has ended must have said that all is well.
expect_no_failure() {
  local name
  for name in "${!job[@]}"; do
    kill -0 "${job[$name]}" 2>/dev/null || finish "$name"
  done
}

expect_all_running() {
  local name
  for name in "${!job[@]}"; do kill -0 "${job[$name]}" 2>/dev/null || fail "$name has ended too early"; done
}

# expect_line <name> <text>: the process has said so.
expect_line() {
  grep -F "$2" "$DIR/$1.log" || fail "$1.log has no line \"$2\""
}

kill_hard() {
  printf '\n$ kill -9 %s    # %s\n' "${job[$1]}" "$1"
  kill -KILL "${job[$1]}"
  { wait "${job[$1]}" || true; } 2>/dev/null
  unset "job[$1]"
}

stop_everything() {
  local pid
  for pid in "${job[@]}"; do kill "$pid" 2>/dev/null || true; done
  for pid in "${job[@]}"; do wait "$pid" 2>/dev/null || true; done
}

# --- databases

# open_servers <database...>: new servers; the one of target looks like YugabyteDB.
open_servers() {
  local name
  databases=("$@")
  for name in "${databases[@]}"; do
    port[$name]="$(free_port)"
    start_server "$name" "${port[$name]}"
    psql -XqAt -h 127.0.0.1 -U ybvoyager -p "${port[$name]}" -d postgres -c 'CREATE DATABASE shop'
  done
  dress_as_yugabytedb target "${port[target]}" shop
  source_flags=(--source-db-type postgresql --source-db-host 127.0.0.1 --source-db-port "${port[source]}"
    --source-db-user ybvoyager --source-db-name shop --source-db-schema public)
  target_flags=(--target-db-host 127.0.0.1 --target-db-port "${port[target]}" --target-db-user ybvoyager
    --target-db-name shop)
  replica_flags=(--source-replica-db-host 127.0.0.1 --source-replica-db-port "${port[source-replica]:-}"
    --source-replica-db-user ybvoyager --source-replica-db-name shop)
}

tell_how_to_reach() {
  local name directories=()
  echo "The servers still run (password: $PGPASSWORD):"
  for name in "${databases[@]}"; do
    printf '  psql -h 127.0.0.1 -p %s -U ybvoyager shop      # %s\n' "${port[$name]}" "$name"
    directories+=("$DIR/$name")
  done
  cat <<TEXT
  export directory: $export_dir
To stop and remove them: for d in ${directories[*]}; do kill -INT \$(head -n 1 \$d/postmaster.pid); done; sleep 2; rm -rf $DIR
TEXT
}

# Rows of all tables; those of partitions count once, in their root.
count_rows="SELECT sum((xpath('/row/c/text()', query_to_xml(format('SELECT count(*) AS c FROM %s', c.oid::regclass),
  false, true, '')))[1]::text::bigint) FROM pg_class c
  WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition"

count_tables="SELECT count(*) FROM pg_class
  WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition"

# Sequences whose next value some row has already.
used_sequences="SELECT s.oid::regclass FROM pg_class s
  JOIN pg_depend d ON d.objid = s.oid AND d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass
    AND d.deptype IN ('a', 'i')
  JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
  WHERE s.relkind = 'S' AND s.relnamespace = 'public'::regnamespace AND nextval(s.oid::regclass) <= coalesce((xpath(
    '/row/m/text()', query_to_xml(format('SELECT max(%I) AS m FROM %s', a.attname, d.refobjid::regclass), false, true,
    '')))[1]::text::bigint, 0)"

# What a migration makes or changes in a database; the shop itself has none of it.
leftovers="SELECT 'replication slot ' || slot_name FROM pg_replication_slots
  UNION ALL SELECT 'publication ' || pubname FROM pg_publication
  UNION ALL SELECT 'schema ' || nspname FROM pg_namespace WHERE nspname LIKE 'ybvoyager%'
  UNION ALL SELECT 'disabled trigger ' || tgname FROM pg_trigger WHERE tgenabled = 'D'
  UNION ALL SELECT 'replica identity of ' || oid::regclass FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND relreplident NOT IN ('d', 'c')
  UNION ALL SELECT 'identity column of customers' FROM pg_attribute
    WHERE attrelid = 'customers'::regclass AND attname = 'id' AND attidentity <> 'a'"

fill_source() {
  sql_on source -f tests/support/shop/schema.sql -f tests/support/shop/data.sql -v orders=$((rows * 1000 / 4905)) >/dev/null
  printf 'rows on the source: %s\n' "$(sql_on source -c "$count_rows")"
}

# --- applications

# start_writers <database>
start_writers() {
  writing_to="$1"
  start_silently writers voyager-workload --rate "$rate" --threads 3 --seed $((SECONDS + 1)) \
    --dsn "host=127.0.0.1 port=${port[$1]} user=ybvoyager dbname=shop"
}

# What they wrote is shown; any error of theirs, and writers that wrote nothing, are a failure.
stop_writers() {
  kill -TERM "${job[writers]}"
  wait "${job[writers]}" || fail "the applications on the $writing_to were disturbed: $(cat "$DIR/writers.log")"
  unset "job[writers]"
  printf 'the applications on the %s: %s\n' "$writing_to" "$(cat "$DIR/writers.log")"
  grep -q ' rows=[1-9]' "$DIR/writers.log" || fail "the applications wrote nothing to the $writing_to"
}

# write_again <database>: for a moment, to show that it can be used.
write_again() {
  local used
  used="$(sql_on "$1" -c "$used_sequences")"
  [[ -z $used ]] || fail "these sequences of the $1 give values that rows have already: $used"
  start_writers "$1"
  sleep 3
  stop_writers
}

# --- the migration

take_counts() {
  local key value
  yb-voyager get data-migration-report --export-dir "$export_dir" --output-format json >"$DIR/report.json" \
    2>"$DIR/report.log" || return 1
  while IFS=$'\t' read -r key value; do count[$key]="$value"; done < <(
    python3 - "$export_dir/reports/data-migration-report.json" <<'PY'
import json, sys
rows = json.load(open(sys.argv[1]))
kinds = {"snapshot_rows": ["snapshot_rows"], "changes": ["inserts", "updates", "deletes"]}
for database in ("source", "target", "source-replica"):
    for way in ("exported", "imported"):
        for kind, names in kinds.items():
            sum_ = sum(int(r.get(f"{way}_{n}", 0)) for r in rows if r["db_type"] == database for n in names)
            print(f"{database} {way} {kind}", sum_, sep="\t")
PY
  )
}

# exported_for <database>: changes that it has to get.
exported_for() {
  case "$1" in
    target) echo "${count[source exported changes]}" ;;
    source) echo "${count[target exported changes]}" ;;
    source-replica) echo $((${count[source exported changes]} + ${count[target exported changes]})) ;;
  esac
}

# One line about each database, and true when all of them are no more than two seconds behind.
is_followed_by() {
  local database exported imported near=0
  for database in "$@"; do
    exported="$(exported_for "$database")"
    imported="${count[$database imported changes]}"
    printf '%s: %s changes applied, %s captured\n' "$database" "$imported" "$exported"
    [[ $imported -gt 0 && $((exported - imported)) -lt $((2 * rate)) ]] || near=1
  done
  return "$near"
}

# follow <database...>: until they keep up `steady` times in a row. A machine too slow for the writers gets there only
# when they pause: then the pause is longer, and the last line says so.
follow() {
  local caught_up=0 until=$((SECONDS + 80))
  while [[ $caught_up -lt $steady ]]; do
    sleep 1
    expect_all_running
    take_counts || continue
    if is_followed_by "$@"; then caught_up=$((caught_up + 1)); else caught_up=0; fi
    [[ $SECONDS -lt $until || ${count[$1 imported changes]:-0} -eq 0 ]] || break
  done
}

move_schema() {
  run yb-voyager export schema --export-dir "$export_dir" "${source_flags[@]}"
  run yb-voyager import schema --export-dir "$export_dir" "${target_flags[@]}"
}

start_data() {
  start export yb-voyager export data from source --export-dir "$export_dir" "${source_flags[@]}" \
    --export-type snapshot-and-changes --disable-pb true
  start import yb-voyager import data to target --export-dir "$export_dir" "${target_flags[@]}" \
    --parallel-jobs 2 --disable-pb true
}

start_archive() {
  mkdir "$DIR/archive"
  start archive yb-voyager archive changes --export-dir "$export_dir" --move-to "$DIR/archive"
}

# It ends by itself after the last cutover.
finish_archive() {
  finish archive
  printf 'segments of the change log in the archive: %s\n' "$(find "$DIR/archive" -type f | wc -l)"
}

show_status() {
  run yb-voyager export data status --export-dir "$export_dir"
  run yb-voyager import data status --export-dir "$export_dir"
  run yb-voyager get data-migration-report --export-dir "$export_dir"
}

# cutover <direction, as cutover status has it> <command...>: the applications stop, and everything is there.
cutover() {
  local direction="$1" stopped="${EPOCHREALTIME/,/.}" until=$((SECONDS + 300))
  stop_writers
  run "${@:2}" --export-dir "$export_dir" --yes
  until yb-voyager cutover status --export-dir "$export_dir" >"$DIR/cutover.log" 2>&1 &&
    grep -Eq "$direction +\| COMPLETED" "$DIR/cutover.log"; do
    [[ $SECONDS -lt $until ]] || fail "the cutover $direction did not complete in time: $(cat "$DIR/cutover.log")"
    expect_no_failure
    sleep 0.2
  done
  pause="$(python3 -c "print(f'{${EPOCHREALTIME/,/.} - $stopped:.1f}')")"
  run yb-voyager cutover status --export-dir "$export_dir"
}

finalize_target() {
  quietly finalize.log yb-voyager import schema --export-dir "$export_dir" "${target_flags[@]}" \
    --post-snapshot-import true --refresh-mviews true
}

# verify <database> <database>: every row of both.
verify() { run yb-voyager verify data --export-dir "$export_dir" --between "$1,$2"; }

end_migration() {
  local name left
  mkdir "$DIR/backup"
  run yb-voyager end migration --export-dir "$export_dir" --backup-schema-files true --backup-data-files false \
    --save-migration-reports true --backup-log-files true --backup-dir "$DIR/backup" --yes
  for name in "${databases[@]}"; do
    left="$(sql_on "$name" -c "$leftovers")"
    [[ -z $left ]] || fail "left on the $name: $left"
  done
  printf 'nothing is left in: %s\n' "${databases[*]}"
}
