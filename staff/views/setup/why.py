"""Why is 19:30 closed? Any time of any day, with its reasons and what would open it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from core import clock
from reservations.engine import types as e
from reservations.engine.changes import Change, ChangeKind
from reservations.engine.explain import explain
from reservations.engine.walltime import datetime_to_minute
from reservations.selectors.days import read_day
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
    labels = {table.id: table.label for table in plan.tables}
    seated = decision.seating.table_ids if decision.seating else ()
    return Answer(
        title=f"{long_day(said['date'])}, {time:%H:%M}, {guests(said['party'])}",
        is_open=decision.accepted,
        service=decision.slot.service.name if decision.slot else "",
        tables=" + ".join(labels[key] for key in seated),
        reasons=[reason_told(each, venue, decision.slot) for each in decision.refusals],
        remedies=[remedy_told(each, plan, venue, decision.slot) for each in found.for_house],
        others=[_other(each, venue, said) for each in found.for_guest],
    )


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
