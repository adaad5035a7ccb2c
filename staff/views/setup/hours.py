"""Opening hours, special days, closures and the rules of booking."""

from __future__ import annotations

import datetime as dt
from functools import partial
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Max
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core import clock
from core.errors import DomainError, NotFound
from core.models import AuditEntry
from reservations.selectors.today import service_date_at
from reservations.services.setup.rows import target_of
from reservations.services.setup.shown import changes, who_changed
from reservations.services.setup.times import (
    end_closure,
    remove_special_day,
    save_rules,
    save_special_day,
    save_week,
)
from reservations.views.wording import clock_time, short_day
from reservations.views.wording import day as long_day
from restaurants.models import Closure, OpeningHours, Restaurant, SpecialDay
from restaurants.services import add_closure, close_days
from staff.access import StaffRequest, house_url
from staff.forms.setup.closing import ClosureForm
from staff.forms.setup.times import (
    RulesForm,
    SpecialDayForm,
    Stretch,
    WeekForm,
    written,
)
from staff.forms.shown import Difference, Shown, Stale
from staff.views.setup.base import SetupView
from staff.views.setup.preview import PreviewedView


class HoursView(PreviewedView):
    """The regular week of venue and kitchen."""

    template = "hours"
    verbs = ("openinghours.changed",)
    done = gettext_lazy("The hours are saved.")

    def form(self, data: Any) -> forms.Form:
        """A line for every weekday."""
        week: dict[str, dict[int, list[Stretch]]] = {"venue": {}, "kitchen": {}}
        for row in OpeningHours.objects.filter(restaurant=self.request.venue):
            week[row.part].setdefault(row.weekday, []).append((row.opens, row.closes))
        return WeekForm(data, venue=week["venue"], kitchen=week["kitchen"])

    def write(self, form: WeekForm) -> None:
        """Save the week."""
        save_week(
            self.request.venue, form.week("venue"), form.week("kitchen"), by=self.request.actor
        )

    def after(self) -> HttpResponse:
        """The same page."""
        return self.to("setup_hours")


def day_at(venue: Restaurant, key: str) -> SpecialDay:
    """One of the house's special days, by its date. Raises NotFound."""
    try:
        date = dt.date.fromisoformat(key)
    except ValueError:
        raise NotFound from None
    found = SpecialDay.objects.filter(restaurant=venue, date=date).first()
    if found is None:
        raise NotFound
    return found


class DaysView(SetupView):
    """Special days to come."""

    def get(self, request: StaffRequest) -> HttpResponse:
        """The list."""
        today = service_date_at(request.venue, clock.now())
        rows = SpecialDay.objects.filter(restaurant=request.venue, date__gte=today)
        lines = [{"row": row, "day": long_day(row.date), "what": _what(row)} for row in rows]
        return self.page("days", {"lines": lines})


def _what(row: SpecialDay) -> str:
    if row.is_closed:
        return _("Closed")
    parts = []
    if row.opens and row.closes:
        parts.append(_("Open %(hours)s") % {"hours": written([(row.opens, row.closes)])})
    if row.kitchen_closed:
        parts.append(_("no kitchen"))
    if row.kitchen_opens and row.kitchen_closes:
        hours = written([(row.kitchen_opens, row.kitchen_closes)])
        parts.append(_("kitchen %(hours)s") % {"hours": hours})
    return ", ".join(parts) or _("Regular hours")


OF_WHOLE_DAYS = ("restaurant.day_closed", "restaurant.day_reopened")
"""Lines of the trail about the house that tell of a date."""


