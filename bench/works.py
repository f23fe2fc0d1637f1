# SPDX-License-Identifier: Apache-2.0
"""The works that are measured. Each gives Results: yb-voyager's runs and its peers', made in turns and all verified."""
import contextlib
import dataclasses
import os
import pathlib
import shutil
import statistics
import time

import datasets
import peers
from meter import Clock, Process, Run, alternate, quiet
from servers import free_port, program
from voyager import Migration, as_position, await_true, stop

OURS = "yb-voyager"


@dataclasses.dataclass
class Result:
    """One work: runs by contender, ours first."""
    work: str
    what: str
    runs: dict
    goals: dict = dataclasses.field(default_factory=dict)  # contender: the speed against it that we want
    notes: list = dataclasses.field(default_factory=list)


@dataclasses.dataclass
class Bench:
    """What every work needs."""
    directory: pathlib.Path
    binaries: pathlib.Path
    source: object
    target: object
    size: datasets.Size
    pairs: int

    def log(self, name):
        return str(self.directory / f"{name}.log")

    def empty(self, name):
        path = self.directory / name
        shutil.rmtree(path, ignore_errors=True)
        path.mkdir(mode=0o700)
        return path

    def migration(self, directory, database, copy, port=None):
        return Migration(self.binaries / "yb-voyager", directory, self.source, database, self.target, copy, self.log("voyager"),
                         port)

    def verify(self, database, copy):
        """Rows of every table by hash; a benchmark of wrong rows is none."""
        ours, theirs = self.source.fingerprint(database), self.target.fingerprint(copy)
        if ours != theirs:
            different = [line for line in theirs if line not in ours][:3]
            raise RuntimeError(f"{copy} does not hold what {database} holds: {different}")


# Snapshot ------------------------------------------------------------------------------------------------------------

class Snapshot:
    def __init__(self, bench, dataset):
        self._bench = bench
        self._dataset = dataset
        self._schema = bench.directory / f"{dataset}.schema"
        peers.dump_schema(bench.source, dataset, self._schema, bench.log("dump"))
        self._keys, self._rest = peers.list_by_keys(bench.source, dataset, self._schema)

    def _fresh(self, *sections):
        self._bench.target.drop("copy")
        self._bench.target.sql("postgres", "create database copy template template0")
        for section in sections:
            peers.restore(self._schema, self._bench.target, "copy", section, 1, self._bench.log("restore"))
        quiet(self._bench.source, self._bench.target)

    def _checked(self, run):
        self._bench.verify(self._dataset, "copy")
        return run

    def ours(self):
        bench = self._bench
        self._fresh()
        migration = bench.migration(bench.empty("snapshot"), self._dataset, "copy")
        migration.export_schema()
        migration.import_schema()
        quiet(bench.source, bench.target)
        clock = Clock()
        export = migration.start_export("snapshot-only")
        migration.await_started(export)
        load = migration.start_import()
        ended = [load.wait(), export.wait(), migration.start_finalize().wait()]
        run = Run(clock.seconds(), sum(one.cpu_seconds for one in ended), max(one.peak_mb for one in ended))
        written = sum(file.stat().st_size for file in (migration.directory / "data").rglob("*") if file.is_file())
        run.extra = {"written_gb": written / 1e9}
        return self._checked(run)

    def pipes(self):
        bench = self._bench
        self._fresh("pre-data")
        with open(bench.log("pipes"), "ab") as log:
            clock = Clock()
            peers.two_pipes(bench.source, self._dataset, bench.target, "copy", log)
            peers.restore(self._schema, bench.target, "copy", "post-data", 2, bench.log("restore"))
            return self._checked(Run(clock.seconds()))

    def pipes_into_keys(self):
        """Primary keys and unique indexes are there while the rows come, as in the migration's workflow."""
        bench = self._bench
        self._fresh("pre-data")
        peers.restore_listed(self._schema, self._keys, bench.target, "copy", 1, bench.log("restore"))
        with open(bench.log("pipes"), "ab") as log:
            clock = Clock()
            peers.two_pipes(bench.source, self._dataset, bench.target, "copy", log)
            peers.restore_listed(self._schema, self._rest, bench.target, "copy", 2, bench.log("restore"))
            return self._checked(Run(clock.seconds()))

    def dump(self):
        bench = self._bench
        self._fresh()
        clock = Clock()
        peers.dump_and_restore(bench.source, self._dataset, bench.target, "copy", bench.empty("dump") / "dump", bench.log("dump"))
        return self._checked(Run(clock.seconds()))

    def native(self):
        bench = self._bench
        self._fresh("pre-data", "post-data")
        clock = Clock()
        peers.native_sync(bench.source, self._dataset, bench.target, "copy")
        run = Run(clock.seconds())
        peers.drop_native_sync(bench.source, self._dataset, bench.target, "copy")
        return self._checked(run)

    def pgcopydb(self):
        bench = self._bench
        self._fresh()
        clock = Clock()
        process = peers.pgcopydb(bench.source, self._dataset, bench.target, "copy", bench.empty("pgcopydb") / "work",
                                 bench.log("pgcopydb"))
        return self._checked(peers.of(process, clock))


