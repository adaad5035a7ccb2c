"""What every action of the stand does the same way: lock, look, remember, write, say.

``on_party`` and ``on_house`` run one action. Inside, an :class:`Acting` hands out locked rows,
remembers what they were, and reads the floor when it is needed. At the end there is one row of
``StandAction``: the answer to the same tap sent twice, and the way back.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from django.db import transaction
from django.utils.translation import gettext

from core import audit, clock
from core.actors import SYSTEM, Actor
from core.errors import Busy
from core.locks import Space, again_if_undone, lock
from core.models import AuditEntry
from reservations.engine import stand
from reservations.engine.floors import on_date
from reservations.engine.lifecycle import HOLDS_TABLE, UNDO_SECONDS
from reservations.errors import ReservationNotFound, StaleParty
from reservations.ledger import rewind
from reservations.ledger.holds import release_lapsed_of_day
from reservations.ledger.states import states_of
from reservations.models import QueueEntry, Reservation, ShiftServer, StandAction, TableBlock
from reservations.selectors.houses import House, house
from reservations.selectors.night import Night, night_of
from reservations.services.stand.undo_token import Undo
from restaurants.errors import RestaurantNotFound
from restaurants.models import Restaurant

UNDO_WITHIN = dt.timedelta(seconds=UNDO_SECONDS)
NOBODYS = ("reservation.marked_late", "reservation.stays_on")
"""What the sweeps write of a party: it changes no version."""
_LOOKS = 5


@dataclass
class Acting:
    """One action under way, under the day's lock."""

    house: House
    service_date: dt.date
    by: Actor
    at: dt.datetime
    rows: dict[str, list[rewind.Row]] = field(default_factory=dict)
    """Rows as they were, by table."""
    made: dict[str, list[int]] = field(default_factory=dict)
    """Keys of rows made by the action."""
    created: list[int] = field(default_factory=list)
    """Parties that came into the book by it."""
    counted: dict[int, tuple[int, list[int]]] = field(default_factory=dict)
    """What each party counted before: its size, and the counters."""
    _known_claims: set[int] = field(default_factory=set)
    _is_tidy: bool = False
    _night: Night | None = None

    @property
    def night(self) -> Night:
        """The night as it is under the lock, before the action. Read when first needed.

        Holds that lapsed give their tables back first: the floor must be free where it says so.
        """
        # No cached_property: until Python 3.12 that has one lock for all threads of the process.
        if self._night is None:
            self.tidy()
            self._night = night_of(self.house.id, self.service_date, self.at)
        return self._night

    def look_again(self) -> None:
        """Read the night anew when it is next asked for: the action has changed it."""
        self._night = None

    @property
    def floor(self) -> stand.Floor:
        """Who has which table when."""
        return self.night.floor

    def tidy(self) -> None:
        """Release the lapsed holds of these days, once."""
        if not self._is_tidy:
            release_lapsed_of_day(self.house.id, self.service_date, by=SYSTEM, now=self.at)
            self._is_tidy = True

    def party(self, pk: int, expected: int | None) -> Reservation:
        """The party's row, locked and remembered. Raises StaleParty unless it is as expected."""
        row = Reservation.objects.select_for_update(of=("self",)).get(pk=pk)
        if expected is not None and row.version != expected:
            raise stale(row, self.house)
        known = rewind.claims_of([pk])
        self._known_claims.update(known)
        claims = [c for c in rewind.remember(rewind.CLAIMS, known) if c["released_at"] is None]
        self.rows.setdefault(rewind.CLAIMS, []).extend(claims)
        self.remember(rewind.RESERVATIONS, [pk])
        is_counted = row.status in HOLDS_TABLE
        self.counted[pk] = (row.party_size, list(row.load_ids) if is_counted else [])
        return row

    def remember(self, table: str, ids: Iterable[int]) -> None:
        """Keep these rows as they are now, for undoing."""
        self.rows.setdefault(table, []).extend(rewind.remember(table, ids))

    def make(self, table: str, pk: int) -> None:
        """Keep that the action made this row."""
        self.made.setdefault(table, []).append(pk)

    def guest(self, row: Reservation) -> stand.Guest:
        """The party as the engine sees it, with the tables it has."""
        for guest in self.night.guests:
            if guest.id == row.pk:
                return guest
        raise ReservationNotFound

    def record(self, verb: str, target: str, **data: Any) -> None:
        """A line of the audit trail, with the date it concerns."""
        date = self.service_date.isoformat()
        audit.record(
            verb, target, by=self.by, restaurant_id=self.house.id, service_date=date, **data
        )

    def record_party(
        self, verb: str, row: Reservation, *, also: Iterable[int] = (), **data: Any
    ) -> None:
        """The same about a party, with how it stands now: after the last write of its row.

        ``also`` are the keys of other parties that the same deed touched.
        """
        self.record(verb, row.public_id, **data, state=states_of([row.pk, *also]))

    def record_table(self, verb: str, row: TableBlock, **data: Any) -> None:
        """The same about a table out of use, or in use again."""
        self.record(verb, row.public_id, **data, state=states_of(blocks=[row.pk]))

    def record_server(
        self, verb: str, row: ShiftServer, *, also: Iterable[int] = (), **data: Any
    ) -> None:
        """The same about somebody on shift: their section, and whether they take more tables."""
        state = states_of(servers={row.pk, *also})
        self.record(verb, row.public_id, name=row.name, **data, state=state)

    def finish(self, verb: str, target: str, said: str, key: str) -> Undo:
        """Write down how to take the action back."""
        parties = [row["id"] for row in self.rows.get(rewind.RESERVATIONS, [])] + self.created
        claims = [pk for pk in rewind.claims_of(parties) if pk not in self._known_claims]
        made = {table: ids for table, ids in self.made.items() if ids}
        if claims:
            made[rewind.CLAIMS] = [*made.get(rewind.CLAIMS, []), *claims]
        queued = [row["id"] for row in self.rows.get(rewind.QUEUE, [])]
        queued += made.get(rewind.QUEUE, [])
        waits = QueueEntry.objects.filter(pk__in=queued).values_list("pk", "version").order_by()
        versions = dict(
            Reservation.objects.filter(pk__in=parties).values_list("pk", "version").order_by()
        )
        action = StandAction.objects.create(
            restaurant_id=self.house.id,
            service_date=self.service_date,
            verb=verb,
            target=target,
            said=said[:200],
            request_key=key,
            before={
                "rows": self.rows,
                "made": made,
                "created": self.created,
                "counted": {str(pk): both for pk, both in self.counted.items()},
            },
            after={
                "versions": {str(pk): version for pk, version in versions.items()},
                "queue": {str(pk): version for pk, version in waits},
                "rows": rewind.standing(self.rows, made),
            },
            made_at=self.at,
            until=self.at + UNDO_WITHIN,
            actor_kind=self.by.kind,
            actor_id=self.by.id,
            actor_label=self.by.label,
        )
        return as_undo(action, versions.get(parties[0]) if parties else None)


