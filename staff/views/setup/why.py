"""Why is 19:30 closed? Any time of any day, with its reasons and what would open it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.http import HttpResponse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from core import clock
from reservations.engine import types as e
from reservations.engine.changes import Change, ChangeKind
from reservations.engine.explain import explain
from reservations.engine.floors import on_date
from reservations.engine.placing import PlaceTold, by_freeing, places_told
from reservations.engine.walltime import datetime_to_minute
from reservations.selectors.days import read_day
from reservations.selectors.night import Night, night_of
from reservations.selectors.today import service_date_at
from reservations.services.setup.preview import Asked, preview
from reservations.views.held import problems
from reservations.views.wording import day as long_day
from reservations.views.wording import guests
from restaurants.models import Restaurant
from staff.access import StaffRequest, house_url
from staff.forms.setup.times import WhyForm
from staff.reasons import Told, reason_told, remedy_told
from staff.views.setup.base import SetupView
from staff.views.setup.preview import box_of
from staff.why_words import PlaceLine, RuleLine, place_lines, rule_lines, use_text


@dataclass(frozen=True, slots=True)
class Answer:
    """The verdict on one time."""

    title: str
    is_open: bool
    service: str
    tables: str
    """Where the party would sit."""
    reasons: list[Told]
    remedies: list[Told]
    """All of them together open it."""
    others: list[Told]
    """What the guest could ask for instead; each alone."""
    freeing: list[str]
    """Tables each of which, free by then, would be enough."""
    places: list[PlaceLine]
    """Every table and every join, with what it says."""
    rules: list[RuleLine]
    """Every rule, whether it refuses or not."""


class WhyView(SetupView):
    """A question in the address, so that it can be sent to somebody."""

    def get(self, request: StaffRequest) -> HttpResponse:
        """The form; with a question, its answer, and all slots of that day."""
        venue = request.venue
        is_asked = "date" in request.GET
        today = service_date_at(venue, clock.now())
        start = {"date": today.isoformat(), "time": "19:30", "party": 2, "channel": "online"}
        form = WhyForm(request.GET if is_asked else start, venue=venue)
        is_valid = form.is_valid()
        said = form.cleaned_data
        box = None
        if is_valid:
            asked = Asked(said["date"], said["party"], e.Channel(said["channel"]))
            box = box_of(preview(venue, asked), venue)
        context = {
            "form": form,
            "problems": problems(form) if is_asked else [],
            "answer": answer_of(venue, said) if is_asked and is_valid else None,
            "box": box,
        }
        return self.page("why", context)


def answer_of(venue: Restaurant, said: dict[str, Any]) -> Answer:
    """The engine's explanation in words."""
    now = clock.now()
    day = read_day(venue.public_id, said["date"], now=now)
    plan = day.house.plan
    query = e.Query(
        service_date=said["date"],
        party_size=said["party"],
        now=datetime_to_minute(now),
        channel=e.Channel(said["channel"]),
        room_id=int(said["room"]) if said["room"] else None,
    )
    time: dt.time = said["time"]
    found = explain(plan, day.ledger, query, f"{time:%H:%M}")
    decision = found.decision
    plan = on_date(plan, said["date"])
    labels = {table.id: table.label for table in plan.tables}
    seated = decision.seating.table_ids if decision.seating else ()
    night = night_of(venue.pk, said["date"], now)
    slot = decision.slot
    told = places_told(plan, day.ledger, query, slot) if slot else ()
    reasons = [reason_told(each, venue, slot) for each in decision.refusals]
    texts = {each.reason: one.text for each, one in zip(decision.refusals, reasons, strict=True)}
    return Answer(
        title=f"{long_day(said['date'])}, {time:%H:%M}, {guests(said['party'])}",
        is_open=decision.accepted,
        service=slot.service.name if slot else "",
        tables=" + ".join(labels[key] for key in seated),
        reasons=reasons,
        remedies=[_remedy(each, plan, venue, decision) for each in found.for_house],
        others=[_other(each, venue, said) for each in found.for_guest],
        freeing=[
            _freeing(change, told, night, labels, said["time"])
            for change in by_freeing(plan, day.ledger, query, f"{time:%H:%M}")
        ],
        places=place_lines(told, night, labels, seated),
        rules=rule_lines(decision, plan.capacity_mode, texts),
    )


def _remedy(change: Change, plan: e.Plan, venue: Restaurant, decision: e.Decision) -> Told:
    """A change of the house's rules, beside what holds now where that is a figure."""
    told = remedy_told(change, plan, venue, decision.slot)
    refusals = (each for each in decision.refusals if each.reason is change.reason)
    limit = next((each.facts.get("limit") for each in refusals), None)
    if limit is None or change.kind is ChangeKind.WAIVE:
        return told
    text = _("%(change)s It is %(limit)s now.") % {"change": told.text, "limit": limit}
    return replace(told, text=text)


def _freeing(
    change: Change,
    told: Sequence[PlaceTold],
    night: Night,
    labels: Mapping[int, str],
    time: dt.time,
) -> str:
    """Which table, by when, and who has it."""
    uses = dict.fromkeys(use for place in told for use in place.taken if use[0] == change.value)
    words = {"table": labels.get(change.value, ""), "time": f"{time:%H:%M}"}
    text = _("Free table %(table)s by %(time)s.") % words
    return f"{text} {'; '.join(use_text(use, night, labels) for use in uses)}"


def _other(change: Change, venue: Restaurant, said: dict[str, Any]) -> Told:
    query: dict[str, Any] = {"date": said["date"].isoformat(), "channel": said["channel"]}
    query |= {"time": f"{said['time']:%H:%M}", "party": said["party"], "room": said["room"]}
    if change.kind is ChangeKind.OTHER_TIME:
        hours, minutes = divmod(change.value % e.DAY_MINUTES, 60)
        query["time"] = text = f"{hours:02d}:{minutes:02d}"
    else:
        query["party"] = change.value
        text = _("%(guests)s at this time") % {"guests": guests(change.value)}
    return Told(text, f"{house_url(venue, 'setup_why')}?{urlencode(query)}")