SNAPSHOT_GOALS = {"pgb": {"two psql pipes, keys first": 1 / 1.15, "two psql pipes": 1 / 1.15, "pgcopydb": 1.0, "pg_dump, pg_restore": 1 / 0.7, "native sync": 1 / 0.55},
                  "wide": {"two psql pipes, keys first": 1 / 1.15, "two psql pipes": 1 / 1.15, "pgcopydb": 1.0, "pg_dump, pg_restore": 1 / 0.45, "native sync": 1 / 0.4}}


def snapshot(bench, dataset):
    one = Snapshot(bench, dataset)
    contenders = {OURS: one.ours, "two psql pipes, keys first": one.pipes_into_keys, "two psql pipes": one.pipes,
                  "pg_dump, pg_restore": one.dump, "native sync": one.native}
    if peers.has_pgcopydb():
        contenders["pgcopydb"] = one.pgcopydb
    runs = alternate(bench.pairs, contenders)
    per_gb = statistics.median(run.cpu_seconds / run.extra["written_gb"] for run in runs[OURS])
    return Result(f"snapshot {dataset}", "source → files → target, with indexes; the pipes and pgcopydb write no files", runs,
                  SNAPSHOT_GOALS[dataset], [f"our own CPU: {per_gb:.2f} s for each GB of chunks (goal 1.5)"])


# Changes -------------------------------------------------------------------------------------------------------------

# A server process may hold the slot for a moment after its client has gone.
DROP_SLOT = """do $$ begin
 while exists (select 1 from pg_replication_slots where slot_name = '{name}' and active) loop perform pg_sleep(0.01); end loop;
 perform pg_drop_replication_slot(slot_name) from pg_replication_slots where slot_name = '{name}'; end $$"""


