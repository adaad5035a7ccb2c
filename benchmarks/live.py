"""``python -m benchmarks.live``: how long until every screen of a house hears of a change.

A stream process of its own, ``--screens`` that listen, and ``--changes`` committed one after the
other, each with a line of the audit trail. The time runs from before the transaction begins until
a screen has the message; once woken by Redis, and once as if Redis were away.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from benchmarks import report
from benchmarks.stack import Stack, free_port, started
from config import env

_PATIENCE = 60.0


def main(arguments: list[str] | None = None) -> int:
    """Measure and print; 0 whatever comes out, since times depend on the machine."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.live", description=__doc__)
    parser.add_argument("--changes", type=int, default=200)
    parser.add_argument("--screens", type=int, default=20)
    chosen = parser.parse_args(arguments)
    with started("bench-live") as stack:
        report.heading("Data: the demo restaurants")
        stack.manage("migrate", "--no-input", "-v", "0")
        stack.manage("demo")
        with _streaming(stack) as port:
            report.heading(f"{chosen.changes} changes, {chosen.screens} screens")
            words = [str(port), str(chosen.changes), str(chosen.screens)]
            found = stack.inside("benchmarks.live_inside", *words)
    print(f"{'':34}{'p50 ms':>8}{'p95 ms':>8}{'most ms':>9}{'heard':>8}")
    for row in found:
        times = f"{row['p50']:>8.1f}{row['p95']:>8.1f}{row['most']:>9.1f}"
        print(f"{row['label']:34}{times}{row['heard']:>8}")
    return 0


@contextmanager
def _streaming(stack: Stack) -> Iterator[int]:
    """The stream process; its port, once it is ready."""
    port = free_port()
    changes = {"STREAM_PORT": str(port), "PORT": str(free_port()), "HOST": "127.0.0.1"}
    process = subprocess.Popen(
        [sys.executable, "-m", "config.roles", "stream"],
        cwd=env.BASE_DIR,
        env=stack.environment(**changes | {"DATABASE_CONNECTIONS": "persistent"}),
        stdout=subprocess.DEVNULL,
    )
    try:
        deadline = time.monotonic() + _PATIENCE
        while time.monotonic() < deadline and process.poll() is None:
            with suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz"):
                break
            time.sleep(0.1)
        yield port
    finally:
        process.terminate()
        process.wait(15)


if __name__ == "__main__":
    sys.exit(main())
