"""pgbench, from the wheel, running a script against the benchmarks' database."""

from __future__ import annotations

import re
import resource
import subprocess
import tempfile
from pathlib import Path

from benchmarks.load import Outcome
from benchmarks.stack import Stack
from config.embedded import postgres_binary


def run(stack: Stack, script: str, *, clients: int, seconds: float, start: int) -> Outcome:
    """The script over and over, by ``clients`` sessions, its variable n counted from ``start``.

    Prepared statements over the unix socket: nothing that speaks SQL is quicker.
    """
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "pair.sql"
        path.write_text(script)
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run(
            [
                str(postgres_binary("pgbench")),
                *("--no-vacuum", "--protocol", "prepared", "--file", str(path)),
                *("--client", str(clients), "--jobs", "1", "--time", str(round(seconds))),
                *("--define", f"n={start}", "--log", "--log-prefix", f"{directory}/log"),
                stack.database_url,
            ],
            capture_output=True,
            text=True,
            check=False,
            cwd=directory,
        )
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        latencies = [
            int(line.split()[2]) / 1e6
            for log in Path(directory).glob("log.*")
            for line in log.read_text().splitlines()
        ]
    found = re.search(r"tps = ([\d.]+)", done.stdout)
    if not found or done.returncode != 0:
        raise RuntimeError(f"pgbench failed:\n{done.stdout[-500:]}{done.stderr[-1500:]}")
    outcome = Outcome(latencies=latencies, seconds=len(latencies) / float(found[1]))
    outcome.client_cpu = sum(after[:2]) - sum(before[:2])
    outcome.statuses["ok"] = len(latencies)
    return outcome
