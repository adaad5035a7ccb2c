"""Forms of services, turn times, hours, special days, closures and rules; and of the preview."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from itertools import pairwise
from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from reservations.engine.types import Channel
from restaurants.models import DiningRoom, DiningService, Restaurant
from staff.forms.setup.fields import boxes, choice, clock, day, tick, weekdays, whole

MOST = 99_999


class PreviewForm(forms.Form):
    """For whom the slots are shown."""

    prefix = "preview"
    date = day(gettext_lazy("Date"))
    party = whole(gettext_lazy("Guests"), 1, 999)
    channel = choice(
        gettext_lazy("Booked by"),
        choices=[
            (Channel.ONLINE, pgettext_lazy("who books", "Guests online")),
            (Channel.IN_HOUSE, gettext_lazy("Staff")),
        ],
    )


class ServiceForm(forms.Form):
    """Lunch, Dinner, Brunch."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=60)
    weekdays = weekdays(gettext_lazy("Weekdays"))
    date = day(
        gettext_lazy("Or one date only"),
        required=False,
        help_text=gettext_lazy("Instead of weekdays."),
    )
    valid_from = day(gettext_lazy("First day"), required=False)
    valid_until = day(gettext_lazy("Last day"), required=False)
    first_seating = clock(gettext_lazy("First seating"))
    last_seating = clock(
        gettext_lazy("Last seating"),
        help_text=gettext_lazy("Before the first one: after midnight, still the same evening."),
    )
    slot_minutes = whole(gettext_lazy("A slot every … minutes"), 5, 240)
    min_party = whole(gettext_lazy("Smallest party online"), 1, 999)
    max_party = whole(
        gettext_lazy("Largest party online"),
        1,
        999,
        required=False,
        help_text=gettext_lazy("Empty: as for the whole restaurant."),
    )
    max_covers = whole(
        gettext_lazy("Most guests in the whole service"),
        0,
        MOST,
        required=False,
        help_text=gettext_lazy("Empty is no limit."),
    )
    rooms = boxes(gettext_lazy("Rooms"), help_text=gettext_lazy("None chosen: all rooms."))
    is_active = tick(gettext_lazy("Open for bookings"))
    auto_confirm = tick(
        gettext_lazy("Confirmed at once"), help_text=gettext_lazy("Unset: staff accept each one.")
    )
    requires_prepayment = tick(
        gettext_lazy("Paid in advance"),
        help_text=gettext_lazy("The policies say how much. Without one nobody can book online."),
    )
    is_private = tick(
        gettext_lazy("Private"), help_text=gettext_lazy("Never offered online; staff book it.")
    )

    def __init__(self, data: Any, *, venue: Restaurant, row: DiningService | None) -> None:
        names = [*self.base_fields]
        names.remove("rooms")
        initial: dict[str, Any] = {"min_party": 1, "slot_minutes": 30}
        initial |= {"is_active": True, "auto_confirm": True}
        if row:
            initial = {name: getattr(row, name) for name in names}
            initial["rooms"] = [room.public_id for room in row.rooms.all()]
        super().__init__(data, initial=initial)
        self.rows = {room.public_id: room for room in DiningRoom.objects.filter(restaurant=venue)}
        rooms = cast("forms.MultipleChoiceField", self.fields["rooms"])
        rooms.choices = [(key, room.name) for key, room in self.rows.items()]

    def clean(self) -> dict[str, Any]:
        """Weekdays or a date; ranges the right way round."""
        said = self.cleaned_data
        if bool(said.get("weekdays")) == bool(said.get("date")):
            self.add_error("weekdays", _("Choose weekdays, or one date: one of both."))
        first, last = said.get("valid_from"), said.get("valid_until")
        if first and last and last < first:
            self.add_error("valid_until", _("The last day is before the first."))
        low, high = said.get("min_party"), said.get("max_party")
        if low and high and high < low:
            text = _("The largest party cannot be smaller than the smallest.")
            self.add_error("max_party", text)
        return said

    def values(self) -> dict[str, Any]:
        """The service's own fields."""
        return {name: value for name, value in self.cleaned_data.items() if name != "rooms"}

    def rooms_chosen(self) -> list[DiningRoom]:
        """Its rooms."""
        return [self.rows[key] for key in self.cleaned_data["rooms"]]


