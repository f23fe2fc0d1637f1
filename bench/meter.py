# SPDX-License-Identifier: Apache-2.0
"""What one run cost: wall time, and our processes' CPU time and memory."""
import dataclasses
import os
import statistics
import subprocess
import time


@dataclasses.dataclass
class Run:
    """One run of one contender."""
    seconds: float
    cpu_seconds: float = 0.0  # of the processes that the contender started
    peak_mb: float = 0.0      # the largest of them
    extra: dict = dataclasses.field(default_factory=dict)


class Process:
    """A child whose CPU time and peak memory are known once it has ended."""

    def __init__(self, arguments, log, environment=None):
        self._log = open(log, "ab")
        self._child = subprocess.Popen(arguments, stdin=subprocess.DEVNULL, stdout=self._log, stderr=self._log,
                                       env=dict(os.environ, **(environment or {})))
        self._name = arguments[0]
        self.cpu_seconds = 0.0
        self.peak_mb = 0.0

    def running(self):
        return self._child.returncode is None and os.waitid(
            os.P_PID, self._child.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None

    def resident_mb(self):
        with open(f"/proc/{self._child.pid}/status") as file:
            return next(int(line.split()[1]) for line in file if line.startswith("VmRSS")) / 1024

    def terminate(self):
        if self._child.returncode is None:
            self._child.terminate()

    def wait(self, expected=(0,)):
        if self._child.returncode is None:
            _, status, usage = os.wait4(self._child.pid, 0)
            self._child.returncode = os.waitstatus_to_exitcode(status)
            self.cpu_seconds = usage.ru_utime + usage.ru_stime
            self.peak_mb = usage.ru_maxrss / 1024
            self._log.close()
        if expected is not None and self._child.returncode not in expected:
            raise RuntimeError(f"{self._name} ended with {self._child.returncode}: see {self._log.name}")
        return self


class Clock:
    def __init__(self):
        self._start = time.monotonic()

    def seconds(self):
        return time.monotonic() - self._start


def quiet(*servers):
    """The same start for everybody: nothing of the runs before is left to be written."""
    for server in servers:
        server.sql("postgres", "checkpoint")
    os.sync()


def alternate(pairs, contenders):
    """{name: [Run, ...]}: each round runs every contender once, beginning with another one each time."""
    names = list(contenders)
    runs = {name: [] for name in names}
    for number in range(pairs):
        turn = number % len(names)
        for name in names[turn:] + names[:turn]:
            run = contenders[name]()
            runs[name].append(run)
            print(f"    {name:<44} {run.seconds:8.2f} s  {run.cpu_seconds:7.2f} CPU s  {run.peak_mb:6.0f} MB", flush=True)
    return runs


def ratio(runs, other):
    """Median over the rounds of how long `other` took for each second of ours: above 1 we are faster."""
    return statistics.median(b.seconds / a.seconds for a, b in zip(runs, other))