class DayView(PreviewedView):
    """One special day, or a new one."""

    template = "day"
    verbs = ("specialday.added", "specialday.changed", *OF_WHOLE_DAYS)
    done = gettext_lazy("The day is saved.")
    row: SpecialDay | None = None

    def find(self, **kwargs: str) -> None:
        """The day the address names."""
        if "key" in kwargs:
            self.row = self.unless_gone(partial(day_at, self.request.venue, kwargs["key"]))

    def target(self) -> str:
        """The day's row."""
        return target_of(self.row) if self.row else ""

    def is_of_this(self, entry: AuditEntry) -> bool:
        """Its row, or its date closed or opened as a whole."""
        if entry.verb in OF_WHOLE_DAYS:
            return self.row is not None and entry.data.get("date") == self.row.date.isoformat()
        return super().is_of_this(entry)

    def snapshot(self) -> Shown:
        """The day as it is; nothing of a new one."""
        return super().snapshot() if self.row else {}

    def start_date(self, today: dt.date) -> dt.date:
        """That day."""
        return self.row.date if self.row else super().start_date(today)

    def form(self, data: Any) -> forms.Form:
        """Its form."""
        row = self.row
        initial = {name: getattr(row, name) for name in SpecialDayForm.base_fields} if row else {}
        today = service_date_at(self.request.venue, clock.now())
        return SpecialDayForm(data, initial=initial, today=today)

    def write(self, form: SpecialDayForm) -> object:
        """Save it."""
        venue = self.request.venue
        row = day_at(venue, self.row.date.isoformat()) if self.row else None
        return save_special_day(venue, row, form.cleaned_data, by=self.request.actor)

    def after(self) -> HttpResponse:
        """Back to the list."""
        return self.to("setup_days")

    def more(self, form: Any) -> dict[str, Any]:
        """Which day."""
        return {"row": self.row, "day": long_day(self.row.date) if self.row else ""}

    def post(self, request: StaffRequest, **kwargs: str) -> HttpResponse:
        """Remove it, or as usual."""
        if "remove" not in request.POST or "key" not in kwargs:
            return super().post(request, **kwargs)
        self.find(**kwargs)
        form, shown = self.form(request.POST), self._asked(request.POST)[1]
        self.read_shown()
        if self.is_gone:
            return self.overtaken(form, shown)
        done = _("The day has its regular hours again.")
        return self.save(form, shown, partial(self._remove, kwargs["key"]), done)

    def _remove(self, key: str) -> None:
        venue = self.request.venue
        remove_special_day(venue, day_at(venue, key), by=self.request.actor)


class ClosuresView(PreviewedView):
    """What is closed, and a form to close something."""

    template = "closures"
    verbs = (
        "restaurant.closure_added",
        "closure.added",
        "house.online_paused",
        "restaurant.day_closed",
        "specialday.added",
        "specialday.changed",
    )
    done = gettext_lazy("It is closed. Bookings that were made stay.")

    def start_date(self, today: dt.date) -> dt.date:
        """Tonight."""
        return today

    def form(self, data: Any) -> forms.Form:
        """The form for a new one."""
        return ClosureForm(data, venue=self.request.venue, now=clock.now())

    def write(self, form: ClosureForm) -> object:
        """Close it."""
        venue, said, by = self.request.venue, form.cleaned_data, self.request.actor
        if said["kind"] == "day":
            return close_days(venue, form.dates(), by=by, note=said["note"])
        starts, ends = form.stretch()
        is_of_table = said["kind"] == "table"
        return add_closure(
            venue,
            starts_at=starts,
            ends_at=ends,
            by=by,
            service=form.chosen("service") if said["kind"] in ("slot", "now") else None,
            room=form.chosen("room") if said["kind"] == "room" else None,
            table=form.chosen("table") if is_of_table else None,
            online_only=said["online_only"] and not is_of_table,
            note=said["note"],
        )

    def after(self) -> HttpResponse:
        """The same page."""
        return self.to("setup_closures")

    def snapshot(self) -> Shown:
        """What was closed last, and the whole days that are closed."""
        venue = self.request.venue
        newest = Closure.objects.filter(restaurant=venue).aggregate(pk=Max("pk"))["pk"]
        today = service_date_at(venue, clock.now())
        days = SpecialDay.objects.filter(restaurant=venue, is_closed=True, date__gte=today)
        closed = sorted(date.isoformat() for date in days.values_list("date", flat=True))
        return {"newest": str(newest or 0), "closed": closed}

    def is_as_shown(self, was: Shown, form: ClosureForm) -> bool:
        """Whether nobody has closed something at that time since."""
        return not any(self._newer(was, form))

    def kept(self, was: Shown, form: ClosureForm) -> Any:
        """All that was sent: nothing here can be anybody else's."""
        return self.request.POST

    def changed_since(self, was: Shown, form: ClosureForm) -> Stale:
        """What is closed at that time since."""
        venue = self.request.venue
        rows, days = self._newer(was, form)
        lines = [Difference(_closed_part(row), _when(row, venue), "") for row in rows]
        lines += [Difference(long_day(day.date), _("Closed"), "") for day in days]
        return Stale(
            text=who_changed(venue, self.since, self.verbs, partial(_tells_of, rows, days)),
            advice=_("Look at what is closed by now. If yours is needed besides, close it."),
            lines=tuple(lines),
        )

    def _newer(self, was: Shown, form: ClosureForm) -> tuple[list[Closure], list[SpecialDay]]:
        """What is closed at that time since: stretches, and whole days."""
        venue, newest = self.request.venue, str(was.get("newest", "0"))
        starts, ends = form.stretch()
        rows = Closure.objects.filter(restaurant=venue, starts_at__lt=ends, ends_at__gt=starts)
        after = int(newest) if newest.isdecimal() and len(newest) < 19 else 0
        rows = rows.filter(pk__gt=after).select_related("service", "room", "table")
        if form.cleaned_data["kind"] != "day":
            return list(rows), []
        days = SpecialDay.objects.filter(restaurant=venue, is_closed=True, date__gte=form.today)
        days = days.filter(date__in=form.dates()).order_by("date")
        return list(rows), [
            day for day in days if day.date.isoformat() not in was.get("closed", ())
        ]

    def more(self, form: Any) -> dict[str, Any]:
        """What is closed now and later."""
        venue, now = self.request.venue, clock.now()
        rows = Closure.objects.filter(restaurant=venue, ends_at__gt=now)
        lines = [
            {
                "row": row,
                "when": _when(row, venue),
                "what": _closed_part(row),
                "is_now": row.starts_at <= now,
                "url": house_url(venue, "setup_closure_end", str(row.pk)),
            }
            for row in rows.select_related("service", "room", "table").order_by("starts_at")
        ]
        return {"lines": lines}


