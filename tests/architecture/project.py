"""What the architecture tests look at: our own files, and the order of the layers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

# From the bottom up; apps on one line are siblings and do not know each other.
LAYERS: tuple[tuple[str, ...], ...] = (
    ("core",),
    ("accounts",),
    ("restaurants", "customers"),
    ("payments", "notifications"),
    ("reservations",),
    ("webhooks",),
    ("api", "staff"),
    ("config",),
)
APPS = [app for layer in LAYERS for app in layer]


def sources(*, tests: bool = False) -> Iterator[Path]:
    """Every Python file of ours except migrations; with ``tests`` those of the suite as well."""
    folders = [*APPS, *(["tests", "benchmarks"] if tests else [])]
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            if "migrations" not in path.parts:
                yield path


def texts() -> Iterator[tuple[Path, str]]:
    """Every text file of the project that a reader may open."""
    skipped = {"staticfiles", "vendor", "htmlcov", "__pycache__"}
    for path in sorted(ROOT.rglob("*")):
        relative = path.relative_to(ROOT)
        ours = relative.parts[0] == ".ci" or len(relative.parts) == 1 or relative.parts[0][0] != "."
        if not path.is_file() or not ours or skipped & set(relative.parts):
            continue
        try:
            yield relative, path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
