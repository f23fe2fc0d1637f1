# SPDX-License-Identifier: Apache-2.0
"""An exported schema with hostile names and SQL, and the reports that the program writes about it."""
import json
import os
import pathlib
import subprocess

SCRIPT = "<script>window.injected = 1</script>"
IMAGE = "<img src=x onerror='window.injected = 2'>"

TABLES = f"""
CREATE UNLOGGED TABLE app."{SCRIPT}" (id int PRIMARY KEY, -- {IMAGE}
  note text DEFAULT '</script></style>{SCRIPT}]]>&amp;\x01');
CREATE UNLOGGED TABLE app.orders (id bigint PRIMARY KEY, body xml);
CREATE UNLOGGED TABLE app."{'very_long_name_' * 4}" (id int PRIMARY KEY, more text DEFAULT '{'x' * 300}');
CREATE TABLE app.broken (id int,, "{IMAGE}" text);
CREATE TABLE app.fine (id int PRIMARY KEY);
"""


def write_reports(program, directory):
    """All four; returns their paths by format."""
    schema = pathlib.Path(directory) / "schema" / "tables"
    schema.mkdir(parents=True)
    # A byte that is not UTF-8, too.
    (schema / "table.sql").write_bytes(TABLES.encode() + b"CREATE UNLOGGED TABLE app.latin (a text DEFAULT '\xe9');\n")
    reports = {}
    for form in ("html", "json", "txt", "xml"):
        subprocess.run([program, "analyze-schema", "--export-dir", directory, "--output-format", form,
                        "--target-db-version", "2024.1.0.0"], check=True, stdout=subprocess.DEVNULL)
        reports[form] = os.path.join(directory, "reports", f"schema_analysis_report.{form}")
    return reports


def issues(reports):
    with open(reports["json"], encoding="utf-8") as file:
        return json.load(file)["Issues"]