class Backlog:
    """A change log that waits in a slot, and the state that it follows, on both sides: every run starts there.

    Our slot is made by our own exporter; a copy of it is kept, and each run of anybody begins with a copy of that copy."""

    def __init__(self, bench, log):
        self.bench = bench
        self.log = log
        self.database = f"log_{log.name}"
        self.base = f"base_{log.name}"
        self.directory = bench.directory / f"base-{log.name}"
        bench.source.copy(log.dataset, self.database)
        bench.source.sql(self.database, "create publication bench for all tables")
        self._load()
        self._write()
        self._captured = None
        self.pgoutput_bytes = None

    def _load(self):
        bench = self.bench
        bench.target.drop(self.base)
        bench.target.sql("postgres", f"create database {self.base} template template0")
        self.directory.mkdir(mode=0o700)
        migration, export, load = follow(bench, self.directory, self.database, self.base)
        stop(export, load)
        migration.start_finalize().wait()
        bench.target.sql(self.base, "vacuum (freeze, analyze)")
        self._slot = slot_of(bench, self.database)
        self._copy_slot(self._slot, "kept")

    def _copy_slot(self, which, name):
        self.drop_slot(name)
        self.bench.source.sql(self.database, f"select pg_copy_logical_replication_slot('{which}', '{name}')")

    def drop_slot(self, name):
        self.bench.source.sql(self.database, DROP_SLOT.format(name=name))

    def _write(self):
        source = self.bench.source
        self.log.write(source, self.database)
        self.before_end = source.sql(self.database, "select pg_current_wal_insert_lsn()")
        source.sql(self.database, datasets.END)
        self.end = source.sql(self.database, "select pg_current_wal_flush_lsn()")

    def close(self):
        for name in ("kept", self._slot):
            self.drop_slot(name)

    def fresh_slot(self, name):
        self._copy_slot("kept", name)
        return name

    def fresh_target(self):
        self.bench.target.copy(self.base, "copy")
        quiet(self.bench.source, self.bench.target)

    def fresh_directory(self, state=None):
        """Our export directory and slot as they were before the log; or with the log captured."""
        place = self.bench.directory / "changes"
        shutil.rmtree(place, ignore_errors=True)
        shutil.copytree(state or self.directory, place, copy_function=shutil.copy2)
        if state is None:
            self._copy_slot("kept", self._slot)
        return place

    def migration(self, state=None, port=None):
        return self.bench.migration(self.fresh_directory(state), self.database, "copy", port)

    def captured(self):
        """An export directory that has the whole log."""
        if self._captured is None:
            migration = self.migration()
            self._capture(migration)
            self._captured = self.bench.directory / f"captured-{self.log.name}"
            shutil.rmtree(self._captured, ignore_errors=True)
            shutil.move(migration.directory, self._captured)
        return self._captured

    def _capture(self, migration):
        clock = Clock()
        export = migration.start_export("snapshot-and-changes")
        migration.await_captured(as_position(self.before_end), export)
        seconds = clock.seconds()
        return Run(seconds, *stop(export))

    def await_marker(self, *ours):
        """Waits in the target, so that nobody looks again and again; ends when one of our processes does."""
        waiter = Process([program("psql"), "-Xq", "-d", self.bench.target.uri("copy"), "-c", peers.WAIT_FOR_MARKER],
                         self.bench.log("wait"))
        while waiter.running():
            ended = [one for one in ours if not one.running()]
            if ended:
                waiter.terminate()
                waiter.wait(None)
                raise RuntimeError("a process ended before its work was done")
            time.sleep(0.002)
        waiter.wait()

    def verify(self):
        self.bench.verify(self.database, "copy")

    # Contenders

    def capture(self):
        migration = self.migration()
        quiet(self.bench.source, self.bench.target)
        run = self._capture(migration)
        run.extra = {"log_bytes": sum(file.stat().st_size for file in (migration.directory / "data" / "queue").iterdir())}
        return run

    def receive_to_file(self):
        slot = self.fresh_slot("peer")
        quiet(self.bench.source, self.bench.target)
        path = self.bench.directory / "received"
        clock = Clock()
        process = peers.receive_to_file(self.bench.source, self.database, slot, self.end, path, self.bench.log("receive"))
        run = peers.of(process, clock)
        self.pgoutput_bytes = path.stat().st_size
        path.unlink()
        self.drop_slot(slot)
        return run

    def receive_lazily(self):
        slot = self.fresh_slot("peer")
        quiet(self.bench.source, self.bench.target)
        clock = Clock()
        process = peers.receive_lazily(self.bench.binaries / "bench" / "lazy_receiver", self.bench.source, self.database, slot,
                                       self.end, self.bench.log("receive"))
        run = peers.of(process, clock)
        self.drop_slot(slot)
        return run

    def apply(self, jobs=2, port=None):
        migration = self.migration(self.captured(), port)
        self.fresh_target()
        clock = Clock()
        load = migration.start_import(jobs)
        self.await_marker(load)
        seconds = clock.seconds()
        run = Run(seconds, *stop(load))
        self.verify()
        return run

    def pipeline(self):
        migration = self.migration()
        self.fresh_target()
        clock = Clock()
        export = migration.start_export("snapshot-and-changes")
        load = migration.start_import()
        self.await_marker(export, load)
        seconds = clock.seconds()
        run = Run(seconds, *stop(export, load))
        self.verify()
        return run

    def native(self, port=None):
        slot = self.fresh_slot("peer")
        self.fresh_target()
        clock = Clock()
        with peers.subscription(self.bench.source, self.database, self.bench.target, "copy", slot, port):
            self.await_marker()
            run = Run(clock.seconds())
        self.verify()
        self.drop_slot(slot)
        return run


def slot_of(bench, database):
    return bench.source.sql(database, "select slot_name from pg_replication_slots where database = current_database()")


def await_streaming(bench, database, copy, load):
    """The snapshot is loaded, and a row has come through the stream."""
    await_true(lambda: bench.target.rows(copy) == bench.source.rows(database), load, pause=0.2)
    bench.source.sql(database, "insert into bench_marker values (0)")
    bench.target.sql(copy, peers.WAIT_FOR_MARKER.replace("id = 1", "id = 0"), timeout=600)


def fresh_databases(bench, database):
    """A source with the rows of pgb, and an empty target."""
    bench.source.copy("pgb", database)
    bench.target.drop("copy")
    bench.target.sql("postgres", "create database copy template template0")


