# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# Throw-away servers for the demo, the kill loop and the bench. Sourced; the caller sets DIR (a private directory under
# /tmp: socket paths are short) and BUILD (the build tree), and calls stop_servers from its EXIT trap.

pg_programs="$(pg_config --bindir)"

as_server_user() {
  if [[ $EUID -eq 0 ]]; then runuser -u postgres -- "$@"; else "$@"; fi
}

free_port() {
  python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# start_server <name> <port>: a cluster at $DIR/<name> whose superuser is ybvoyager with the password in $PGPASSWORD.
start_server() {
  local name="$1" port="$2" data="$DIR/$1"
  mkdir -m 700 "$data"
  [[ $EUID -ne 0 ]] || chown postgres "$DIR" "$data"
  (umask 077 && printf '%s\n' "$PGPASSWORD" >"$DIR/$name.password")
  [[ $EUID -ne 0 ]] || chown postgres "$DIR/$name.password"
  as_server_user "$pg_programs/initdb" --pgdata "$data" --username ybvoyager --pwfile "$DIR/$name.password" \
    --auth scram-sha-256 --encoding UTF8 --locale C.UTF-8 --no-sync --no-instructions >"$DIR/$name.initdb.log" 2>&1
  rm -f "$DIR/$name.password"
  cat >>"$data/postgresql.conf" <<CONF
port = $port
listen_addresses = '127.0.0.1'
unix_socket_directories = '$DIR'
wal_level = logical
max_wal_size = 4GB
shared_buffers = 256MB
CONF
  as_server_user "$pg_programs/pg_ctl" --pgdata "$data" --log "$data/server.log" --wait start >/dev/null
}

# dress_as_yugabytedb <name> <port> <database>: see tests/standin/README.md.
dress_as_yugabytedb() {
  local name="$1" port="$2" database="$3" data="$DIR/$1" sql
  install -m 644 "$BUILD"/standin/yb_shim.so "$BUILD"/standin/yboutput.so "$data/"
  sql=(psql -XqAt -v ON_ERROR_STOP=1 -h 127.0.0.1 -p "$port" -U ybvoyager)
  # Minor releases since 15.19 load output plugins of this list only.
  if [[ -n $("${sql[@]}" -d postgres -c "SELECT 1 FROM pg_settings WHERE name = 'output_plugin_libraries'") ]]; then
    "${sql[@]}" -d postgres -c 'ALTER SYSTEM SET output_plugin_libraries = pgoutput, test_decoding, yboutput'
  fi
  "${sql[@]}" -d postgres -c "ALTER SYSTEM SET dynamic_library_path = '$data:\$libdir'" -c 'SELECT pg_reload_conf()' >/dev/null
  "${sql[@]}" -d "$database" -f tests/standin/shim.sql
  "${sql[@]}" -d postgres -c "ALTER DATABASE $database SET session_preload_libraries = 'yb_shim'"
}

# stop_servers <name...>
stop_servers() {
  local name
  for name in "$@"; do
    if [[ -f $DIR/$name/postmaster.pid ]]; then
      as_server_user "$pg_programs/pg_ctl" --pgdata "$DIR/$name" --mode immediate stop >/dev/null 2>&1 || true
    fi
  done
}
