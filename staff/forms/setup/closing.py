"""The form by which something of a house is closed."""

from __future__ import annotations

import datetime as dt
from typing import Any, cast

from django import forms
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from reservations.engine.walltime import wall_to_minute
from reservations.selectors.today import service_date_at
from restaurants.models import DiningRoom, DiningService, DiningTable, Restaurant
from restaurants.services import NIGHT_ENDS_AT, end_of_tonight
from staff.forms.setup.fields import choice, clock, day, tick

MOST_DAYS = 366
"""So many whole days are closed at once: a year, and what a request can show before it is saved."""


class ClosureForm(forms.Form):
    """Close now, for a stretch of a day, a whole day, a room or a table."""

    KINDS = (
        ("now", gettext_lazy("From now on, tonight")),
        ("slot", gettext_lazy("Some hours")),
        ("day", gettext_lazy("A whole day")),
        ("room", gettext_lazy("A room")),
        ("table", gettext_lazy("A table")),
    )
    kind = forms.ChoiceField(
        label=gettext_lazy("What closes"), choices=KINDS, widget=forms.RadioSelect
    )
    date = day(gettext_lazy("Date"), required=False)
    until_date = day(
        gettext_lazy("Until (date)"),
        required=False,
        help_text=gettext_lazy("Empty: the same day."),
    )
    starts = clock(gettext_lazy("From"), required=False)
    ends = clock(
        gettext_lazy("Until"),
        required=False,
        help_text=gettext_lazy("At or before the start: the next morning."),
    )
    service = choice(gettext_lazy("Only this service"), required=False)
    room = choice(gettext_lazy("Room"), required=False)
    table = choice(gettext_lazy("Table"), required=False)
    online_only = tick(gettext_lazy("Online only"), help_text=gettext_lazy("Staff may still book."))
    note = forms.CharField(
        label=gettext_lazy("Why"),
        required=False,
        max_length=200,
        help_text=gettext_lazy("Shown to guests."),
    )

    def __init__(self, data: Any, *, venue: Restaurant, now: dt.datetime) -> None:
        self.venue, self.now, self.today = venue, now, service_date_at(venue, now)
        super().__init__(data, initial={"kind": "now", "date": self.today})
        rows: dict[str, Any] = {
            "service": DiningService.objects.filter(restaurant=venue),
            "room": DiningRoom.objects.filter(restaurant=venue),
            "table": DiningTable.objects.filter(restaurant=venue).order_by("label"),
        }
        self.rows: dict[str, dict[str, Any]] = {}
        for name, found in rows.items():
            self.rows[name] = {row.public_id: row for row in found}
            field = cast("forms.ChoiceField", self.fields[name])
            texts = [
                (key, row.label if name == "table" else row.name)
                for key, row in self.rows[name].items()
            ]
            field.choices = [("", "–" if name != "service" else _("All services")), *texts]

    def clean(self) -> dict[str, Any]:
        """What each kind needs."""
        said = self.cleaned_data
        kind = said.get("kind")
        needed = {
            "slot": ("date", "starts", "ends"),
            "day": ("date",),
            "room": ("date", "room"),
            "table": ("date", "table"),
        }.get(str(kind), ())
        for name in needed:
            if not said.get(name) and name not in self.errors:
                self.add_error(name, _("This is missing."))
        if bool(said.get("starts")) != bool(said.get("ends")) and kind in ("room", "table"):
            self.add_error(
                "ends" if said.get("starts") else "starts", _("Give both times, or none.")
            )
        first, last = said.get("date"), said.get("until_date")
        if first and last and last < first:
            self.add_error("until_date", _("The last day is before the first."))
        if kind != "now" and not self.errors:
            self._check_dates()
        if kind not in ("now", "day") and not self.errors:
            self._check_times()
        return said

    def _check_dates(self) -> None:
        """None that has passed, and no more whole days than are closed at once."""
        first, last = self._ends()
        if first < self.today:
            self.add_error("date", _("This date has passed. Choose today or a later one."))
        elif self.cleaned_data["kind"] == "day" and (last - first).days >= MOST_DAYS:
            text = _(
                "At most %(days)d days are closed at once. Close the others in a second step."
                " If guests are not to book at all, unset “Guests can book” in the booking rules."
            )
            self.add_error("until_date", text % {"days": MOST_DAYS})

    def _check_times(self) -> None:
        """Only what the clocks of the house show, and an end that is still to come."""
        for name, date, time in self._readings():
            minutes = time.hour * 60 + time.minute
            if wall_to_minute(self.venue.tz, date, minutes) is None:
                text = _(
                    "%(time)s does not exist on %(day)s: the clocks go forward. Choose an earlier"
                    " or a later time."
                )
                words = {"time": f"{time:%H:%M}", "day": date_format(date, "j F Y")}
                self.add_error(name, text % words)
        if not self.errors and self.stretch()[1] <= self.now:
            name = "ends" if self.cleaned_data["ends"] else "date"
            self.add_error(name, _("This time has passed. Choose a later one."))

    def _ends(self) -> tuple[dt.date, dt.date]:
        first: dt.date = self.cleaned_data["date"]
        return first, self.cleaned_data["until_date"] or first

    def dates(self) -> list[dt.date]:
        """The days that close as a whole."""
        first, last = self._ends()
        return [first + dt.timedelta(days=each) for each in range((last - first).days + 1)]

    def _readings(self) -> list[tuple[str, dt.date, dt.time]]:
        """What the clock shows at both ends, each with its field; nothing for whole days."""
        said, (first, last) = self.cleaned_data, self._ends()
        if said["kind"] == "day" or said["starts"] is None:
            return []
        if first == last and said["ends"] <= said["starts"]:
            last += dt.timedelta(days=1)
        return [("starts", first, said["starts"]), ("ends", last, said["ends"])]

    def stretch(self) -> tuple[dt.datetime, dt.datetime]:
        """From when until when, as instants; on the clocks of the house."""
        if self.cleaned_data["kind"] == "now":
            return self.now, end_of_tonight(self.venue, self.now)
        first, last = self._ends()
        readings = [(date, time) for _name, date, time in self._readings()] or [
            (first, NIGHT_ENDS_AT),
            (last + dt.timedelta(days=1), NIGHT_ENDS_AT),
        ]
        zone = self.venue.tz
        starts, ends = (dt.datetime.combine(*each, tzinfo=zone) for each in readings)
        return starts.astimezone(dt.UTC), ends.astimezone(dt.UTC)

    def chosen(self, name: str) -> Any:
        """The service, room or table that was chosen, or None."""
        return self.rows[name].get(self.cleaned_data.get(name) or "")
