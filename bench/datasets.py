# SPDX-License-Identifier: Apache-2.0
"""The data that is moved, and the changes that follow it. Everything is generated, and the same each time.

pgb   pgbench's tables; log `a`: TPC-B-like transactions of three updates and an insert
wide  many types, large values, 4 indexes, 50 small tables; log `b`: transactions of 100 changes in multi-row statements,
      log `c`: one transaction
"""
import dataclasses
import pathlib
import subprocess

from servers import program

SQL = pathlib.Path(__file__).parent / "sql"
SMALL_TABLES = 50
END = "insert into bench_marker values (1)"


@dataclasses.dataclass
class Size:
    scale: int      # of pgbench: 100,000 accounts each
    wide_rows: int

    def accounts(self):
        return self.scale * 100_000


def fill(server, size):
    for database in ("pgb", "wide"):
        server.sql("postgres", f"create database {database}")
    subprocess.run([program("pgbench"), "-i", "-q", "-I", "dtGvp", "-s", str(size.scale), server.uri("pgb")], check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    server.file("wide", SQL / "wide.sql", rows=size.wide_rows, smalls=SMALL_TABLES)
    for database in ("pgb", "wide"):
        server.sql(database, "create table bench_marker (id int primary key)")
        server.sql(database, "vacuum (freeze, analyze)")


@dataclasses.dataclass
class Log:
    name: str
    dataset: str
    changes: int
    write: object  # (server, database): runs the changes


def _tpcb(transactions):
    def write(server, database):
        subprocess.run([program("pgbench"), "-n", "-c", "8", "-j", "2", "-t", str(transactions // 8), "--random-seed=42",
                        server.uri(database)], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return write


def _call(statement):
    def write(server, database):
        server.file(database, SQL / "cdc_wide.sql")
        server.sql(database, statement, settings="-c synchronous_commit=off")
    return write


def logs(size):
    """As many changes as a fifth of the accounts, or half of the wide rows."""
    transactions = size.accounts() // 20 // 8 * 8
    mixed = size.wide_rows // 200
    return {
        "a": Log("a", "pgb", transactions * 4, _tpcb(transactions)),
        "b": Log("b", "wide", mixed * 100, _call(f"call cdc_mix({mixed}, {size.wide_rows})")),
        "c": Log("c", "wide", size.wide_rows // 2, _call(f"call cdc_huge({size.wide_rows // 2}, {size.wide_rows})")),
    }
