"""``Idempotency-Key``: a request that is sent again gets the answer it got, and does nothing twice.

Insert first, run, store. The row's unique constraint decides who runs; whoever comes second waits
for the answer. Nothing is locked while the work runs, and a process that dies in the middle leaves
a row whose lease ends: the next one takes it over with the same ``request_key``, by which services
find what was made already.
"""

from __future__ import annotations

import datetime as dt
import functools
import hashlib
import json
import re
import time
from collections.abc import Callable
from typing import Any, TypeVar

from django.db import IntegrityError, transaction
from django.http import HttpResponse
from rest_framework.request import Request

from accounts.selectors import check_open
from api.auth import KeyCaller, TokenGuest
from api.models import IdempotencyRecord
from api.renderers import OrjsonRenderer
from core import clock
from core.errors import Busy, DomainError, Invalid

HEADER = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"
KEPT = dt.timedelta(hours=24)
LEASE = dt.timedelta(seconds=60)
"""Longer than any request may take; after it the work counts as died."""
PATIENCE = 8.0
"""Seconds to wait for the answer of the same request in flight."""

SAYING = ("X-Restaurant-Id", "X-Source", "X-Customer-Email")
"""Headers that are part of what is asked: with another one it is another request."""

_KEY = re.compile(r"[\x21-\x7e]{1,255}")
_FIRST_PAUSE, _LONGEST_PAUSE = 0.02, 0.25

F = TypeVar("F", bound=Callable[..., HttpResponse])


class KeyReused(DomainError):
    """The same key came with another request before."""

    code = "IDEMPOTENCY_KEY_REUSED"
    message = (
        "This Idempotency-Key was used for another request. Send a new key for a new request, or"
        " exactly the same request again."
    )


class InFlight(Busy):
    """The same request is being worked on, and takes longer than we wait."""

    code = "IDEMPOTENCY_KEY_IN_USE"
    message = "The same request is still being worked on. Send it again in a moment."


def idempotent(handler: F) -> F:
    """Decorates a POST handler of a :class:`~api.views.DialectView`.

    Without the header, or without a caller, the handler simply runs. With it,
    ``request.request_key`` is a text of at most 40 characters which is the same for every run of
    this request and no other: hand it to the service (:func:`request_key`, :func:`is_rerun`).
    Final answers below 500 are kept for 24 hours; those that ask to be repeated
    (``Retry-After``) are not. Raises Invalid for a header that is no key, :class:`KeyReused`
    and :class:`InFlight`, and SessionEnded for a guest whose account is gone or locked.
    """

    return _once(handler, "")


def idempotent_by(field: str) -> Callable[[F], F]:
    """As :func:`idempotent`, with the key in the body where the header is not sent."""
    return lambda handler: _once(handler, field)


