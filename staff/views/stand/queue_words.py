"""The queue and the offers of the waitlist in words: why so long, and why nobody was asked."""

from __future__ import annotations

import datetime as dt

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from reservations.engine import types as e
from reservations.engine.queueing import Cause, Wait
from reservations.engine.waiting import Verdict
from reservations.selectors.night import Night, WaitRow
from reservations.sentences import sentence
from staff.views.stand import words

_VERDICTS = {
    Verdict.NO_TIMES: gettext_lazy("Not asked: there are no times left when they can come"),
    Verdict.ASKED_BEFORE: gettext_lazy("Not asked again: what is free they were offered before"),
    Verdict.SWITCHED_OFF: gettext_lazy("Not asked: offers or online booking are switched off"),
    Verdict.CANNOT_PAY: gettext_lazy("Not asked: the booking must be paid, and payments are off"),
    Verdict.UNREACHABLE: gettext_lazy("Not asked: no way to write to them. Please telephone"),
    Verdict.RESTING: gettext_lazy("Not asked at night; from eight in the morning"),
    Verdict.HAS_BOOKED: gettext_lazy("Has a booking for this date"),
}


def wait_words(wait: Wait, night: Night) -> str:
    """``table 4 about 20:10, then one party before them``."""
    if wait.is_now:
        return _now_words(wait, words.tables(night.labels(wait.table_ids)))
    said = []
    for reason in wait.reasons:
        label = "".join(night.labels([reason.table_id])) if reason.table_id else ""
        at = f"{night.instant(reason.at):%H:%M}" if reason.at is not None else ""
        said.append(_reason(reason.cause, label, at))
    return _(", then ").join(dict.fromkeys(said))


def _now_words(wait: Wait, labels: str) -> str:
    is_kept = any(reason.cause is Cause.KEPT for reason in wait.reasons)
    text = _("table %(table)s is kept for them") if is_kept else _("table %(table)s is free")
    return text % {"table": labels}


def _reason(cause: Cause, label: str, at: str) -> str:
    these = {"table": label, "at": at}
    return {
        Cause.FREE: lambda: _("table %(table)s is free") % these,
        Cause.KEPT: lambda: _("table %(table)s is kept for them") % these,
        Cause.LEAVES: lambda: _("table %(table)s leaves about %(at)s") % these,
        Cause.CLEARED: lambda: _("table %(table)s cleared at %(at)s") % these,
        Cause.BLOCKED: lambda: _("table %(table)s out of use until %(at)s") % these,
        Cause.BOOKED: lambda: _("a booking at table %(table)s until %(at)s") % these,
        Cause.QUEUE: lambda: _("a party before them until %(at)s") % these,
        Cause.UNKNOWN: lambda: _("the house counts seats: please say a time"),
        Cause.NO_TABLE: lambda: _("no table seats so many"),
        Cause.TOO_LATE: lambda: _("nothing comes free for long enough before the last seating"),
    }[cause]()


def offer_words(entry: WaitRow, night: Night) -> str:
    """What came of looking for a table for a party of the waitlist; empty before the first look."""
    if not entry.verdict:
        return ""
    verdict, facts = Verdict(entry.verdict), entry.verdict_facts
    if verdict is Verdict.OFFERED:
        until = dt.datetime.fromisoformat(facts["until"]).astimezone(night.zone)
        these = {"time": facts["time"], "until": f"{until:%H:%M}", "place": facts["position"]}
        text = _("Offered %(time)s until %(until)s; number %(place)s in line") % these
        passed = len(facts.get("passed", ()))
        more = ngettext(
            "went before %(n)d party that fits worse",
            "went before %(n)d parties that fit worse",
            passed,
        )
        return f"{text}; {more % {'n': passed}}" if passed else text
    if verdict in (Verdict.FULL, Verdict.NEVER):
        code = facts.get("reason") or next(iter(facts.get("reasons", {})), "")
        why = _plain(code)
        return _("Not asked: %(why)s") % {"why": why} if why else _("Not asked: all is full")
    if verdict is Verdict.FITS_BETTER:
        return _("Next: a party of %(size)d fits the free table better") % {
            "size": facts["by_size"]
        }
    if verdict is Verdict.OUTRUN:
        text = _("Next: what came free went to a party of %(size)d before them")
        return text % {"size": facts["by_size"]}
    return str(_VERDICTS[verdict])


_PLAIN = {
    e.Reason.TABLES_TAKEN: gettext_lazy("all tables that fit are taken"),
    e.Reason.NO_TABLE_FITS: gettext_lazy("no table seats so many"),
    e.Reason.OVERSIZE: gettext_lazy("only tables much too large would do"),
    e.Reason.SEATS_TAKEN: gettext_lazy("all seats are taken"),
    e.Reason.SERVICE_FULL: gettext_lazy("the service has its most guests"),
    e.Reason.PACING_COVERS: gettext_lazy("too many guests arrive at those times"),
    e.Reason.PACING_PARTIES: gettext_lazy("too many parties arrive at those times"),
    e.Reason.ONLINE_PACING_COVERS: gettext_lazy("too many guests booked online at those times"),
    e.Reason.ONLINE_PACING_PARTIES: gettext_lazy("too many parties booked online at those times"),
    e.Reason.CLOSURE: gettext_lazy("the house is closed or paused then"),
    e.Reason.CLOSED: gettext_lazy("the house is closed or paused then"),
    e.Reason.LEAD_TIME: gettext_lazy("it is too short before those times"),
    e.Reason.CUT_OFF: gettext_lazy("it is too late to book for this date online"),
    e.Reason.PARTY_TOO_LARGE: gettext_lazy("so many cannot book online"),
    e.Reason.PARTY_TOO_SMALL: gettext_lazy("so few cannot book online"),
    e.Reason.BEYOND_WINDOW: gettext_lazy("the date is not open for booking yet"),
}


def _plain(code: str) -> str:
    known = {str(reason): reason for reason in e.Reason}
    reason = known.get(code)
    if reason is None:
        return ""
    return str(_PLAIN[reason]) if reason in _PLAIN else sentence(e.Refusal(reason))
