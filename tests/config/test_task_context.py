"""Log lines of a task carry the id of the request that caused it."""

from __future__ import annotations

from typing import Any

import pytest
from celery import Celery

from config import task_context
from core import correlation

app = Celery("test", set_as_current=False, broker="memory://")


@app.task(name="test.who")
def who() -> str:
    return correlation.current()


def test_the_id_goes_along_with_the_message() -> None:
    headers: dict[str, Any] = {}
    token = correlation.bind("request-1")
    task_context.send_along(headers=headers)
    correlation.release(token)

    assert who.apply(headers=headers).result == "request-1"
    assert correlation.current() == ""


def test_a_task_of_its_own_accord_goes_by_its_own_id() -> None:
    assert who.apply(task_id="3f2a").result == "3f2a"


@pytest.mark.parametrize("odd", ["a b", "x" * 80])
def test_an_odd_id_is_replaced(odd: str) -> None:
    assert len(str(who.apply(headers={task_context.HEADER: odd}).result)) == 16
