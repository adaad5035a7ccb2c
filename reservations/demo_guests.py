"""Demo guests: some two hundred of each house, with tags, notes, dates and consents."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Mapping, Sequence

from core import clock
from core.ids import public_id
from customers.models import ConsentEntry, Customer, GuestNote, GuestTag
from restaurants.models import DiningTable, Restaurant

PHONES = {"US": "+1212555{:04d}", "GB": "+44207946{:04d}", "FR": "+33199{:06d}"}
"""Numbers that are set aside for fiction."""
_FIRST_NUMBER = {"US": 200, "GB": 200, "FR": 4900}
"""Behind those of the guests who have bookings to come."""

_FIRST = (
    *("Alma", "Basile", "Chloé", "Darius", "Élodie", "Florian", "Gaëlle", "Henrik", "Inès"),
    *("Jérôme", "Katia", "Léon", "Manon", "Noémie", "Oscar", "Pauline", "Raphaël", "Solène"),
)
_LAST = (
    *("Abadie", "Benoît", "Carpentier", "Dupré", "Evrard", "Fabre", "Giraud", "Hervé"),
    *("Joubert", "Lacroix", "Marchetti", "Nørgaard"),
)
GUESTS = len(_FIRST) * len(_LAST)

_TAGS: Mapping[str, Sequence[tuple[str, str, str]]] = {
    "fr": (
        ("Amateur de vin", "Goûts", "plum"),
        ("Table calme", "Place", "blue"),
        ("Du quartier", "Personnes", "green"),
        ("Presse", "Personnes", "gold"),
        ("Prend son temps", "Service", "sand"),
    ),
    "en": (
        ("Wine lover", "Tastes", "plum"),
        ("Quiet table", "Seating", "blue"),
        ("Neighbour", "People", "green"),
        ("Press", "People", "gold"),
        ("Takes their time", "Service", "sand"),
    ),
}
_NOTES: Mapping[str, Sequence[str]] = {
    "fr": (
        "Préfère la banquette, dos au mur.",
        "Vient souvent avec sa mère, qui entend mal.",
        "A adoré le bourgogne aligoté de la dernière fois.",
        "Demande toujours l’addition avant le café.",
    ),
    "en": (
        "Likes the bench, with the wall behind.",
        "Often comes with their mother, who is hard of hearing.",
        "Loved the cider last time: ask whether it is on.",
        "Asks for the bill before the coffee.",
    ),
}
_ALLERGIES = ("nuts", "milk", "gluten", "crustaceans", "peanuts")
_DIETS = ("vegetarian", "vegan", "halal", "no pork")


def build_guests(venue: Restaurant) -> list[Customer]:
    """The demo guests of a house's group, those who come most first. Repeatable."""
    group = venue.organization_id
    language = venue.language if venue.language in _TAGS else "en"
    known = Customer.objects.filter(organization=group, merged_into=None, erased_at=None)
    by_mail = {row.email: row for row in known.exclude(email="")}
    names = [f"{first} {last}" for last in _LAST for first in _FIRST]
    random.Random(f"guests {venue.slug}").shuffle(names)  # noqa: S311  a pattern, not a secret
    new = [
        _guest(venue, name, place, language)
        for place, name in enumerate(names)
        if _address(name, venue) not in by_mail
    ]
    Customer.objects.bulk_create(new, batch_size=500)
    if new:
        _describe(venue, new, language)
    others = [row for mail, row in sorted(by_mail.items()) if mail.endswith("@example.com")]
    return list(dict.fromkeys([*others, *new]))


def guests_of(venue: Restaurant) -> list[Customer]:
    """Those of them that are there, in an order that stays."""
    mail = f"@{venue.slug}.example.com"
    rows = Customer.objects.filter(organization=venue.organization_id, email__endswith=mail)
    return list(rows.order_by("email"))


def _address(name: str, venue: Restaurant) -> str:
    plain = name.lower().translate(str.maketrans("éëèîïôùø", "eeeiiouo"))
    return f"{plain.replace(' ', '.')}@{venue.slug}.example.com"


def _guest(venue: Restaurant, name: str, place: int, language: str) -> Customer:
    dice = random.Random(f"guest {venue.slug} {name}")  # noqa: S311  a pattern, not a secret
    now = clock.now()
    number = PHONES[venue.country].format(_FIRST_NUMBER[venue.country] + place)
    tags = [tag for tag, _category, _colour in _TAGS[language] if dice.random() < 0.07]
    return Customer(
        public_id=public_id("cust"),
        organization_id=venue.organization_id,
        name=name,
        family_name=name.rsplit(maxsplit=1)[-1],
        email=_address(name, venue),
        phone=number if dice.random() < 0.7 else "",
        is_vip=dice.random() < 0.03,
        tags=tags,
        allergies=[dice.choice(_ALLERGIES)] if dice.random() < 0.08 else [],
        dietary=[dice.choice(_DIETS)] if dice.random() < 0.07 else [],
        birthday=_day(dice) if dice.random() < 0.3 else "",
        anniversary=_day(dice) if dice.random() < 0.1 else "",
        language=dice.choice(("fr", "en")) if dice.random() < 0.4 else "",
        marketing_consent_at=now - dt.timedelta(days=120) if dice.random() < 0.25 else None,
    )


def _day(dice: random.Random) -> str:
    return f"{dice.randrange(1, 13):02d}-{dice.randrange(1, 29):02d}"


def _describe(venue: Restaurant, guests: Sequence[Customer], language: str) -> None:
    """Tags with their colours, notes, consents and favourite tables."""
    for name, category, colour in _TAGS[language]:
        GuestTag.objects.get_or_create(
            organization=venue.organization,
            name=name,
            defaults={"category": category, "colour": colour},
        )
    labels = list(DiningTable.objects.filter(restaurant=venue).order_by("label"))
    notes, consents, fond = [], [], []
    written = {
        "actor_kind": "staff",
        "actor_id": "demo",
        "actor_label": f"host@{venue.slug}.test",
        "restaurant_id": venue.pk,
    }
    for guest in guests:
        dice = random.Random(f"about {guest.email}")  # noqa: S311  a pattern, not a secret
        at = clock.now() - dt.timedelta(days=dice.randrange(3, 60), minutes=dice.randrange(600))
        if dice.random() < 0.12:
            pinned = at if dice.random() < 0.4 else None
            text = dice.choice(_NOTES[language])
            notes.append(
                GuestNote(
                    public_id=public_id("note"),
                    customer=guest,
                    text=text,
                    at=at,
                    pinned_at=pinned,
                    **written,
                )
            )
        if guest.marketing_consent_at is not None:
            consents.append(
                ConsentEntry(
                    customer=guest,
                    kind=ConsentEntry.Kind.MARKETING,
                    given=True,
                    source="website",
                    at=guest.marketing_consent_at,
                    **written,
                )
            )
        if labels and dice.random() < 0.06:
            guest.favourite_tables = [dice.choice(labels).public_id]
            fond.append(guest)
    GuestNote.objects.bulk_create(notes)
    ConsentEntry.objects.bulk_create(consents)
    Customer.objects.bulk_update(fond, ["favourite_tables"])
