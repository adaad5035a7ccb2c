"""What ``make run`` waits for, and what it makes of settings that cannot be."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from config import env, launch, roles

NOT_YET = (
    '{"status": "unavailable", "checks": {"database": {"ok": true, "ms": 1.0},'
    ' "beat": {"ok": false, "ms": 1.0, "reason": "has not started yet"}}}'
)


class Processes:
    """A supervisor whose processes live, or have ended."""

    def __init__(self, *ended: str) -> None:
        self.ended = set(ended)

    def watch(self, stop: threading.Event, *, each_second: Callable[[], None]) -> None:
        assert stop.wait(20)


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(launch, "_READY_PATIENCE", 0.2)
    monkeypatch.setattr(launch, "_SAY_EVERY", 0.2)


def test_a_slow_start_is_waited_for_and_says_for_what(
    hasty: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    answers = itertools.chain([launch._missing(NOT_YET)] * 8, itertools.repeat("ok"))
    monkeypatch.setattr(launch, "_readyz", lambda: next(answers))
    launch._wait_ready(threading.Event(), Processes())  # type: ignore[arg-type]
    first = capsys.readouterr().out.splitlines()[0]
    assert first == "  · Still starting after 0 seconds: beat has not started yet"


def test_a_process_that_ended_is_not_waited_for_for_ever(
    hasty: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(launch, "_readyz", lambda: "beat has not started yet")
    with pytest.raises(launch.LaunchError) as refused:
        launch._wait_ready(threading.Event(), Processes("beat"))  # type: ignore[arg-type]
    assert str(refused.value) == (
        "Couvert did not get ready in 0 seconds: beat has not started yet\n"
        "  Ended meanwhile: beat.\n"
        "  What to do: read the lines of web, worker, beat and stream above."
    )


def test_an_answer_of_another_kind_is_shown_as_it_is() -> None:
    assert launch._missing("<h1>Bad gateway</h1>") == "<h1>Bad gateway</h1>"
    assert launch._missing("[]") == "[]"


@pytest.mark.parametrize(
    ("name", "given", "said"),
    [
        ("PORT", "abc", "PORT is 'abc', which is no whole number. Set it to one such as 8000."),
        ("PORT", "70000", "PORT is 70000, which is no port. Choose one from 1 to 65535."),
        ("PORT", "0", "PORT is 0, which is no port. Choose one from 1 to 65535."),
        ("STREAM_PORT", "-1", "STREAM_PORT is -1, which is no port. Choose one from 1 to 65535."),
    ],
)
def test_a_port_that_is_none_is_said_in_one_line(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    name: str,
    given: str,
    said: str,
) -> None:
    monkeypatch.setattr("signal.signal", lambda *_: None)
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    monkeypatch.setenv(name, given)
    assert launch.main() == 1
    assert capsys.readouterr().err == f"\n✗ {said}\n"


def test_a_role_says_it_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEB_THREADS", "many")
    monkeypatch.setattr("sys.argv", ["roles", "web"])
    monkeypatch.setattr(env, "share_metrics", lambda: None)
    with pytest.raises(SystemExit) as refused:
        roles.main()
    said = "error: WEB_THREADS is 'many', which is no whole number. Set it to one such as 4."
    assert refused.value.code == said
