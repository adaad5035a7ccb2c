"""The floor without its editor: a form for each thing, which changes that thing in the document."""

from __future__ import annotations

from typing import Any, ClassVar, cast

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from restaurants import floor as f
from staff import floor_words
from staff.forms.setup.fields import boxes, choice, day, tick, weekdays, whole

_FAR = 20_000
_LEFT = gettext_lazy("From the left (cm)")
_TOP = gettext_lazy("From the top (cm)")
_WIDE = gettext_lazy("Width (cm)")
_DEEP = gettext_lazy("Depth (cm)")
_TURNED = gettext_lazy("Turned by (degrees)")


def _length(label: Any, low: int = 0, high: int = _FAR) -> forms.FloatField:
    widget = forms.NumberInput(attrs={"step": "any", "inputmode": "decimal"})
    return forms.FloatField(label=label, min_value=low, max_value=high, widget=widget)


class PartForm(forms.Form):
    """A thing of the floor. ``document`` is the floor as JSON; ``row`` the thing in it, or None."""

    rows: ClassVar[str] = ""
    """Its list in the document."""

    def __init__(self, data: Any, *, document: dict[str, Any], row: dict[str, Any] | None) -> None:
        self.document = document
        self.row = row
        super().__init__(data, initial=self.start())

    def start(self) -> dict[str, Any]:
        """What the fields show at first."""
        return dict(self.row or {})

    def choices(self, name: str, values: Any) -> None:
        """Set the choices of a field."""
        cast("forms.ChoiceField", self.fields[name]).choices = list(values)

    def apply(self) -> str:
        """Change the document; returns the id of the thing."""
        row = self.row
        if row is None:
            row = {"id": f.NEW}
            self.document[self.rows].append(row)
        row.update(self.values())
        return str(row["id"])

    def values(self) -> dict[str, Any]:
        """The thing's new values."""
        return dict(self.cleaned_data)

    def remove(self) -> None:
        """Take the thing out of the document."""
        rows = self.document[self.rows]
        self.document[self.rows] = [each for each in rows if each is not self.row]


class RoomForm(PartForm):
    """A room."""

    rows = "rooms"
    name = forms.CharField(label=gettext_lazy("Name"), max_length=60)
    position = whole(gettext_lazy("Place in lists"), 1, 99)

    def start(self) -> dict[str, Any]:
        """At the end if it is new."""
        rows = self.document["rooms"]
        place = rows.index(self.row) if self.row else len(rows)
        return {**(self.row or {}), "position": place + 1}

    def apply(self) -> str:
        """Put it in its place as well."""
        key = super().apply()
        rows = self.document["rooms"]
        row = next(each for each in rows if each["id"] == key)
        rows.remove(row)
        rows.insert(self.cleaned_data["position"] - 1, row)
        return key

    def values(self) -> dict[str, Any]:
        """Its name alone."""
        return {"name": self.cleaned_data["name"]}


class TableForm(PartForm):
    """A table in the standard plan."""

    rows = "tables"
    label = forms.CharField(label=gettext_lazy("Number"), max_length=10)
    room = choice(gettext_lazy("Room"))
    min_seats = whole(gettext_lazy("Smallest party"), 1, 999)
    max_seats = whole(gettext_lazy("Largest party"), 1, 999)
    shape = choice(gettext_lazy("Shape"))
    access = choice(gettext_lazy("Given to"))
    priority = whole(
        gettext_lazy("Priority"), -99, 99, help_text=gettext_lazy("Higher is given away first.")
    )
    step_free = tick(gettext_lazy("Reached without steps"))
    in_use = tick(gettext_lazy("In use in the standard plan"))
    x = _length(_LEFT)
    y = _length(_TOP)
    width = _length(_WIDE, 10, 5000)
    height = _length(_DEEP, 10, 5000)
    rotation = whole(_TURNED, -360, 360)

    def __init__(self, data: Any, *, document: dict[str, Any], row: dict[str, Any] | None) -> None:
        super().__init__(data, document=document, row=row)
        self.choices("room", [(room["id"], room["name"]) for room in document["rooms"]])
        self.choices("shape", floor_words.shapes().items())
        self.choices("access", floor_words.accesses().items())

    def start(self) -> dict[str, Any]:
        """A new one is for four."""
        if self.row:
            return dict(self.row)
        return {**floor_words.NEW_THINGS["four"], "x": 40, "y": 40, "rotation": 0}

    def remove(self) -> None:
        """With what names it."""
        key = self.row["id"] if self.row else ""
        super().remove()
        doc = self.document
        doc["combinations"] = [c for c in doc["combinations"] if key not in c["tables"]]
        for plan in doc["plans"]:
            plan["spots"] = [spot for spot in plan["spots"] if spot["table"] != key]


