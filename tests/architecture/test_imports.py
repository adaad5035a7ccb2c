"""Import rules, run by import-linter from ``.importlinter``."""

from __future__ import annotations

import subprocess
import sys

from config import env
from tests.architecture.project import APPS, ROOT


def test_every_import_rule_is_kept() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command as run; run()"],
        cwd=ROOT,
        env=env.child_environment(EMBEDDED_SERVICES="0"),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_app_is_under_the_rules() -> None:
    found = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests", "benchmarks"}
    assert found == set(APPS)


def test_no_module_is_a_drawer_for_everything() -> None:
    drawers = {"utils", "util", "helpers", "helper", "misc", "common", "shared", "stuff"}
    found = [
        str(path.relative_to(ROOT))
        for app in APPS
        for path in (ROOT / app).rglob("*")
        if path.stem in drawers
    ]
    assert found == []