class TurnsForm(forms.Form):
    """How long parties stay: steps of *up to so many guests*."""

    MOST_STEPS = 8

    def __init__(self, data: Any, *, steps: list[tuple[int, int]]) -> None:
        initial: dict[str, int] = {}
        for index, (up_to, minutes) in enumerate(steps):
            initial |= {f"up_to_{index}": up_to, f"minutes_{index}": minutes}
        super().__init__(data, initial=initial)
        for index in range(max(self.MOST_STEPS, len(steps) + 2)):
            self.fields[f"up_to_{index}"] = whole(_("Up to … guests"), 1, 999, required=False)
            self.fields[f"minutes_{index}"] = whole(_("Minutes"), 15, 720, required=False)

    @property
    def lines(self) -> list[tuple[Any, Any]]:
        """The fields, two by two."""
        names = [name for name in self.fields if name.startswith("up_to_")]
        return [(self[name], self[name.replace("up_to", "minutes")]) for name in names]

    @property
    def titles_alone(self) -> dict[str, str]:
        """What a field is called where its step is not beside it."""
        found: dict[str, str] = {}
        for number, pair in enumerate(self.lines, 1):
            step = _("Step %(n)d") % {"n": number}
            found |= {field.name: f"{step}, {field.label}" for field in pair}
        return found

    def clean(self) -> dict[str, Any]:
        """Both of a step, or neither."""
        for size, minutes in self.lines:
            given = [self.cleaned_data.get(field.name) is not None for field in (size, minutes)]
            if any(given) and not all(given) and not (size.errors or minutes.errors):
                missing = minutes if given[0] else size
                self.add_error(missing.name, _("A step needs a party size and its minutes."))
        return self.cleaned_data

    def steps(self) -> list[tuple[int, int]]:
        """Those that are filled in."""
        said = self.cleaned_data
        return [
            (said[size.name], said[minutes.name])
            for size, minutes in self.lines
            if said.get(size.name) is not None
        ]


_STRETCH = re.compile(r"(\d{1,2})(?:[:.hH](\d{2})?)?\s*[-–—]\s*(\d{1,2})(?:[:.hH](\d{2})?)?")

Stretch = tuple[dt.time, dt.time]


def read_stretches(text: str) -> list[Stretch]:
    """``12:00–14:30, 19-1`` as times. Raises ValidationError."""
    found: list[Stretch] = []
    for part in filter(None, (part.strip() for part in re.split(r"[,;]", text))):
        match = _STRETCH.fullmatch(part)
        try:
            if match is None:
                raise ValueError(part)
            hours = [int(match[1]), int(match[2] or 0), int(match[3]), int(match[4] or 0)]
            if hours[2:] == [24, 0]:
                hours[2] = 0
            found.append((dt.time(hours[0], hours[1]), dt.time(hours[2], hours[3])))
        except ValueError:
            text = _("“%(part)s” is not a stretch such as 12:00–14:30.") % {"part": part}
            raise ValidationError(text) from None
    spans = sorted(_span(stretch) for stretch in found)
    if any(later[0] < earlier[1] for earlier, later in pairwise(spans)):
        raise ValidationError(_("These hours overlap."))
    return sorted(found)


def _span(stretch: Stretch) -> tuple[int, int]:
    opens, closes = (each.hour * 60 + each.minute for each in stretch)
    return opens, closes if closes > opens else closes + 24 * 60


def written(stretches: list[Stretch]) -> str:
    """The same as text."""
    return ", ".join(f"{opens:%H:%M}–{closes:%H:%M}" for opens, closes in sorted(stretches))


class WeekForm(forms.Form):
    """Regular hours: a line of text for each weekday, venue and kitchen."""

    def __init__(
        self, data: Any, *, venue: Mapping[int, list[Stretch]], kitchen: Mapping[int, list[Stretch]]
    ) -> None:
        initial = {}
        for weekday in range(7):
            initial[f"venue_{weekday}"] = written(venue.get(weekday, []))
            initial[f"kitchen_{weekday}"] = written(kitchen.get(weekday, []))
        super().__init__(data, initial=initial)
        for part, name in (("venue", _("Venue")), ("kitchen", _("Kitchen"))):
            for weekday, title in WEEKDAYS.items():
                self.fields[f"{part}_{weekday}"] = forms.CharField(
                    label=f"{title}, {name}",
                    required=False,
                    max_length=80,
                    widget=forms.TextInput(attrs={"autocomplete": "off"}),
                )

    def clean(self) -> dict[str, Any]:
        """Read every line."""
        for name, text in list(self.cleaned_data.items()):
            try:
                self.cleaned_data[name] = read_stretches(text)
            except ValidationError as error:
                self.add_error(name, error)
        return self.cleaned_data

    @property
    def lines(self) -> list[tuple[Any, Any, Any]]:
        """Weekday, venue's field, kitchen's field."""
        return [
            (title, self[f"venue_{weekday}"], self[f"kitchen_{weekday}"])
            for weekday, title in WEEKDAYS.items()
        ]

    def week(self, part: str) -> dict[int, list[Stretch]]:
        """The hours of venue or kitchen by weekday."""
        return {weekday: self.cleaned_data[f"{part}_{weekday}"] for weekday in range(7)}