class CombinationForm(PartForm):
    """Tables that may be pushed together."""

    rows = "combinations"
    tables = boxes(gettext_lazy("Tables"))
    min_seats = whole(gettext_lazy("Smallest party"), 1, 999)
    max_seats = whole(gettext_lazy("Largest party"), 1, 999)
    priority = whole(gettext_lazy("Priority"), -99, 99)
    is_active = tick(gettext_lazy("In use"))

    def __init__(self, data: Any, *, document: dict[str, Any], row: dict[str, Any] | None) -> None:
        super().__init__(data, document=document, row=row)
        rooms = {room["id"]: room["name"] for room in document["rooms"]}
        self.choices(
            "tables",
            [
                (table["id"], f"{table['label']} · {rooms[table['room']]}")
                for table in document["tables"]
            ],
        )

    def start(self) -> dict[str, Any]:
        """In use."""
        return dict(self.row or {"priority": 0, "is_active": True})


class FixtureForm(PartForm):
    """A wall, a bar, a door or words."""

    rows = "fixtures"
    kind = choice(gettext_lazy("What it is"))
    label = forms.CharField(label=gettext_lazy("Words"), max_length=40, required=False)
    room = choice(gettext_lazy("Room"))
    x = _length(_LEFT)
    y = _length(_TOP)
    width = _length(_WIDE, 10, 5000)
    height = _length(_DEEP, 10, 5000)
    rotation = whole(_TURNED, -360, 360)

    def __init__(self, data: Any, *, document: dict[str, Any], row: dict[str, Any] | None) -> None:
        super().__init__(data, document=document, row=row)
        self.choices("room", [(room["id"], room["name"]) for room in document["rooms"]])
        self.choices("kind", floor_words.fixtures().items())

    def start(self) -> dict[str, Any]:
        """A new one is a wall."""
        if self.row:
            return dict(self.row)
        return {**floor_words.NEW_THINGS["wall"], "x": 40, "y": 40, "rotation": 0}


class PlanForm(PartForm):
    """Another arrangement: its days, and which tables are used."""

    rows = "plans"
    name = forms.CharField(label=gettext_lazy("Name"), max_length=60)
    weekdays = weekdays(
        gettext_lazy("Weekdays"), help_text=gettext_lazy("None is every day of the dates.")
    )
    valid_from = day(gettext_lazy("First day"), required=False)
    valid_until = day(gettext_lazy("Last day"), required=False)
    is_active = tick(gettext_lazy("In force on these days"))
    position = whole(
        gettext_lazy("Asked as number"),
        1,
        30,
        help_text=gettext_lazy("Where several plans hold on a day, the first counts."),
    )
    used = boxes(gettext_lazy("Tables in use"))

    def __init__(self, data: Any, *, document: dict[str, Any], row: dict[str, Any] | None) -> None:
        super().__init__(data, document=document, row=row)
        tables = document["tables"]
        self.choices("used", [(table["id"], table["label"]) for table in tables])

    def start(self) -> dict[str, Any]:
        """The tables of the standard plan if it is new."""
        rows = self.document["plans"]
        said = {spot["table"]: spot["in_use"] for spot in (self.row or {}).get("spots", ())}
        used = [t["id"] for t in self.document["tables"] if said.get(t["id"], t["in_use"])]
        place = rows.index(self.row) if self.row else len(rows)
        return {**(self.row or {}), "used": used, "position": place + 1}

    def values(self) -> dict[str, Any]:
        """With a place for each table whose use differs from what was said."""
        said = self.cleaned_data
        used = set(said["used"])
        spots = {spot["table"]: dict(spot) for spot in (self.row or {}).get("spots", ())}
        for table in self.document["tables"]:
            spot = spots.get(table["id"])
            if spot is None and (table["id"] in used) == table["in_use"]:
                continue
            place = spot or {key: table[key] for key in ("x", "y", "rotation")}
            spots[table["id"]] = {**place, "table": table["id"], "in_use": table["id"] in used}
        return {
            "name": said["name"],
            "weekdays": said["weekdays"],
            "valid_from": said["valid_from"] and said["valid_from"].isoformat(),
            "valid_until": said["valid_until"] and said["valid_until"].isoformat(),
            "is_active": said["is_active"],
            "spots": list(spots.values()),
        }

    def apply(self) -> str:
        """Put it in its place as well."""
        key = super().apply()
        rows = self.document["plans"]
        row = next(each for each in rows if each["id"] == key)
        rows.remove(row)
        rows.insert(self.cleaned_data["position"] - 1, row)
        return key


class SpotForm(PartForm):
    """Where a table stands in a plan that is not the standard one."""

    rows = "spots"
    in_use = tick(gettext_lazy("In use in this plan"))
    x = _length(_LEFT)
    y = _length(_TOP)
    rotation = whole(_TURNED, -360, 360)

    def apply(self) -> str:
        """``row`` is the spot itself; a new one was put into its plan by the page."""
        if self.row is not None:
            self.row.update(self.cleaned_data)
        return ""


FORMS: dict[str, type[PartForm]] = {
    "room": RoomForm,
    "table": TableForm,
    "combination": CombinationForm,
    "fixture": FixtureForm,
    "plan": PlanForm,
}


def titles() -> dict[str, tuple[str, str]]:
    """What each kind is called: one that is there, a new one."""
    return {
        "room": (_("Room"), _("New room")),
        "table": (_("Table"), _("New table")),
        "combination": (_("Combination"), _("New combination")),
        "fixture": (_("Fixture"), _("New fixture")),
        "plan": (_("Plan"), _("New plan")),
    }
