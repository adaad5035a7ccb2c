"""The own page of a party at the door: its place, how long it takes, coming, and leaving."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.cache import get_conditional_response
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from core import clock
from core.tokens import fingerprint
from reservations.errors import NotChangeable
from reservations.models import QueueEntry
from reservations.models.queue import LIVE_QUEUE
from reservations.selectors.houses import house
from reservations.selectors.night import night_of
from reservations.selectors.queue import QueueRow, queue_of
from reservations.services.queue_replies import answer_by_link, open_queue
from reservations.views import wording
from reservations.views.base import tell, warn
from reservations.views.ticket import house_facts
from reservations.views.tokens import TokenView


class QueueView(TokenView):
    """``/queue/<token>/``: opened by the link alone; says nothing of anybody else."""

    def get(self, request: HttpRequest, token: str) -> HttpResponseBase:
        """The page; 304 while nothing on it has changed since ``If-None-Match``."""
        entry = open_queue(token)
        rules = house(entry.restaurant_id, entry.restaurant.plan_version)
        shown = _shown(entry)
        stamp = fingerprint("queue-page", f"{get_language()} {sorted(shown.items())}")[:24]
        etag = f'"{stamp}"'
        unchanged = get_conditional_response(request, etag=etag)
        if unchanged is not None:
            return unchanged
        context = house_facts(rules) | {"it": shown, "token": token, "stamp": etag}
        response = render(request, "reservations/queue.html", context)
        response.headers["ETag"] = etag
        return response

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        """Say that one comes (``answer=coming``), or leave. May be repeated."""
        comes = request.POST.get("answer") == "coming"
        try:
            answer_by_link(token, comes=comes)
            tell(request, _("Thank you. See you in a moment.") if comes else _("You have left."))
        except NotChangeable as error:
            warn(request, error)
        return redirect("queue", token)


def _shown(entry: QueueEntry) -> dict[str, Any]:
    """What the page says now, as plain values."""
    shown: dict[str, Any] = {
        "status": str(entry.status),
        "is_live": entry.status in LIVE_QUEUE,
        "party": wording.guests(entry.party_size),
        "minutes": None,
        "position": 0,
        "kept_until": "",
        "is_over": False,
    }
    if not shown["is_live"]:
        return shown
    now = clock.now()
    night = night_of(entry.restaurant_id, entry.service_date, now)
    row = queue_of(night).row(entry.public_id)
    if row is not None:
        shown |= _of_row(row, night.now)
    return shown


def _of_row(row: QueueRow, now: dt.datetime) -> dict[str, Any]:
    kept = row.keep_until
    return {
        "position": row.wait.position,
        "minutes": row.wait.minutes,
        "kept_until": f"{kept:%H:%M}" if kept else "",
        "is_over": kept is not None and kept <= now,
    }
