"""What must not stand in the project's text: the environment, machine paths, unpinned packages."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from tests.architecture.project import ROOT, sources, texts

REQUIREMENTS = ("requirements.txt", "requirements-dev.txt")


def test_only_one_module_reads_the_environment() -> None:
    reading = re.compile(r"os\.environ|os\.getenv|os\.putenv|from os import .*environ")
    readers = [
        str(path.relative_to(ROOT)) for path in sources() if reading.search(path.read_text())
    ]
    assert readers == ["config/env.py"]


def test_no_path_of_somebodys_machine_is_written_down() -> None:
    personal = re.compile(r"(?<![\w.])/(home|root|Users|work|opt)/\w")
    found = [
        f"{path}:{number}"
        for path, text in texts()
        if path != Path("tests/architecture/test_text.py")
        for number, line in enumerate(text.splitlines(), 1)
        if personal.search(line)
    ]
    assert found == []


@pytest.mark.parametrize("name", REQUIREMENTS)
def test_every_package_is_pinned_and_nothing_says_where_from(name: str) -> None:
    lines = [
        line.split(";")[0].strip()
        for line in (ROOT / name).read_text().splitlines()
        if line.strip() and not line.strip().startswith("#")
    ]
    unpinned = [line for line in lines if not re.fullmatch(r"[A-Za-z0-9._-]+==[\w.!+]+", line)]
    assert unpinned == []
    assert "://" not in (ROOT / name).read_text()


def test_every_dependency_is_among_the_pins() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    for name, wanted in (
        ("requirements.txt", project["dependencies"]),
        ("requirements-dev.txt", project["dependencies"] + project["optional-dependencies"]["dev"]),
    ):
        pinned = {line.split("==")[0].lower() for line in (ROOT / name).read_text().splitlines()}
        names = {re.split(r"[<>=\[; ]", dependency)[0].lower() for dependency in wanted}
        assert names - pinned == set()


def test_every_variable_is_in_the_example_and_no_other() -> None:
    reading = re.compile(
        r'env\.(?:text|number|flag|words|secret|required_secret|set_default)\(\s*"([A-Z_]+)"'
    )
    own = re.compile(r'(?<![.\w])(?:text|number|flag|words|secret)\("([A-Z_]+)"')
    paths = [*sources(), *(ROOT / "benchmarks").rglob("*.py")]
    read = {name for path in paths for name in reading.findall(path.read_text())}
    read |= set(own.findall((ROOT / "config/env.py").read_text()))
    shown = re.findall(r"^#([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE)
    assert sorted(shown) == sorted(read)