def follow(bench, directory, database, copy):
    """A migration whose snapshot is loaded, and its two processes."""
    migration = bench.migration(directory, database, copy)
    migration.export_schema()
    migration.import_schema()
    export = migration.start_export("snapshot-and-changes")
    migration.await_started(export)
    applying = migration.start_import()
    await_streaming(bench, database, copy, applying)
    return migration, export, applying


def steady_load(bench, database, seconds, changes_per_second):
    return Process([program("pgbench"), "-n", "-c", "4", "-T", str(seconds), "-R", str(changes_per_second // TPCB_CHANGES),
                    bench.source.uri(database)], bench.log("load"))


@contextlib.contextmanager
def backlog(bench, name):
    one = Backlog(bench, datasets.logs(bench.size)[name])
    try:
        yield one
    finally:
        one.close()


def capture(one):
    name = one.log.name
    runs = alternate(one.bench.pairs, {OURS: one.capture, "pg_recvlogical to a file": one.receive_to_file,
                                       "a receiver that keeps nothing": one.receive_lazily})
    disk = statistics.median(run.extra["log_bytes"] for run in runs[OURS]) / one.pgoutput_bytes
    return Result(f"capture {name}", "slot → durable change log", runs,
                  {"pg_recvlogical to a file": 1.4, "a receiver that keeps nothing": 0.9},
                  [f"disk: {disk:.2f} × pgoutput's bytes (goal 1.2)"])


APPLY_GOAL = {"a": 2.5, "b": 1.5, "c": 1.5}


def apply(one):
    name = one.log.name
    runs = alternate(one.bench.pairs, {OURS: one.apply, "native subscription": one.native})
    return Result(f"apply {name}", "a waiting change log → target; the subscription also decodes it", runs,
                  {"native subscription": APPLY_GOAL[name]})


def pipeline(one):
    runs = alternate(one.bench.pairs, {OURS: one.pipeline, "native subscription": one.native})
    return Result(f"pipeline {one.log.name}", "capture and apply at once", runs, {"native subscription": 1.3})


# Distance ------------------------------------------------------------------------------------------------------------

@contextlib.contextmanager
def proxy(bench, server, milliseconds):
    """A port that reaches the server with so much added to each round trip."""
    port = free_port()
    process = Process([str(bench.binaries / "voyager-proxy"), "--listen", f"127.0.0.1:{port}", "--to",
                       f"127.0.0.1:{server.port}", "--delay-us", str(milliseconds * 500)], bench.log("proxy"))
    try:
        yield port
    finally:
        process.terminate()
        process.wait(None)


def distance(one, milliseconds):
    """Between us and the target; the subscription's is between its worker and the publisher."""
    with proxy(one.bench, one.bench.target, milliseconds) as to_target, proxy(one.bench, one.bench.source, milliseconds) as to_source:
        runs = alternate(one.bench.pairs, {
            f"{OURS}, {milliseconds} ms away": lambda: one.apply(port=to_target),
            f"{OURS}, not away": one.apply,
            f"{OURS}, one connection, {milliseconds} ms away": lambda: one.apply(jobs=1, port=to_target),
            f"native subscription, {milliseconds} ms away": lambda: one.native(to_source),
        })
    goal = {5: 0.7, 50: 0.3}.get(milliseconds)
    return Result(f"apply {one.log.name}, {milliseconds} ms away", "added to each round trip", runs,
                  {f"{OURS}, not away": goal} if goal else {})


# Latency -------------------------------------------------------------------------------------------------------------

WATCH = """do $$ declare seen bigint := 0; newest bigint; begin
  while seen < {probes} loop
    commit;
    select max(id) into newest from bench_probe;
    if newest > seen then
      insert into bench_seen select id, clock_timestamp() from generate_series(seen + 1, newest) id;
      seen := newest;
    end if;
    perform pg_sleep(0.001);
  end loop; end $$"""
PROBE = """do $$ begin for i in 1 .. {probes} loop
  insert into bench_probe values (i, clock_timestamp()); commit; perform pg_sleep(0.02); end loop; end $$"""
TPCB_CHANGES = 4


def latency(bench, changes_per_second=2000, seconds=20):
    """Commit on the source → visible on the target, while pgbench writes at a steady rate."""
    probes = seconds * 40

    def watch(database):
        busy = steady_load(bench, database, seconds + 5, changes_per_second)
        watcher = Process([program("psql"), "-Xq", "-d", bench.target.uri("copy"), "-c", WATCH.format(probes=probes)],
                          bench.log("watch"))
        bench.source.sql(database, PROBE.format(probes=probes), timeout=seconds * 6)
        watcher.wait()
        busy.terminate()
        busy.wait(None)
        sent = dict(line.split("|") for line in bench.source.sql(database, "select id, extract(epoch from at) from bench_probe").splitlines())
        seen = bench.target.sql("copy", "select id, extract(epoch from at) from bench_seen").splitlines()
        delays = sorted((float(at) - float(sent[number])) * 1000 for number, at in (line.split("|") for line in seen))
        return Run(statistics.median(delays) / 1000, extra={"p99_ms": delays[int(len(delays) * 0.99)]})

    def prepare(name):
        database = f"latency_{name}"
        fresh_databases(bench, database)
        bench.source.sql(database, "create table bench_probe (id bigint primary key, at timestamptz)")
        return database

    def ours():
        database = prepare("ours")
        _, export, apply_process = follow(bench, bench.empty("latency"), database, "copy")
        bench.target.sql("copy", "create unlogged table bench_seen (id bigint, at timestamptz)")
        run = watch(database)
        stop(export, apply_process)
        bench.source.sql(database, DROP_SLOT.format(name=slot_of(bench, database)))
        bench.source.drop(database)
        return run

    def native():
        database = prepare("native")
        schema = bench.directory / "latency.schema"
        peers.dump_schema(bench.source, database, schema, bench.log("dump"))
        for section in ("pre-data", "post-data"):
            peers.restore(schema, bench.target, "copy", section, 1, bench.log("restore"))
        peers.native_sync(bench.source, database, bench.target, "copy")
        bench.target.sql("copy", "create unlogged table bench_seen (id bigint, at timestamptz)")
        run = watch(database)
        peers.drop_native_sync(bench.source, database, bench.target, "copy")
        bench.source.drop(database)
        return run

    runs = alternate(bench.pairs, {OURS: ours, "native subscription": native})
    notes = [f"{name}: p50 {statistics.median(r.seconds for r in done) * 1000:.1f} ms, "
             f"p99 {statistics.median(r.extra['p99_ms'] for r in done):.1f} ms" for name, done in runs.items()]
    return Result("latency", f"commit → visible at {changes_per_second:,} changes/s (goal: p50 20 ms, p99 150 ms)", runs, {}, notes)


# Growth --------------------------------------------------------------------------------------------------------------

FACTORS = (1, 4, 16)


def growth(bench, scale=4):
    """The same works over 1, 4 and 16 times as many rows and changes. In place of what was measured before."""
    snapshots, pipelines = {}, {}
    for factor in FACTORS:
        larger = dataclasses.replace(bench, size=datasets.Size(scale * factor, 1000))
        for database in ("pgb", "wide"):
            bench.source.drop(database)
        datasets.fill(bench.source, larger.size)
        snapshots[factor] = median_of(bench.pairs, Snapshot(larger, "pgb").ours)
        shutil.rmtree(bench.directory / "base-a", ignore_errors=True)
        with backlog(larger, "a") as log:
            pipelines[factor] = median_of(bench.pairs, log.pipeline)
            changes = log.log.changes // factor
    rows = scale * 100_000
    return [grown("snapshot pgb", rows, snapshots), grown("pipeline a", changes, pipelines)]


def median_of(rounds, work):
    return sorted((work() for _ in range(rounds)), key=lambda run: run.seconds)[rounds // 2]


def grown(work, amount, runs):
    """What a million more takes must not grow with how many there are."""
    def each(low, high):
        return (runs[high].seconds - runs[low].seconds) / (amount * (high - low)) * 1e6
    one, four, sixteen = FACTORS
    return Result(f"{work}, growing", f"{amount:,} × 1, 4, 16", {f"{OURS}, {factor} ×": [run] for factor, run in runs.items()}, {},
                  [f"a million more takes {each(one, four):.2f} s from 1 to 4 ×, {each(four, sixteen):.2f} s from 4 to 16 ×"])


def memory_note(results):
    """The largest process of ours over everything that was run."""
    peak = max(run.peak_mb for result in results for name, runs in result.runs.items() if name.startswith(OURS) for run in runs)
    return f"largest process of ours in all runs: {peak:.0f} MB (goal 150)"


def machine():
    with open("/proc/cpuinfo") as file:
        model = next((line.split(":", 1)[1].strip() for line in file if line.startswith("model name")), "unknown")
    return f"{os.cpu_count()} cores ({model})"