def _once(handler: F, field: str) -> F:
    @functools.wraps(handler)
    def once(view: Any, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        given, caller = request.headers.get(HEADER), _caller(request)
        if given is None and field and isinstance(request.data, dict):
            told = request.data.get(field)
            given = told if isinstance(told, str) else None
        if given is None or caller is None:
            request.request_key, request.is_rerun = "", False  # type: ignore[attr-defined]
            return handler(view, request, *args, **kwargs)
        _check_account(request)
        if not _KEY.fullmatch(given):
            raise Invalid(
                "The Idempotency-Key is not usable.",
                idempotency_key="Send 1 to 255 letters, digits or signs, such as a UUID.",
            )
        record, is_rerun = _begin(request, caller, given)
        if record.status is not None:
            return _replay(record)
        request.request_key = record.public_id  # type: ignore[attr-defined]
        request.is_rerun = is_rerun  # type: ignore[attr-defined]
        return _run(record, functools.partial(handler, view, request, *args, **kwargs), view)

    return once  # type: ignore[return-value]


def is_rerun(request: Request) -> bool:
    """Whether an earlier run of this very request ended without an answer that was kept."""
    return bool(getattr(request, "is_rerun", False))


def request_key(request: Request) -> str:
    """What services keep with what they make; empty without an ``Idempotency-Key``."""
    return str(getattr(request, "request_key", ""))


def sweep(limit: int = 10_000) -> int:
    """Delete up to ``limit`` rows that are older than a day; how many. May be repeated."""
    aged = IdempotencyRecord.objects.filter(created_at__lte=clock.now() - KEPT)
    return aged.filter(pk__in=list(aged.values_list("pk", flat=True)[:limit])).delete()[0]


def _run(record: IdempotencyRecord, work: Callable[[], HttpResponse], view: Any) -> HttpResponse:
    """The handler's answer, or that of its exception, kept if it is final."""
    is_kept = False
    try:
        try:
            response = work()
        except Exception as error:  # noqa: BLE001  it becomes the answer, as DRF would do
            response = view.handle_exception(error)
        if response.status_code < 500 and "Retry-After" not in response.headers:
            is_kept = True
            IdempotencyRecord.objects.filter(pk=record.pk).update(
                status=response.status_code, body=response.content
            )
        return response
    finally:
        if not is_kept:
            # Free at once for the next attempt; the row stays, so that its request_key does too.
            IdempotencyRecord.objects.filter(pk=record.pk, status=None).update(
                leased_until=clock.now()
            )


def _begin(request: Request, caller: str, key: str) -> tuple[IdempotencyRecord, bool]:
    """A row that is ours to run, or one with its answer; and whether somebody ran it before.

    Waits for one in flight.
    """
    operation = f"{request.method} {request.path}"[:200]
    fingerprint = _fingerprint(operation, request)
    deadline, pause = time.monotonic() + PATIENCE, _FIRST_PAUSE
    while True:
        now = clock.now()
        made = _insert(caller, key, operation, fingerprint, now)
        if made is not None:
            return made, False
        found = IdempotencyRecord.objects.filter(caller=caller, key=key).first()
        if found is None:
            continue
        if found.created_at <= now - KEPT:
            IdempotencyRecord.objects.filter(pk=found.pk).delete()
            continue
        if found.fingerprint != fingerprint:
            raise KeyReused
        if found.status is not None or _take_over(found, now):
            return found, True
        if time.monotonic() >= deadline:
            raise InFlight
        time.sleep(pause)
        pause = min(pause * 1.5, _LONGEST_PAUSE)


def _insert(
    caller: str, key: str, operation: str, fingerprint: str, now: dt.datetime
) -> IdempotencyRecord | None:
    try:
        with transaction.atomic():
            return IdempotencyRecord.objects.create(
                caller=caller,
                key=key,
                operation=operation,
                fingerprint=fingerprint,
                created_at=now,
                leased_until=now + LEASE,
            )
    except IntegrityError:
        return None


def _take_over(record: IdempotencyRecord, now: dt.datetime) -> bool:
    """Whether the row's runner is gone and it is ours now: one of those who ask gets it."""
    free = IdempotencyRecord.objects.filter(pk=record.pk, status=None, leased_until__lte=now)
    return free.update(leased_until=now + LEASE) == 1


def _replay(record: IdempotencyRecord) -> HttpResponse:
    return HttpResponse(
        bytes(record.body),
        status=record.status,
        headers={REPLAYED: "true"},
        content_type=OrjsonRenderer.media_type,
    )


def _caller(request: Request) -> str | None:
    """Whose keys these are; None for the anonymous, who would share theirs with strangers."""
    caller: object = request.user
    return caller.public_id if isinstance(caller, KeyCaller | TokenGuest) else None


def _check_account(request: Request) -> None:
    """Raises SessionEnded for a token of an account that is shut: a kept answer runs no handler."""
    caller: object = request.user
    if isinstance(caller, TokenGuest):
        check_open(caller.public_id)


def _fingerprint(operation: str, request: Request) -> str:
    # Python's own: numbers that no database holds are refused later, by the field they stand in.
    content = json.dumps(request.data, sort_keys=True)
    said = [f"{name}: {told}" for name in SAYING if (told := request.headers.get(name))]
    return hashlib.sha256("\n".join([operation, *said, content]).encode()).hexdigest()
