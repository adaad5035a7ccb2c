"""Carries the correlation id from a request into the tasks it causes: their log lines agree."""

from __future__ import annotations

from contextvars import Token
from typing import Any

from celery import Task
from celery.signals import before_task_publish, task_postrun, task_prerun

from core import correlation

HEADER = "couvert_correlation_id"
_tokens: dict[str, Token[str]] = {}


@before_task_publish.connect
def send_along(headers: dict[str, Any] | None = None, **_: Any) -> None:
    """Put the current id on the message."""
    if headers is not None and correlation.current():
        headers[HEADER] = correlation.current()


@task_prerun.connect
def take_over(task_id: str, task: Task[Any, Any], **_: Any) -> None:
    """Bind the sender's id; a task nobody in particular asked for goes by its own."""
    offered = (task.request.headers or {}).get(HEADER) or correlation.current() or task_id
    _tokens[task_id] = correlation.bind(correlation.accept(offered))


@task_postrun.connect
def give_back(task_id: str, **_: Any) -> None:
    """Unbind it."""
    token = _tokens.pop(task_id, None)
    if token is not None:
        correlation.release(token)
