# SPDX-License-Identifier: Apache-2.0
"""Single moments of a migration that people wait for: a start with many tables, a cutover."""
import statistics
import time

from meter import Clock, Run
from voyager import await_true, stop
from works import DROP_SLOT, OURS, Result, follow, fresh_databases, slot_of, steady_load

MANY = """do $$ begin
for i in 1..{tables} loop
  execute format('create table many_%s (id bigint primary key, v text)', i);
  execute format('insert into many_%s select k, k::text from generate_series(1, 10) k', i);
  commit;
end loop; end $$"""


def start(bench, tables=5000):
    """Both processes are started again: until a row that was committed meanwhile is in the change log, and on the target."""
    for server in (bench.source, bench.target):
        server.drop("many")
        server.sql("postgres", "create database many template template0")
    bench.source.sql("many", MANY.format(tables=tables))
    bench.source.sql("many", "create table bench_marker (id int primary key)")
    migration = bench.migration(bench.empty("many"), "many", "many")
    migration.export_schema()
    migration.import_schema()
    clock = Clock()
    export = migration.start_export("snapshot-and-changes")
    migration.await_started(export)
    applying = migration.start_import()
    bench.source.sql("many", "insert into bench_marker values (0)")

    def is_there(number):
        return bench.target.sql("many", f"select count(*) from bench_marker where id = {number}") == "1"

    await_true(lambda: is_there(0), applying, pause=0.1)
    bench.source.sql("many", "insert into bench_marker values (-1)")
    await_true(lambda: is_there(-1), applying, pause=0.1)
    first = clock.seconds()
    stop(export, applying)
    exports, imports = [], []
    for number in range(1, bench.pairs + 1):
        before = migration.captured()
        bench.source.sql("many", f"insert into bench_marker values ({number})")
        clock = Clock()
        export = migration.start_export("snapshot-and-changes")
        migration.await_captured(before, export)
        exports.append(Run(clock.seconds()))
        clock = Clock()
        applying = migration.start_import()
        await_true(lambda: is_there(number), applying)
        imports.append(Run(clock.seconds()))
        for process, run in ((export, exports[-1]), (applying, imports[-1])):
            run.cpu_seconds, run.peak_mb = stop(process)
    bench.source.sql("many", DROP_SLOT.format(name=slot_of(bench, "many")))
    return [Result(f"{command}, started again", f"{tables:,} tables (goal: 5 s)", {OURS: runs}, {},
                   [f"the longest of {len(runs)} took {max(run.seconds for run in runs):.2f} s; the first start of both, with the snapshot "
                    f"of ten rows in each, {first:.2f} s"])
            for command, runs in (("export data", exports), ("import data", imports))]


def cut_over(bench, migration, database, export, applying):
    """The run that it took; both processes have ended then, and all rows are equal."""
    clock = Clock()
    migration.initiate_cutover()
    while not migration.is_cut_over():
        if clock.seconds() > 60:
            raise RuntimeError("the cutover does not complete")
    run = Run(clock.seconds())
    applying.wait()
    export.wait()
    run.cpu_seconds = export.cpu_seconds + applying.cpu_seconds
    run.peak_mb = max(export.peak_mb, applying.peak_mb)
    bench.verify(database, "copy")
    return run


def start_following(bench, database):
    fresh_databases(bench, database)
    return follow(bench, bench.empty(database), database, "copy")


def cutover(bench, changes_per_second=2000, seconds=10):
    """The last commit on the source → the cutover is complete, both processes have ended, and all rows are equal."""
    runs = []
    for _ in range(bench.pairs):
        migration, export, applying = start_following(bench, "cutover")
        steady_load(bench, "cutover", seconds, changes_per_second).wait()
        run = cut_over(bench, migration, "cutover", export, applying)
        print(f"    {OURS:<44} {run.seconds:8.2f} s", flush=True)
        runs.append(run)
        bench.source.drop("cutover")
    longest = max(run.seconds for run in runs)
    return Result("cutover", f"last commit → COMPLETED, after {changes_per_second:,} changes/s (goal: 2 s)", {OURS: runs}, {},
                  [f"the longest of {len(runs)} took {longest:.2f} s, the median {statistics.median(run.seconds for run in runs):.2f} s"])


def endurance(bench, minutes, changes_per_second=2000):
    """Memory of both processes while pgbench writes at a steady rate."""
    migration, export, applying = start_following(bench, "endurance")
    load = steady_load(bench, "endurance", minutes * 60, changes_per_second)
    clock = Clock()
    samples = {"export data": [], "import data": []}
    for quarter in range(5):
        # The first sample once buffers and statements have found their size.
        time.sleep(max(0, max(30, quarter * minutes * 15 - 5) - clock.seconds()))
        for name, process in (("export data", export), ("import data", applying)):
            samples[name].append(process.resident_mb())
            if not process.running():
                raise RuntimeError(f"{name} ended")
    load.wait()
    run = cut_over(bench, migration, "endurance", export, applying)
    bench.source.drop("endurance")
    return Result("endurance", f"{minutes} minutes at {changes_per_second:,} changes/s, then the cutover", {OURS: [run]}, {},
                  [f"{name}: {', '.join(f'{one:.1f}' for one in sizes)} MB resident, from the first half minute to the end"
                   for name, sizes in samples.items()])
