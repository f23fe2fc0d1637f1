# SPDX-License-Identifier: Apache-2.0
"""The programs that yb-voyager is measured beside; all from Debian's packages."""
import contextlib
import shutil
import subprocess
import threading

from meter import Process, Run
from servers import program

WAIT_FOR_MARKER = """do $$ begin
 while not exists (select 1 from bench_marker where id = 1) loop commit; perform pg_sleep(0.01); end loop; end $$"""
WAIT_FOR_SYNC = """do $$ begin
 while exists (select 1 from pg_subscription_rel where srsubstate not in ('r', 's')) loop commit; perform pg_sleep(0.05); end loop;
 end $$"""
# `commit` in the loops: a held snapshot on the target would stop the pruning of old row versions.


def _pipe(source, target, query, table, log):
    """psql COPY TO | psql COPY FROM, binary."""
    reader = subprocess.Popen([program("psql"), "-Xq", "-d", source, "-c", f"copy ({query}) to stdout (format binary)"],
                              stdout=subprocess.PIPE, stderr=log)
    writer = subprocess.Popen([program("psql"), "-Xq", "-v", "ON_ERROR_STOP=1", "-d", target, "-c",
                               f'copy "{table}" from stdin (format binary)'], stdin=reader.stdout, stderr=log)
    reader.stdout.close()
    if writer.wait() or reader.wait():
        raise RuntimeError(f"the pipe of {table} failed: see {log.name}")


def two_pipes(source, database, target, copy, log):
    """The rows in two streams at once; the largest table is halved. Nothing is written to files."""
    tables = source.tables(database)
    largest = tables[0]
    half = source.sql(database, f"select pg_relation_size('\"{largest}\"') / 8192 / 2")
    work = [[(f"select * from \"{largest}\" where ctid < '({half},0)'::tid", largest)],
            [(f"select * from \"{largest}\" where ctid >= '({half},0)'::tid", largest)]]
    for number, table in enumerate(tables[1:]):
        work[number % 2].append((f'select * from "{table}"', table))
    failures = []

    def stream(pieces):
        try:
            for query, table in pieces:
                _pipe(source.uri(database), target.uri(copy), query, table, log)
        except RuntimeError as error:
            failures.append(error)
    threads = [threading.Thread(target=stream, args=(pieces,)) for pieces in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


def restore(archive, target, copy, section, jobs, log):
    Process([program("pg_restore"), f"--section={section}", "-j", str(jobs), "-d", target.uri(copy), str(archive)], log).wait()


def restore_listed(archive, listed, target, copy, jobs, log):
    Process([program("pg_restore"), "-L", str(listed), "-j", str(jobs), "-d", target.uri(copy), str(archive)], log).wait()


def list_by_keys(source, database, archive):
    """What comes after the data, as two lists for pg_restore: primary keys, UNIQUE constraints and unique indexes; the rest."""
    unique = set(source.sql(database, "select indexrelid::regclass from pg_index where indisunique").split())
    text = subprocess.run([program("pg_restore"), "-l", "--section=post-data", str(archive)], check=True, capture_output=True,
                          text=True).stdout
    keys, rest = archive.with_suffix(".keys"), archive.with_suffix(".rest")
    lines = [line for line in text.splitlines() if line and not line.startswith(";")]
    is_key = [bool(set(line.split()) & unique) for line in lines]
    keys.write_text("\n".join(line for line, key in zip(lines, is_key) if key))
    rest.write_text("\n".join(line for line, key in zip(lines, is_key) if not key))
    return keys, rest


def dump_schema(source, database, archive, log):
    Process([program("pg_dump"), "-Fc", "-s", "-f", str(archive), source.uri(database)], log).wait()


def dump_and_restore(source, database, target, copy, directory, log):
    """pg_dump -Fd without compression, then pg_restore, two jobs each."""
    Process([program("pg_dump"), "-Fd", "-j2", "-Z0", "-f", str(directory), source.uri(database)], log).wait()
    for section, jobs in (("pre-data", 1), ("data", 2), ("post-data", 2)):
        restore(directory, target, copy, section, jobs, log)


def has_pgcopydb():
    return shutil.which("pgcopydb") is not None


def pgcopydb(source, database, target, copy, directory, log):
    """Tuned: binary COPY and split tables where this version knows them, no VACUUM."""
    known = subprocess.run(["pgcopydb", "clone", "--help"], capture_output=True, text=True, check=False)
    text = known.stdout + known.stderr
    wanted = [["--use-copy-binary"], ["--split-tables-larger-than", "400 MB"], ["--skip-vacuum"]]
    options = [word for words in wanted if words[0] in text for word in words]
    return Process(["pgcopydb", "clone", "--source", source.uri(database), "--target", target.uri(copy), "--dir",
                    str(directory), "--table-jobs", "2", "--index-jobs", "2", *options], log).wait()


def native_sync(source, database, target, copy):
    """The initial copy of a subscription into a schema that is complete, with its indexes."""
    source.sql(database, "create publication bench_sync for all tables")
    target.sql(copy, f"create subscription bench_sync connection '{source.uri(database)}' publication bench_sync")
    target.sql(copy, WAIT_FOR_SYNC)


def drop_native_sync(source, database, target, copy):
    target.sql(copy, "drop subscription bench_sync")
    source.sql(database, "drop publication bench_sync")


@contextlib.contextmanager
def subscription(source, database, target, copy, slot, port=None):
    """Applies what the slot has. `port`: where the publisher is reached, when not directly."""
    name = f"sub_{slot}"
    target.sql(copy, f"create subscription {name} connection '{source.uri(database, port)}' publication bench with "
               f"(create_slot = false, slot_name = '{slot}', copy_data = false, enabled = true, streaming = off)")
    yield
    target.sql(copy, f"alter subscription {name} disable")
    target.sql(copy, f"alter subscription {name} set (slot_name = none)")
    target.sql(copy, f"drop subscription {name}")


def receive_to_file(source, database, slot, end, path, log):
    """pg_recvlogical writes the stream down."""
    process = Process([program("pg_recvlogical"), "-d", source.uri(database), "--slot", slot, "--start", "--no-loop",
                       "--endpos", end, "-o", "proto_version=1", "-o", "publication_names=bench", "-f", str(path)], log)
    return process.wait()


def receive_lazily(receiver, source, database, slot, end, log):
    """Our minimal receiver: reads late but fully, and keeps nothing (bench/lazy_receiver.c)."""
    return Process([str(receiver), source.uri(database), slot, "proto_version '1', publication_names 'bench'", end, "10000"],
                   log).wait()


def of(process, clock):
    return Run(clock.seconds(), process.cpu_seconds, process.peak_mb)