def _tells_of(rows: list[Closure], days: list[SpecialDay], entry: AuditEntry) -> bool:
    """Whether a line of the trail says who closed one of these."""
    data = entry.data
    if entry.verb == "restaurant.day_closed":
        return data.get("date") in {day.date.isoformat() for day in days}
    if entry.verb == "restaurant.closure_added":
        return any(
            _is_at(data.get("starts_at"), row.starts_at)
            and _is_at(data.get("ends_at"), row.ends_at)
            for row in rows
        )
    if entry.verb == "house.online_paused":
        return any(row.pauses and _is_at(data.get("until"), row.ends_at) for row in rows)
    if entry.verb == "closure.added":
        return entry.target in map(target_of, rows)
    return entry.target in map(target_of, days) and changes(entry, ["is_closed"])


def _is_at(text: object, instant: dt.datetime) -> bool:
    """Whether the trail, which keeps milliseconds, means this instant."""
    try:
        return abs(dt.datetime.fromisoformat(str(text)) - instant) < dt.timedelta(milliseconds=1)
    except (ValueError, TypeError):
        return False


def _when(row: Closure, venue: Restaurant) -> str:
    first, last = (each.astimezone(venue.tz) for each in (row.starts_at, row.ends_at))
    until = clock_time(row.ends_at, venue.tz)
    if last.date() != first.date():
        until = f"{short_day(last.date())} {until}"
    return f"{short_day(first.date())} {clock_time(row.starts_at, venue.tz)} – {until}"


def _closed_part(row: Closure) -> str:
    if row.table:
        return _("Table %(label)s") % {"label": row.table.label}
    parts = [part.name for part in (row.service, row.room) if part]
    text = ", ".join(parts) or _("The whole restaurant")
    return _("%(part)s, online only") % {"part": text} if row.online_only else text


class EndClosureView(SetupView):
    """Open again."""

    def get(self, request: StaffRequest, key: int) -> HttpResponse:
        """There is nothing to look at here."""
        _closure(request.venue, key)
        return self.to("setup_closures")

    def post(self, request: StaffRequest, key: int) -> HttpResponse:
        """End it now."""
        row = _closure(request.venue, key)
        try:
            end_closure(request.venue, row, by=request.actor)
        except DomainError as error:
            messages.error(request, error.text)
        else:
            messages.success(request, _("It is open again."))
        return self.to("setup_closures")


def _closure(venue: Restaurant, key: int) -> Closure:
    found = Closure.objects.filter(restaurant=venue, pk=key).first()
    if found is None:
        raise NotFound
    return found


class RulesView(PreviewedView):
    """Window, notice, party limits, buffer."""

    template = "rules"
    verbs = ("restaurant.changed",)
    parts = frozenset(RulesForm.base_fields)
    done = gettext_lazy("The rules are saved.")

    def form(self, data: Any) -> forms.Form:
        """Its form."""
        return RulesForm(data, venue=Restaurant.objects.get(pk=self.request.venue.pk))

    def write(self, form: RulesForm) -> object:
        """Save them."""
        row = Restaurant.objects.get(pk=self.request.venue.pk)
        return save_rules(row, form.cleaned_data, by=self.request.actor)

    def after(self) -> HttpResponse:
        """The same page."""
        return self.to("setup_rules")
