"""Asking for a party that is larger than the house takes online."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext, ngettext

from core import audit, clock
from core.actors import Actor
from core.errors import Invalid
from core.locks import Space, again_if_undone, lock_all
from core.phone import to_e164
from notifications.services import queue
from notifications.wording import lines, one_line
from reservations.details import language_of
from reservations.engine.calendar import largest_party
from reservations.errors import NotAccepting, TooMany
from reservations.messages import facts
from reservations.models import PartyRequest
from reservations.models.house_messages import LONGEST_MESSAGE
from reservations.models.party_requests import LARGEST_PARTY
from reservations.selectors.houses import House
from reservations.services.contacts import email_of

REQUESTS_PER_DAY = 5
"""Of one address or number, in all restaurants."""
SAME_WITHIN = dt.timedelta(days=1)
FURTHEST = dt.timedelta(days=730)
"""A wedding is planned long before a table can be booked."""


@dataclass(frozen=True, slots=True)
class PartyWish:
    """What a large party would like."""

    date: dt.date
    time: dt.time
    """On the restaurant's clock."""
    party_size: int
    name: str
    email: str = ""
    phone: str = ""
    """One of the two; a national number is read as of the restaurant's country."""
    text: str = ""
    language: str = ""


def may_ask(house: House) -> bool:
    """Whether there are parties that the house does not take online and that may ask it."""
    return house.accepts_reservations and smallest_large_party(house) <= LARGEST_PARTY


def smallest_large_party(house: House) -> int:
    """From how many guests on some meal of the house is not booked online."""
    limits = [s.max_party for s in house.plan.services if s.max_party and not s.is_private]
    return min([house.plan.max_party, *limits]) + 1


def most_online(house: House, date: dt.date, time: dt.time | None) -> int:
    """The largest party that books a table online then; without a time, at any meal of the date."""
    wall = None if time is None else time.hour * 60 + time.minute
    return largest_party(house.plan, date, wall)


@again_if_undone
def ask_for_party(house: House, wish: PartyWish, *, by: Actor) -> PartyRequest:
    """Keep the wish of a party that is larger than the house takes online, and tell the house.

    No table is taken and nothing is promised. The house hears of it by e-mail if it has an
    address, the guest gets a receipt if they gave one. The same wish again within a day is a
    second click: the one row, no mail. Locks the guest's address and number. Raises Invalid by
    field, NotAccepting, and TooMany after five in a day.
    """
    if not may_ask(house):
        raise NotAccepting
    wanted = _checked(house, wish)
    now = clock.now()
    contacts = {name: wanted[name] for name in ("email", "phone") if wanted[name]}
    with transaction.atomic():
        lock_all(Space.GUEST, [("party", contact) for contact in contacts.values()])
        mine = Q()
        for name, contact in contacts.items():
            mine |= Q(**{name: contact})
        recent = PartyRequest.objects.filter(mine, created_at__gt=now - SAME_WITHIN)
        again = recent.filter(restaurant_id=house.id, **wanted).first()
        if again is not None:
            return again
        if recent.count() >= REQUESTS_PER_DAY:
            raise TooMany
        asked = PartyRequest.objects.create(restaurant_id=house.id, created_at=now, **wanted)
        audit.record(
            "party_request.made",
            asked.public_id,
            by=by,
            restaurant_id=house.id,
            date=asked.date.isoformat(),
            time=f"{asked.time:%H:%M}",
            party_size=asked.party_size,
        )
        _tell(house, asked, now)
    return asked


def mark_seen(asked: PartyRequest, *, by: Actor) -> bool:
    """Somebody of the house has seen to it; False if that was so before. May be repeated."""
    with transaction.atomic():
        unseen = PartyRequest.objects.filter(pk=asked.pk, seen_at=None)
        was_unseen = bool(unseen.update(seen_at=clock.now()))
        if was_unseen:
            audit.record(
                "party_request.seen",
                asked.public_id,
                by=by,
                restaurant_id=asked.restaurant_id,
            )
    return was_unseen


def _checked(house: House, wish: PartyWish) -> dict[str, Any]:
    """The wish as it is kept; raises Invalid."""
    today = clock.now().astimezone(house.zone).date()
    most = most_online(house, wish.date, wish.time)
    if not today <= wish.date <= today + FURTHEST:
        raise Invalid(date=gettext("Please choose a date from today on, at most two years ahead."))
    if wish.party_size <= most:
        text = ngettext(
            "A party of up to %(most)d books a table here online, at once.",
            "A party of up to %(most)d books a table here online, at once.",
            most,
        )
        raise Invalid(party=text % {"most": most})
    if wish.party_size > LARGEST_PARTY:
        text = gettext("Please call the restaurant for more than %(most)d guests.")
        raise Invalid(party=text % {"most": LARGEST_PARTY})
    name, text = one_line(wish.name)[:120], lines(wish.text)
    if not name:
        raise Invalid(name=gettext("Please enter your name."))
    if len(text) > LONGEST_MESSAGE:
        allowed = {"most": LONGEST_MESSAGE}
        raise Invalid(text=gettext("Please use at most %(most)s characters.") % allowed)
    email = email_of(wish.email) if wish.email.strip() else ""
    phone = to_e164(wish.phone, house.country) if wish.phone.strip() else ""
    if not (email or phone):
        raise Invalid(contact=gettext("Please enter an e-mail address or a telephone number."))
    return {
        "date": wish.date,
        "time": wish.time,
        "party_size": wish.party_size,
        "name": name,
        "email": email,
        "phone": phone,
        "text": text,
        "language": language_of(wish.language, house.language),
    }


def _tell(house: House, asked: PartyRequest, now: dt.datetime) -> None:
    """The request to the house and the receipt to the guest, each if there is an address."""
    at = dt.datetime.combine(asked.date, asked.time, tzinfo=house.zone)
    payload = facts(
        house,
        starts_at=at,
        ends_at=at,
        party_size=asked.party_size,
        guest_name=asked.name,
        deposit=Decimal(0),
        note=asked.text,
    )
    # The house writes to itself: an answer goes to the guest.
    to_house = {"guest_phone": asked.phone, "reply_to": asked.email}
    for kind, recipient, language, more in (
        ("party_requested", house.email, house.language, to_house),
        ("party_request_received", asked.email, asked.language, {}),
    ):
        if recipient:
            queue(
                kind,
                restaurant_id=house.id,
                about=asked.public_id,
                recipient=recipient,
                payload=payload | more,
                language=language,
                at=now,
            )
