# SPDX-License-Identifier: Apache-2.0
"""A headless Chromium that shows one page at a time, spoken to over a pipe by the DevTools protocol.

Source: https://chromedevtools.github.io/devtools-protocol/ and --remote-debugging-pipe: JSON messages,
each ended by a zero byte; the browser reads descriptor 3 and writes descriptor 4.
"""
import base64
import fcntl
import json
import os
import select
import shutil
import struct
import subprocess
import tempfile
import time
import zlib

TIMEOUT_SECONDS = 30
PROGRAMS = ("chromium-headless-shell", "chromium", "google-chrome")


def find_program():
    return next(filter(None, map(shutil.which, PROGRAMS)), None)


class Browser:
    def __init__(self, program):
        self._directory = tempfile.TemporaryDirectory(prefix="voyager-browser-", ignore_cleanup_errors=True)
        browser_reads, self._to = _pipe()
        self._from, browser_writes = _pipe()
        self._process = subprocess.Popen(
            # The shell puts the descriptors where the browser looks for them.
            ["bash", "-c", f'exec "$@" 3<&{browser_reads} 4>&{browser_writes}', "browser", program, "--headless",
             "--remote-debugging-pipe", "--disable-gpu", "--hide-scrollbars", f"--user-data-dir={self._directory.name}"]
            # Chromium's sandbox refuses to run as root.
            + (["--no-sandbox"] if os.geteuid() == 0 else []),
            pass_fds=(browser_reads, browser_writes), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        os.close(browser_reads)
        os.close(browser_writes)
        self._buffer = b""
        self._number = 0
        self._session = None
        self.events = []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Network", "Log", "Runtime"):
            self.call(f"{domain}.enable")

    def close(self):
        self._session = None
        try:
            self.call("Browser.close")
            self._process.wait(TIMEOUT_SECONDS)
        finally:
            self._process.kill()
            self._process.wait()
            os.close(self._to)
            os.close(self._from)
            self._directory.cleanup()

    def call(self, method, **parameters):
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._to, json.dumps(message).encode() + b"\0")
        answer = self._wait(lambda received: received.get("id") == self._number)
        if "error" in answer:
            raise RuntimeError(f"{method}: {answer['error']}")
        return answer["result"]

    def look(self, width, dark=False, scripts=True):
        """How pages that are opened from here on are shown."""
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=width < 700)
        scheme = "dark" if dark else "light"
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        self.call("Emulation.setScriptExecutionDisabled", value=not scripts)

    def open(self, address):
        # A change of the fragment alone is no load.
        self._load("about:blank")
        self.events.clear()
        self._load(address)

    def _load(self, address):
        failure = self.call("Page.navigate", url=address).get("errorText")
        if failure:
            raise RuntimeError(f"{address}: {failure}")
        self._wait(lambda received: received.get("method") == "Page.loadEventFired")

    def evaluate(self, script):
        answer = self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            raise RuntimeError(f"{script}: {answer['exceptionDetails']}")
        return answer["result"].get("value")

    def pixels(self):
        """What is on the screen at a quarter of its size, as rows of (red, green, blue)."""
        size = self.evaluate("[innerWidth, innerHeight]")
        clip = {"x": 0, "y": 0, "width": size[0], "height": size[1], "scale": 0.25}
        return _read_png(base64.b64decode(self.call("Page.captureScreenshot", clip=clip)["data"]))

    def _wait(self, wanted):
        end = time.monotonic() + TIMEOUT_SECONDS
        while True:
            while b"\0" in self._buffer:
                text, self._buffer = self._buffer.split(b"\0", 1)
                received = json.loads(text)
                self.events.append(received)
                if wanted(received):
                    return received
            if not select.select([self._from], [], [], max(0, end - time.monotonic()))[0]:
                raise TimeoutError("the browser does not answer")
            part = os.read(self._from, 1 << 16)
            if not part:
                raise RuntimeError("the browser has ended")
            self._buffer += part


def _pipe():
    """Two descriptors that are neither 3 nor 4."""
    ends = os.pipe()
    moved = tuple(fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 10) for end in ends)
    for end in ends:
        os.close(end)
    return moved


def _read_png(data):
    """Source: PNG specification: 8 bits, RGB or RGBA, not interlaced, which is what Chromium writes."""
    chunks, at = {}, 8
    while at < len(data):
        length, kind = struct.unpack(">I4s", data[at:at + 8])
        chunks[kind] = chunks.get(kind, b"") + data[at + 8:at + 8 + length]
        at += length + 12
    width, height, depth, colour = struct.unpack(">IIBB", chunks[b"IHDR"][:10])
    assert depth == 8 and colour in (2, 6)
    step = 3 if colour == 2 else 4
    raw, rows, above = zlib.decompress(chunks[b"IDAT"]), [], bytes(width * step)
    for y in range(height):
        start = y * (width * step + 1)
        above = _unfiltered(raw[start], raw[start + 1:start + 1 + width * step], above, step)
        rows.append([tuple(above[x:x + 3]) for x in range(0, len(above), step)])
    return rows


def _unfiltered(kind, line, above, step):
    out = bytearray()
    for i, value in enumerate(line):
        left = out[i - step] if i >= step else 0
        corner = above[i - step] if i >= step else 0
        up = above[i]
        nearest = min((left, up, corner), key=lambda known: abs(left + up - corner - known))
        out.append((value + (0, left, up, (left + up) // 2, nearest)[kind]) & 255)
    return bytes(out)