class SpecialDayForm(forms.Form):
    """A date with hours of its own."""

    date = day(gettext_lazy("Date"))
    is_closed = tick(gettext_lazy("Closed all day"))
    opens = clock(
        gettext_lazy("Opens"), required=False, help_text=gettext_lazy("Empty: the regular hours.")
    )
    closes = clock(
        gettext_lazy("Closes"),
        required=False,
        help_text=gettext_lazy("At or before opening: the next morning."),
    )
    kitchen_closed = tick(gettext_lazy("Kitchen closed"))
    kitchen_opens = clock(gettext_lazy("Kitchen opens"), required=False)
    kitchen_closes = clock(gettext_lazy("Kitchen closes"), required=False)
    note = forms.CharField(
        label=gettext_lazy("Why"),
        required=False,
        max_length=200,
        help_text=gettext_lazy("Shown to guests."),
    )

    def __init__(self, data: Any, *, initial: dict[str, Any], today: dt.date) -> None:
        super().__init__(data, initial=initial)
        self.today = today

    def clean_date(self) -> dt.date:
        """Tonight's or a later one: nobody books, or looks up, what has passed."""
        date: dt.date = self.cleaned_data["date"]
        if date < self.today:
            raise ValidationError(_("This date has passed. Choose today or a later one."))
        return date

    def clean(self) -> dict[str, Any]:
        """Both times or neither."""
        said = self.cleaned_data
        for first, last in (("opens", "closes"), ("kitchen_opens", "kitchen_closes")):
            if (said.get(first) is None) != (said.get(last) is None):
                missing = last if said.get(last) is None else first
                self.add_error(missing, _("Give both times, or none."))
        if said.get("kitchen_closed") and said.get("kitchen_opens"):
            self.add_error("kitchen_opens", _("A kitchen that is closed has no hours."))
        return said


class RulesForm(forms.Form):
    """When guests may book, and how large parties may be."""

    accepts_reservations = tick(gettext_lazy("Guests can book"))
    window_days = whole(gettext_lazy("Days ahead guests may book"), 0, 3650)
    lead_minutes = whole(gettext_lazy("Shortest notice online (minutes)"), 0, 100_000)
    cut_off = clock(
        gettext_lazy("Online booking for the same day closes at"),
        required=False,
        help_text=gettext_lazy("Empty: it stays open."),
    )
    min_party = whole(gettext_lazy("Smallest party online"), 1, 999)
    max_party = whole(gettext_lazy("Largest party online"), 1, 999)
    buffer_minutes = whole(
        gettext_lazy("Minutes to clear and lay a table after each party"), 0, 240
    )
    max_spare_seats = whole(
        gettext_lazy("Most empty chairs a party may leave"),
        0,
        99,
        required=False,
        help_text=gettext_lazy("Empty is no limit."),
    )
    hold_minutes = whole(gettext_lazy("Minutes a table is held while a guest books"), 1, 60)
    offer_minutes = whole(
        gettext_lazy("Minutes a table that came free is kept for a guest of the waitlist"),
        0,
        240,
        help_text=gettext_lazy("0 offers none by itself."),
    )
    queue_keep_minutes = whole(
        gettext_lazy("Minutes a table is kept for a party of the queue that was called"), 1, 60
    )
    seats = whole(gettext_lazy("Seats of the house"), 1, MOST)

    def __init__(self, data: Any, *, venue: Restaurant) -> None:
        super().__init__(data, initial={name: getattr(venue, name) for name in self.base_fields})
        if venue.capacity_mode == Restaurant.CapacityMode.TABLES:
            del self.fields["seats"]
        else:
            del self.fields["max_spare_seats"]

    def clean(self) -> dict[str, Any]:
        """The range the right way round."""
        said = self.cleaned_data
        low, high = said.get("min_party"), said.get("max_party")
        if low and high and high < low:
            text = _("The largest party cannot be smaller than the smallest.")
            self.add_error("max_party", text)
        return said


class WhyForm(forms.Form):
    """A party at a time."""

    date = day(gettext_lazy("Date"))
    time = clock(gettext_lazy("Time"))
    party = whole(gettext_lazy("Guests"), 1, 999)
    channel = choice(
        gettext_lazy("Booked by"),
        choices=[
            (Channel.ONLINE, pgettext_lazy("who books", "Guests online")),
            (Channel.IN_HOUSE, gettext_lazy("Staff")),
        ],
    )
    room = choice(gettext_lazy("Room"), required=False)

    def __init__(self, data: Any, *, venue: Restaurant) -> None:
        super().__init__(data)
        rooms = cast("forms.ChoiceField", self.fields["room"])
        rows = DiningRoom.objects.filter(restaurant=venue)
        rooms.choices = [("", _("Any")), *((str(row.pk), row.name) for row in rows)]
