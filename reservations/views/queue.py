"""The own page of a party at the door: its place, how long it takes, coming, and leaving."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.cache import get_conditional_response
from django.utils.translation import get_language, ngettext
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

_S = QueueEntry.Status


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
    row, now = None, clock.now()
    if entry.status in LIVE_QUEUE:
        night = night_of(entry.restaurant_id, entry.service_date, now)
        row = queue_of(night).row(entry.public_id)
    shown: dict[str, Any] = {
        "status": str(entry.status),
        "is_live": row is not None,
        "party": wording.guests(entry.party_size),
        "promised": "",
    }
    if row is None:
        return shown | _ended(_S(entry.status))
    if row.status != _S.WAITING:
        return shown | _called(row, now)
    if row.promised_at is not None:
        shown["promised"] = f"{row.promised_at:%H:%M}"
    return shown | _waiting(row)


def _waiting(row: QueueRow) -> dict[str, str]:
    minutes = row.wait.minutes
    text = _("You are number %(place)d in the queue.") % {"place": row.wait.position}
    if minutes is None:
        more = _("Nobody can say how long it takes tonight. Please ask at the door.")
        return {"title": _("You are in the queue"), "text": f"{text} {more}"}
    more = _("It may be sooner or later: this page always says how it stands.")
    if minutes == 0:
        title = _("You are next") if row.wait.position == 1 else _("Your turn comes soon")
        return {"title": title, "text": f"{text} {more}"}
    return {"title": about(minutes), "text": f"{text} {more}"}


def about(minutes: int) -> str:
    """``About 35 minutes``; from an hour on ``About 1 h 45``."""
    hours, rest = divmod(minutes, 60)
    if hours == 0:
        title = ngettext("About %(minutes)d minute", "About %(minutes)d minutes", minutes)
        return title % {"minutes": minutes}
    if rest == 0:
        return _("About %(hours)d h") % {"hours": hours}
    return _("About %(hours)d h %(minutes)02d") % {"hours": hours, "minutes": rest}


def _called(row: QueueRow, now: dt.datetime) -> dict[str, str]:
    kept = row.keep_until
    title = _("Your table is ready")
    if row.status == _S.COMING:
        title = _("Your table waits for you")
    if kept is None or kept <= now:
        return {
            "title": title,
            "text": _("The time it was kept for is over. Please come to the door."),
        }
    text = _("We keep it until %(time)s. Please come to the door.") % {"time": f"{kept:%H:%M}"}
    return {"title": title, "text": text}


def _ended(status: QueueEntry.Status) -> dict[str, str]:
    title = {
        _S.SEATED: _("Enjoy your meal"),
        _S.NO_ANSWER: _("Your table was given away"),
    }.get(status, _("You have left the queue"))
    text = ""
    if status == _S.NO_ANSWER:
        text = _("You did not answer in time. Please come to the door if you are still here.")
    return {"title": title, "text": text}
