# SPDX-License-Identifier: Apache-2.0
"""Metadata of a source with hostile names, as assess-migration gathers them, and the reports that it writes about them."""
import csv
import json
import pathlib
import subprocess

from report_case import SCRIPT

SCHEMA = f"""
CREATE UNLOGGED TABLE public."{SCRIPT}" (id integer, body xml);
CREATE TABLE public.orders (id integer, state text);
CREATE TABLE public."{'very_long_name_' * 4}" (id integer);
CREATE INDEX orders_state ON public.orders USING btree (state);
CREATE INDEX orders_state_id ON public.orders USING btree (state, id);
CREATE FUNCTION public.locked() RETURNS void LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_advisory_lock(1); END $$;
"""
GIB = 1 << 30
TABLES = {SCRIPT: (2, 5000, 12 * GIB, 90), "orders": (2, 700, GIB, 1000), "very_long_name_" * 4: (1, 80, 8192, 0)}
INDEXES = {"orders_state": (1, 5 << 20), "orders_state_id": (2, 6 << 20)}


def write(path, header, rows):
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(rows)


def write_metadata(directory):
    root = pathlib.Path(directory)
    primary, schema = root / "node-primary", root / "schema"
    primary.mkdir(parents=True)
    schema.mkdir()
    (schema / "schema.sql").write_text(SCHEMA, encoding="utf-8")
    kinds = [(name, "table") for name in TABLES] + [(name, "index") for name in INDEXES]
    sizes = {name: table[2] for name, table in TABLES.items()} | {name: index[1] for name, index in INDEXES.items()}
    columns = {name: table[0] for name, table in TABLES.items()} | {name: index[0] for name, index in INDEXES.items()}

    def rows(value):
        return [("primary", "public", name, kind, value[name]) for name, kind in kinds]

    write(primary / "table-index-sizes.csv",
          ["source_node", "schema_name", "object_name", "object_type", "size_in_bytes"], rows(sizes))
    write(primary / "table-columns-count.csv",
          ["source_node", "schema_name", "object_name", "object_type", "column_count"], rows(columns))
    write(primary / "table-row-counts.csv", ["source_node", "schema_name", "table_name", "row_count"],
          [("primary", "public", name, table[1]) for name, table in TABLES.items()])
    write(primary / "index-to-table-mapping.csv",
          ["source_node", "index_schema", "index_name", "table_schema", "table_name"],
          [("primary", "public", name, "public", "orders") for name in INDEXES])
    write(primary / "column-statistics.csv",
          ["source_node", "schema_name", "table_name", "column_name", "null_frac", "effective_n_distinct",
           "most_common_freq", "most_common_val"], [("primary", "public", "orders", "state", 0, 400, 0.1, "")])
    for name, when, times in (("initial", "initial", 0), ("final", "final", 10)):
        write(primary / f"table-index-iops-{name}.csv",
              ["source_node", "schema_name", "object_name", "object_type", "seq_reads", "row_writes", "measurement_type"],
              [("primary", "public", name, "table", table[3] * times, table[3] * times // 2, when)
               for name, table in TABLES.items()])
    write(primary / "table-index-usage-stats.csv",
          ["source_node", "schema_name", "object_name", "object_type", "parent_table_name", "scans", "inserts", "updates",
           "deletes"], [])
    write(primary / "db-queries-summary.csv",
          ["source_node", "queryid", "query", "calls", "rows", "total_exec_time", "mean_exec_time", "min_exec_time",
           "max_exec_time", "stddev_exec_time"],
          [("primary", 42, f'SELECT xmin AS "{SCRIPT}" FROM public.orders', 7, 7, 1, 1, 1, 1, 0)])
    (root / "gathered.json").write_text(json.dumps(
        {"format": 1, "database": f"shop {SCRIPT}", "server_version": "15.4", "schemas": ["public"],
         "nodes": [{"name": "primary", "interval_seconds": 10}], "notes": [f"a note {SCRIPT}"]}), encoding="utf-8")


def write_reports(program, directory):
    """Returns the paths of the page and of the JSON."""
    root = pathlib.Path(directory)
    write_metadata(root / "metadata")
    (root / "export").mkdir()
    subprocess.run([program, "assess-migration", "--export-dir", str(root / "export"), "--target-db-version", "2024.1.0.0",
                    "--assessment-metadata-dir", str(root / "metadata")], check=True, stdout=subprocess.DEVNULL)
    report = root / "export" / "assessment" / "reports" / "migration_assessment_report"
    return str(report) + ".html", str(report) + ".json"
