"""What a tap says: the deed, whose it is, and the fields it brings; read with care."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from functools import cached_property
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from core.actors import Actor
from core.errors import Invalid, NotFound
from core.tokens import fingerprint
from reservations.errors import ReservationNotFound
from reservations.models import QueueEntry, Reservation, ShiftServer, StandAction, TableBlock
from restaurants.models import DiningTable, Restaurant

_MOST_TABLES = 60
_MOST_NAMES = 60
_LONGEST = 24 * 60
OF_THE_SCREEN = frozenset({"csrfmiddlewaretoken", "view", "tab", "back", "stamp", "date"})
"""Fields that say nothing about what is to be done; the date counts as it was understood."""


class Asked:
    """One request to do something at the stand of ``venue`` on ``date``.

    A button of one tap sends it all in ``do``: ``verb party version more``; forms send fields. What
    belongs to another house is not found. ``sees_all_tags``: whether tags for managers are shown
    to the person, who may then give them and take them off.
    """

    def __init__(
        self,
        venue: Restaurant,
        date: dt.date,
        fields: QueryDict,
        by: Actor,
        at: dt.datetime,
        *,
        sees_all_tags: bool = False,
    ) -> None:
        self.venue, self.date, self.by, self.at = venue, date, by, at
        self.sees_all_tags = sees_all_tags
        self._fields = fields
        said = fields.get("do", "").split(" ")
        names = ("verb", "party", "expected", "tables")
        self._short: Mapping[str, str] = dict(zip(names, said, strict=False))

    @property
    def verb(self) -> str:
        """What is to be done."""
        return self._short.get("verb", "")

    @property
    def restaurant(self) -> str:
        """The house, as services name it."""
        return self.venue.public_id

    @property
    def key(self) -> str:
        """Names this tap: the very same form sent again is the same tap, and nobody else's.

        All that was sent counts but how the screen looks; empty for a form without a mark.
        """
        if not self._fields.get("once"):
            return ""
        sent = sorted(
            (name, values) for name, values in self._fields.lists() if name not in OF_THE_SCREEN
        )
        whole = [self.by.id, self.venue.public_id, self.date.isoformat(), sent]
        return fingerprint("stand", json.dumps(whole))[:40]

    def text(self, name: str, most: int = 200) -> str:
        """A field; empty when it was not sent."""
        said = self._short.get(name) or self._fields.get(name, "")
        return said.replace("\0", "").strip()[:most]

    def number(self, name: str, least: int, most: int, default: int | None = None) -> int:
        """A whole number between these. Raises Invalid."""
        said = self.text(name, 20)
        if not said and default is not None:
            return default
        try:
            found = int(said)
        except ValueError as error:
            raise Invalid(_("Please enter a number.")) from error
        if not least <= found <= most:
            raise Invalid(
                _("Please enter a number from %(least)d to %(most)d.")
                % {"least": least, "most": most}
            )
        return found

    @property
    def expected(self) -> int:
        """The version of the party that the screen showed."""
        return self.number("expected", 0, 2**31 - 1)

    @property
    def overbook(self) -> bool:
        """Whether limits are to be set aside; the view has looked whether the person may."""
        return bool(self.text("overbook"))

    @property
    def insist(self) -> bool:
        """Whether it is to be given to a server who has just got two parties."""
        return bool(self.text("insist"))

    @cached_property
    def row(self) -> Reservation:
        """The party, of this house. Raises ReservationNotFound."""
        return self._party(self.text("party"))

    @property
    def party(self) -> str:
        """Its public id."""
        return self.row.public_id

    @property
    def other(self) -> str:
        """The other party, of this house. Raises ReservationNotFound."""
        return self._party(self.text("other")).public_id

    def _party(self, public_id: str) -> Reservation:
        rows = Reservation.objects.filter(restaurant=self.venue, public_id=public_id)
        found = rows.only("id", "public_id", "status", "server_id", "party_size").first()
        if found is None:
            raise ReservationNotFound
        return found

    @property
    def queued(self) -> str:
        """Public id of a party of the queue of this house. Raises NotFound."""
        said = self.text("party")
        if not QueueEntry.objects.filter(restaurant=self.venue, public_id=said).exists():
            raise NotFound
        return said

    @property
    def tables(self) -> list[str]:
        """Public ids of tables of this house, at least one. Raises Invalid, NotFound."""
        found = self.some_tables
        if not found:
            raise Invalid(_("Choose a table."))
        return found

    @cached_property
    def some_tables(self) -> list[str]:
        """The same, or none."""
        sent = self._short.get("tables") or ",".join(self._fields.getlist("tables")[:_MOST_TABLES])
        said = [each for each in sent.replace("\0", "").split(",") if each][:_MOST_TABLES]
        rows = DiningTable.objects.filter(
            restaurant=self.venue, is_active=True, public_id__in=said
        ).values_list("public_id", flat=True)
        if set(rows) != set(said):
            raise NotFound
        return said

    def names(self, name: str, most: int = 40) -> list[str]:
        """Everything that was ticked in a field."""
        said = (each.replace("\0", "").strip() for each in self._fields.getlist(name)[:_MOST_NAMES])
        return [each[:most] for each in said if each]

    @property
    def server(self) -> str | None:
        """Public id of somebody on shift; None for nobody. Raises NotFound."""
        said = self.text("server")
        if not said and self._short.get("party", "").startswith("srv_"):
            said = self._short["party"]
        return None if not said or said == "nobody" else self._on_shift(said)

    @property
    def successor(self) -> str:
        """Public id of who takes over, on shift too. Raises Invalid, NotFound."""
        said = self.text("successor")
        if not said:
            raise Invalid(_("Choose who takes over."))
        return self._on_shift(said)

    def _on_shift(self, said: str) -> str:
        rows = ShiftServer.objects.filter(restaurant=self.venue, service_date=self.date)
        if not rows.filter(public_id=said).exists():
            raise NotFound
        return said

    @property
    def block(self) -> str:
        """Public id of a table out of use. Raises NotFound."""
        said = self.text("block")
        if not TableBlock.objects.filter(restaurant=self.venue, public_id=said).exists():
            raise NotFound
        return said

    @property
    def action(self) -> str:
        """Token of an action of this house that is to be undone. Raises NotFound."""
        said = self.text("token")
        if not StandAction.objects.filter(restaurant=self.venue, public_id=said).exists():
            raise NotFound
        return said

    def instant(self, name: str) -> dt.datetime:
        """A time ``HH:MM`` of this night; before six it is after midnight. Raises Invalid."""
        said = self.text(name, 5)
        try:
            wall = dt.time.fromisoformat(said)
        except ValueError as error:
            raise Invalid(_("Please enter a time such as 19:30.")) from error
        day = self.date + dt.timedelta(days=1) if wall.hour < _DAY_TURNS else self.date
        return dt.datetime.combine(day, wall, tzinfo=self.venue.tz)

    @property
    def minutes(self) -> int:
        """How long, from five minutes to a day."""
        return self.number("minutes", 5, _LONGEST, 60)

    def values(self) -> dict[str, Any]:
        """All fields, for showing the form again."""
        return self._fields.dict()


_DAY_TURNS = 5
"""The hour before which a time belongs to the night before."""
