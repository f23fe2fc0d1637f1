-- Run by a superuser in the database that is to look like YugabyteDB.
-- Everything lives in pg_catalog, as there: pg_dump and lists of user objects don't see it.
SET allow_system_table_mods = on;
SET search_path = pg_catalog;

CREATE OR REPLACE FUNCTION pg_catalog.version() RETURNS text LANGUAGE sql STABLE AS
$$ SELECT 'PostgreSQL ' || pg_catalog.current_setting('server_version')
     || ' on x86_64-pc-linux-gnu, compiled by clang version 19.1.0 (shim), 64-bit' $$;

CREATE TABLE pg_catalog.yb_shim_servers (host text, port int8, num_connections int8, node_type text, cloud text,
  region text, zone text, public_ip text, uuid text, universe_uuid text);
CREATE TABLE pg_catalog.yb_shim_metrics (uuid text, metrics jsonb, status text, error text);
CREATE TABLE pg_catalog.yb_shim_rel (oid oid PRIMARY KEY, colocated bool, tablets int8);
GRANT SELECT ON pg_catalog.yb_shim_servers, pg_catalog.yb_shim_metrics, pg_catalog.yb_shim_rel TO public;

CREATE FUNCTION pg_catalog.yb_servers(OUT host text, OUT port int8, OUT num_connections int8, OUT node_type text,
  OUT cloud text, OUT region text, OUT zone text, OUT public_ip text, OUT uuid text, OUT universe_uuid text)
  RETURNS SETOF record LANGUAGE sql STABLE AS 'SELECT * FROM pg_catalog.yb_shim_servers';
CREATE FUNCTION pg_catalog.yb_servers_metrics(OUT uuid text, OUT metrics jsonb, OUT status text, OUT error text)
  RETURNS SETOF record LANGUAGE sql STABLE AS 'SELECT * FROM pg_catalog.yb_shim_metrics';
CREATE FUNCTION pg_catalog.yb_is_database_colocated(check_legacy bool DEFAULT false) RETURNS bool LANGUAGE sql STABLE AS
$$ SELECT coalesce(current_setting('yb_shim.colocated', true), 'off')::bool $$;
CREATE FUNCTION pg_catalog.yb_table_properties(tbl oid, OUT num_tablets int8, OUT num_hash_key_columns int8,
  OUT is_colocated bool, OUT tablegroup_oid oid, OUT colocation_id oid) LANGUAGE sql STABLE AS
$$ SELECT coalesce((SELECT tablets FROM pg_catalog.yb_shim_rel r WHERE r.oid = tbl), 1)::int8, 1::int8,
     coalesce((SELECT colocated FROM pg_catalog.yb_shim_rel r WHERE r.oid = tbl), false), NULL::oid, NULL::oid $$;
CREATE FUNCTION pg_catalog.yb_get_current_hybrid_time_lsn() RETURNS SETOF int8 LANGUAGE sql VOLATILE AS
$$ SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::int8 * 4096 $$;
CREATE FUNCTION pg_catalog.pg_create_logical_replication_slot(slot_name name, plugin name, temporary bool,
  twophase bool, lsn_type name, OUT slot_name_ name, OUT lsn pg_lsn) LANGUAGE plpgsql AS
$$BEGIN
  IF temporary THEN
    RAISE EXCEPTION 'temporary replication slot is not yet supported' USING ERRCODE = '0A000';
  END IF;
  IF upper(lsn_type) NOT IN ('SEQUENCE', 'HYBRID_TIME') THEN
    RAISE EXCEPTION 'lsn type can only be SEQUENCE or HYBRID_TIME' USING ERRCODE = '22023';
  END IF;
  SELECT s.slot_name, s.lsn INTO slot_name_, lsn
    FROM pg_catalog.pg_create_logical_replication_slot(slot_name, plugin, temporary, twophase) s;
END$$;

-- With YugabyteDB's extra columns at the end.
CREATE OR REPLACE VIEW pg_catalog.pg_replication_slots AS
  SELECT l.slot_name, l.plugin, l.slot_type, l.datoid, d.datname AS database, l.temporary, l.active, l.active_pid,
    l.xmin, l.catalog_xmin, l.restart_lsn, l.confirmed_flush_lsn, l.wal_status, l.safe_wal_size, l.two_phase,
    md5(l.slot_name::text) AS yb_stream_id,
    (extract(epoch FROM now()) * 1000000)::int8 * 4096 AS yb_restart_commit_ht,
    'SEQUENCE'::text AS yb_lsn_type, now() AS yb_restart_time
  FROM pg_get_replication_slots() l LEFT JOIN pg_database d ON l.datoid = d.oid;

-- What YugabyteDB doesn't have. A built-in function can't be replaced (its number leads to the code, whatever the
-- catalog says), so it makes way: it goes on under the name yb_shim_..., for the tests' own use.
DO $make_way$DECLARE f record;
BEGIN
  FOR f IN SELECT oid::regprocedure AS signature, proname, pg_get_function_arguments(oid) AS arguments,
             pg_get_function_result(oid) AS result
           FROM pg_proc WHERE pronamespace = 'pg_catalog'::regnamespace AND proname IN (
             'pg_current_wal_lsn', 'pg_current_wal_flush_lsn', 'pg_current_wal_insert_lsn', 'pg_wal_lsn_diff',
             'txid_current', 'pg_logical_emit_message', 'pg_logical_slot_get_changes', 'pg_logical_slot_peek_changes',
             'pg_logical_slot_get_binary_changes', 'pg_logical_slot_peek_binary_changes')
  LOOP
    EXECUTE format('ALTER FUNCTION %s RENAME TO %I', f.signature, 'yb_shim_' || f.proname);
    EXECUTE format('CREATE FUNCTION pg_catalog.%I(%s) RETURNS %s LANGUAGE plpgsql AS %L', f.proname, f.arguments,
      f.result, format($$BEGIN RAISE EXCEPTION '%s is not supported yet' USING ERRCODE = '0A000'; END$$, f.proname));
  END LOOP;
END$make_way$;

DO $$DECLARE r text;
BEGIN
  FOREACH r IN ARRAY ARRAY['yb_superuser', 'yb_db_admin', 'yb_extension', 'yb_fdw'] LOOP
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = r) THEN
      EXECUTE format('CREATE ROLE %I NOLOGIN', r);
    END IF;
  END LOOP;
END$$;

INSERT INTO yb_shim_servers
  SELECT '127.0.0.' || i, current_setting('port')::int8, 0, 'primary', 'cloud1', 'datacenter1', 'rack1', '',
    'uuid-' || i, 'univ-1' FROM generate_series(1, 3) i;
INSERT INTO yb_shim_metrics
  SELECT 'uuid-' || i, '{"cpu_usage_user":"0.10","cpu_usage_system":"0.05","memory_free":"4000000000",
    "memory_total":"16000000000","memory_available":"8000000000","tserver_root_memory_limit":"4000000000",
    "tserver_root_memory_soft_limit":"3400000000","tserver_root_memory_consumption":"500000000"}', 'OK', ''
  FROM generate_series(1, 3) i;
RESET search_path;
RESET allow_system_table_mods;