def as_undo(action: StandAction, version: int | None) -> Undo:
    """A stored action as its answer."""
    return Undo(
        token=action.public_id,
        verb=action.verb,
        target=action.target,
        said=action.said,
        until=action.until,
        service_date=action.service_date,
        version=version,
    )


def stale(row: Reservation, at_house: House) -> StaleParty:
    """Who changed a party last, when and how, as the error to raise."""
    entries = AuditEntry.objects.filter(target=row.public_id).exclude(verb__in=NOBODYS)
    entry = entries.order_by("-id").first()
    if entry is None:
        return StaleParty(version=row.version)
    who = entry.actor_label or gettext("somebody")
    local = entry.at.astimezone(at_house.zone)
    text = gettext("%(party)s was changed by %(who)s at %(time)s on another screen.") % {
        "party": row.guest_name or row.code,
        "who": who,
        "time": local.strftime("%H:%M"),
    }
    return StaleParty(text, version=row.version, who=who, at=entry.at.isoformat(), verb=entry.verb)


Deed = Callable[[Acting], tuple[str, str]]
"""Does the action; returns the public id of its target, and what was done in words."""


@again_if_undone
def on_house(
    restaurant: str, service_date: dt.date, verb: str, deed: Deed, *, by: Actor, key: str
) -> Undo:
    """Run an action on a house's date (public id). Raises RestaurantNotFound, Busy, the deed's."""
    with transaction.atomic():
        lock(Space.SERVICE_DAY, restaurant, service_date)
        found = Restaurant.objects.filter(public_id=restaurant)
        both = found.values_list("pk", "plan_version").first()
        if both is None:
            raise RestaurantNotFound
        return run(house(*both), service_date, verb, deed, by=by, key=key)


def run(
    at_house: House, service_date: dt.date, verb: str, deed: Deed, *, by: Actor, key: str
) -> Undo:
    """The same for a caller that has the transaction and the day's lock."""
    stored = f"{verb}:{service_date}:{key}"[:160] if key else ""
    if stored:
        known = StandAction.objects.filter(restaurant_id=at_house.id, request_key=stored).first()
        if known is not None:
            versions = list(known.after.get("versions", {}).values())
            return as_undo(known, versions[0] if versions else None)
    arranged = replace(at_house, plan=on_date(at_house.plan, service_date))
    acting = Acting(arranged, service_date, by, clock.now())
    target, said = deed(acting)
    return acting.finish(verb, target, said, stored)


PartyDeed = Callable[[Acting, Reservation], str]
"""Does the action on the locked row; returns what was done in words."""


@again_if_undone
def on_party(party: str, verb: str, deed: PartyDeed, *, expected: int, by: Actor, key: str) -> Undo:
    """Run an action on one party (public id). Raises ReservationNotFound, StaleParty, Busy."""

    def on_row(acting: Acting) -> tuple[str, str]:
        row = acting.party(seen["pk"], expected)
        return row.public_id, deed(acting, row)

    for _ in range(_LOOKS):
        seen = where_is(party)
        with transaction.atomic():
            lock(Space.SERVICE_DAY, seen["restaurant__public_id"], seen["service_date"])
            again = where_is(party)
            if again["service_date"] != seen["service_date"]:
                # It moved to another date before the lock was held: lock that one.
                continue
            at_house = house(again["restaurant_id"], again["restaurant__plan_version"])
            tapped = f"{party}:{key}" if key else ""
            return run(at_house, seen["service_date"], verb, on_row, by=by, key=tapped)
    raise Busy


def where_is(party: str) -> dict[str, Any]:
    """Where to look for a party: its key, date and house. Raises ReservationNotFound."""
    names = ("pk", "service_date", "restaurant_id")
    more = ("restaurant__public_id", "restaurant__plan_version")
    rows = Reservation.objects.filter(public_id=party).values(*names, *more)
    found: dict[str, Any] | None = rows.first()
    if found is None:
        raise ReservationNotFound
    return found
