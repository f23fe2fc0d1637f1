# SPDX-License-Identifier: Apache-2.0
"""Running yb-voyager, as a user would."""
import pathlib
import struct
import subprocess
import time

from meter import Process

# A peer's tables are what they are: nothing of the schema is written anew for YugabyteDB.
AS_IT_IS = {"YB_VOYAGER_SKIP_MERGE_CONSTRAINTS_TRANSFORMATIONS": "true", "SOURCE_DB_PASSWORD": "none",
            "TARGET_DB_PASSWORD": "none"}

STOPPED_BY_A_SIGNAL = 1


class Migration:
    """One export directory and the two databases it is about."""

    def __init__(self, binary, directory, source, database, target, target_database, log, target_port=None):
        self.directory = pathlib.Path(directory)
        self._binary = str(binary)
        self._log = log
        self._from = ["--source-db-type", "postgresql", "--source-db-host", "127.0.0.1", "--source-db-port",
                      str(source.port), "--source-db-user", "bench", "--source-db-name", database, "--source-db-schema",
                      "public"]
        self._to = ["--target-db-type", "postgresql", "--target-db-host", "127.0.0.1", "--target-db-port",
                    str(target_port or target.port), "--target-db-user", "bench", "--target-db-name", target_database]

    def _start(self, *words):
        arguments = [self._binary, *words[0].split(), "--export-dir", str(self.directory), *words[1:]]
        return Process(arguments, self._log, AS_IT_IS)

    def export_schema(self):
        self._start("export schema", *self._from, "--skip-performance-recommendations", "true",
                    "--skip-colocation-recommendations", "true").wait()

    def import_schema(self):
        self._start("import schema", *self._to, "--yes").wait()

    def start_finalize(self):
        return self._start("finalize-schema-post-data-import", *self._to, "--yes")

    def start_export(self, kind):
        return self._start("export data", *self._from, "--export-type", kind, "--parallel-jobs", "2", "--disable-pb", "true")

    def start_import(self, jobs=2):
        return self._start("import data", *self._to, "--parallel-jobs", str(jobs), "--disable-pb", "true", "--yes")

    def initiate_cutover(self):
        self._start("initiate cutover to target", "--prepare-for-fall-back", "false", "--yes").wait()

    def is_cut_over(self):
        done = subprocess.run([self._binary, "cutover", "status", "--export-dir", str(self.directory)], capture_output=True, text=True,
                              check=True)
        return "COMPLETED" in done.stdout

    def await_started(self, exporter):
        await_true(lambda: (self.directory / "metainfo" / "meta.db").exists(), exporter)

    def captured(self):
        """The position of the last commit that is durable in the change log, or empty.

        Source: docs/formats/change-log.md, `committed`."""
        try:
            content = (self.directory / "data" / "queue" / "committed").read_bytes()
        except FileNotFoundError:
            return ""
        if len(content) < 36:
            return ""
        (length,) = struct.unpack_from("<I", content, 32)
        return content[36:36 + length].decode()

    def await_captured(self, position, exporter):
        await_true(lambda: self.captured() > position, exporter)


def await_true(condition, process, pause=0.005):
    while not condition():
        if not process.running():
            process.wait()
            raise RuntimeError("a process ended before its work was done")
        time.sleep(pause)


def stop(*processes):
    """Stops what runs until it is told to; returns CPU seconds and peak MB."""
    for process in processes:
        process.terminate()
    for process in processes:
        process.wait((STOPPED_BY_A_SIGNAL,))
    return sum(one.cpu_seconds for one in processes), max(one.peak_mb for one in processes)


def as_position(lsn):
    """0/1A2B → the 16 digits that positions are compared by."""
    high, low = lsn.split("/")
    return f"{int(high, 16):08X}{int(low, 16):08X}"
