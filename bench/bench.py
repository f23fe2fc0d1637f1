#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Measures yb-voyager beside its peers: ./dev bench. See bench/README.md."""
import argparse
import datetime
import pathlib
import shutil
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).parent))

import datasets  # noqa: E402
import moments  # noqa: E402
import report  # noqa: E402
import works  # noqa: E402
from servers import Server  # noqa: E402

WORKS = ("snapshot", "capture", "apply", "pipeline", "distance", "latency", "cutover", "start", "growth", "endurance")
PROJECT = pathlib.Path(__file__).resolve().parent.parent


def arguments():
    parser = argparse.ArgumentParser(prog="./dev bench", description="yb-voyager beside its peers, in alternating runs")
    parser.add_argument("--works", default=",".join(WORKS[:-1]), help="of: " + ", ".join(WORKS))
    parser.add_argument("--logs", default="a,b,c", help="of the change logs a, b, c")
    parser.add_argument("--pairs", type=int, default=5, help="rounds; every contender runs once in each")
    parser.add_argument("--scale", type=int, default=10, help="of pgbench: 100,000 accounts each")
    parser.add_argument("--wide-rows", type=int, default=400_000)
    parser.add_argument("--minutes", type=int, default=60, help="of endurance, which is only run when it is named")
    parser.add_argument("--shared-buffers", default="512MB", help="of each server")
    parser.add_argument("--write", action="store_true", help="put the figures into docs/performance.md and its chart")
    parser.add_argument("--build", default=str(PROJECT / "build" / "release"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    unknown = set(given.works.split(",")) - set(WORKS)
    if unknown:
        parser.error(f"no such work: {', '.join(sorted(unknown))}")
    return given


def measure(bench, wanted, logs, minutes):
    results = []

    def take(make, *what):
        print(f"  {make.__name__} {' '.join(str(one) for one in what[1:])}".rstrip(), flush=True)
        results.append(make(*what))
    if "snapshot" in wanted:
        for dataset in ("pgb", "wide"):
            take(works.snapshot, bench, dataset)
    if wanted & {"capture", "apply", "pipeline", "distance"}:
        for name in logs:
            with works.backlog(bench, name) as log:
                print(f"  log {name}: {log.log.changes:,} changes", flush=True)
                for work in ("capture", "apply", "pipeline"):
                    if work in wanted:
                        take(getattr(works, work), log)
                if "distance" in wanted and name in ("a", "b"):
                    for milliseconds in (5, 50):
                        take(works.distance, log, milliseconds)
    if "latency" in wanted:
        take(works.latency, bench)
    if "cutover" in wanted:
        take(moments.cutover, bench)
    if "start" in wanted:
        print("  start", flush=True)
        results += moments.start(bench)
    if "endurance" in wanted:
        take(moments.endurance, bench, minutes)
    if "growth" in wanted:  # it leaves other data behind
        print("  growth", flush=True)
        results += works.growth(bench)
    return results


def heading(given, version):
    return (f"{datetime.date.today().isoformat()}, {works.machine()} shared by both servers and everything that runs, "
            f"PostgreSQL {version}, loopback, fsync on; pgbench scale {given.scale}, {given.wide_rows:,} wide rows; "
            f"{given.pairs} rounds. Made by `./dev bench --works {given.works} --logs {given.logs} --pairs {given.pairs} --scale "
            f"{given.scale} --wide-rows {given.wide_rows} --shared-buffers {given.shared_buffers} --write`.")


def main():
    given = arguments()
    directory = pathlib.Path(tempfile.mkdtemp(prefix="voyager-bench.", dir="/tmp"))
    directory.chmod(0o755)
    servers = []
    try:
        for name in ("source", "target"):
            servers.append(Server(directory, name, given.shared_buffers))
        source, target = servers
        version = source.sql("postgres", "show server_version").split()[0]
        size = datasets.Size(given.scale, given.wide_rows)
        datasets.fill(source, size)
        bench = works.Bench(directory, pathlib.Path(given.build), source, target, size, given.pairs)
        results = measure(bench, set(given.works.split(",")), given.logs.split(","), given.minutes)
        text = report.document(results, [works.memory_note(results)], heading(given, version))
        print("\n" + text)
        if given.write:
            report.put_between_marks(PROJECT / "docs" / "performance.md", text)
            (PROJECT / "docs" / "performance.svg").write_text(report.chart(results))
    except BaseException:
        for log in sorted(directory.glob("*.log")):
            print(f"--- {log.name}", *log.read_text(errors="replace").splitlines()[-8:], sep="\n", file=sys.stderr)
        raise
    finally:
        for server in servers:
            server.stop()
        shutil.rmtree(directory, ignore_errors=True)


if __name__ == "__main__":
    main()
