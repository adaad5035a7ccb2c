"""The benchmarks run from nothing to their last table, on a handful of bookings."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from config import env

_PATIENCE = 240


@pytest.mark.slow
def test_every_part_runs_and_prints_its_figures(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "--quick"],
        cwd=env.BASE_DIR,
        env=env.child_environment(DATA_DIR=str(tmp_path), DATABASE_URL="", REDIS_URL=""),
        capture_output=True,
        text=True,
        timeout=_PATIENCE,
        check=False,
    )

    assert done.returncode == 0, done.stderr[-3000:]
    printed = done.stdout
    for part in ("Availability of a day", "Hold and confirm", "guests at once", "Statements per"):
        assert part in printed
    assert "pgbench, the same statements" in printed
    assert "Ratios of this run" in printed
