"""Demo nights: deposits, people and a realistic book for the coming two weeks.

Bookings go through the same services as any other, so a demo never holds what a real night
could not. Everything follows from the date: the same day gives the same book.
"""

from __future__ import annotations

import datetime as dt
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from accounts.models import User
from accounts.services import ensure_guest
from core import clock
from core.actors import SYSTEM, Actor, ActorKind
from customers.models import Customer
from customers.services import Contact as Person
from customers.services import recognise
from payments.models import Policy
from reservations.demo_door import offer_a_table, queue_tonight
from reservations.demo_guests import PHONES, guests_of
from reservations.demo_past import build_past
from reservations.details import Details
from reservations.engine import types as e
from reservations.engine.types import Channel
from reservations.engine.walltime import datetime_to_minute
from reservations.errors import AlreadyBooked, NotBookable, SlotUnavailable
from reservations.ledger.confirm import Contact
from reservations.models import Reservation
from reservations.selectors.days import read_day
from reservations.services.availability import offers_of
from reservations.services.bookings import Extras, book
from reservations.services.holds import HoldRequest
from restaurants.demo.anchor import ANCHOR
from restaurants.demo.bella_notte import BELLA_NOTTE
from restaurants.demo.blueprint import HouseSpec
from restaurants.demo.build import HOUSES, build_house, service_id
from restaurants.demo.maison import MAISON
from restaurants.models import DiningService, Restaurant, Role
from restaurants.people import grant_role

PASSWORD = "couvert-demo"  # noqa: S105  demo accounts only; printed by the command
OPERATOR = "demo@couvert.test"
GUEST = "guest@couvert.test"
DAYS = 14

DESK = Actor(ActorKind.STAFF, "demo", "Demo desk")

FULL_SATURDAY = (("19:00", 2),) * 4 + (("19:00", 4), ("19:00", 3), ("19:00", 5))
"""Seven parties at seven tables of Bella Notte's ten; three stay free for a party of two."""

_GREAT_NIGHT = tuple(
    (f"{hour}:{minute:02d}", size)
    for hour in (19, 20, 21)
    for minute in (0, 15, 30, 45)
    for size in (2, 4, 2)
)
"""Saturday's dinner at Maison Allo: more guests than it takes, so the calendar has a full one."""

_TIMES = {
    BELLA_NOTTE.key: ("12:00", "12:30", "13:00", "17:30", "18:30", "19:00", "19:30", "20:00"),
    ANCHOR.key: ("12:00", "12:30", "13:00", "17:30", "18:00", "18:30", "19:00", "19:30", "20:00"),
    MAISON.key: ("12:00", "12:15", "12:30", "13:00", "19:00", "19:15", "19:30", "20:00", "20:30"),
}
_AROUND_SEVEN = ("11:30", "12:00", "12:30", "13:00", "14:00", "21:00", "21:30")
"""On Saturdays nothing else of Bella Notte's touches the tables between 19:00 and 20:30."""

_SIZES = (2, 2, 2, 2, 2, 2, 3, 3, 4, 4, 4, 5, 6, 1)
_NAMES = (
    "Ada Okafor",
    "Ben Lindqvist",
    "Carla Mendes",
    "Dev Patel",
    "Elif Kaya",
    "Farid Haddad",
    "Grace Liu",
    "Hugo Moreau",
    "Ines Duarte",
    "Jonas Weber",
    "Kaori Sato",
    "Liam Byrne",
    "Mara Novak",
    "Nils Andersen",
    "Olga Petrova",
    "Priya Nair",
    "Quentin Roux",
    "Rosa Ferrari",
    "Samuel Adeyemi",
    "Tess Janssen",
    "Umar Khan",
    "Vera Costa",
    "Will Harper",
    "Xenia Pappas",
    "Yusuf Demir",
    "Zoe Fontaine",
)
_WISHES = (
    *(Details(),) * 4,
    Details(special_requests="Window seat please"),
    Details(special_requests="Birthday"),
    Details(special_requests="Pram, needs space"),
    # As the guests' own form says it: what is only a wish is not on the kitchen's list.
    Details(allergens=("nuts",)),
)
_FIRST_NUMBER = {"US": 100, "GB": 100, "FR": 4800}


@dataclass(slots=True)
class BookedNights:
    """What :func:`book_demo_nights` did."""

    made: Counter[str] = field(default_factory=Counter)
    kept: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    past: Counter[str] = field(default_factory=Counter)
    """Visits of the weeks before today."""
    known: dict[int, list[Customer]] = field(default_factory=dict)
    """Guests who were there before, by restaurant."""


@dataclass(frozen=True, slots=True)
class Login:
    """One demo account."""

    email: str
    what: str


def build_houses() -> list[Restaurant]:
    """Every demo restaurant with its deposits. Repeatable."""
    houses = []
    for spec in HOUSES:
        restaurant = build_house(spec)
        build_policies(spec, restaurant)
        houses.append(restaurant)
    return houses


def build_policies(spec: HouseSpec, restaurant: Restaurant) -> None:
    for one in spec.policies:
        service = None
        if one.service:
            service = DiningService.objects.get(public_id=service_id(spec, one.service))
        Policy.objects.update_or_create(
            restaurant=restaurant,
            name=one.name,
            defaults={"amount": one.amount, "service": service, "min_party": one.min_party},
        )


def build_people() -> list[Login]:
    """An operator, a guest, and a manager and a host for each of the three houses. Repeatable."""
    operator = User.objects.by_email(OPERATOR).first() or User(email=OPERATOR)
    operator.full_name = "Demo Operator"
    operator.is_staff = operator.is_superuser = operator.is_active = True
    operator.set_password(PASSWORD)
    operator.save()
    ensure_guest(email=GUEST, password=PASSWORD, full_name="Robin Guest")
    logins = [
        Login(OPERATOR, "operator of everything, /staff/ and /admin/"),
        Login(GUEST, "guest with an account, POST /api/auth/token"),
    ]
    for spec in (BELLA_NOTTE, ANCHOR, MAISON):
        restaurant = Restaurant.objects.get(public_id=spec.public_id)
        for role in (Role.MANAGER, Role.HOST):
            email = f"{role}@{restaurant.slug}.test"
            grant_role(
                restaurant,
                email,
                role,
                by=SYSTEM,
                password=PASSWORD,
                full_name=f"{role.label} of {restaurant.name}",
            )
            logins.append(Login(email, f"{role.label.lower()} of {restaurant.name}, /staff/"))
    return logins


def book_demo_nights() -> BookedNights:
    """Fill two weeks of the three houses from today on, and the weeks that are over.

    What was booked before is kept.

    On Saturdays seven of Bella Notte's ten tables are taken at 19:00. A party that does not
    fit (any more) is counted and left out.
    """
    report = BookedNights()
    for spec in (BELLA_NOTTE, ANCHOR, MAISON):
        restaurant = Restaurant.objects.select_related("organization").get(public_id=spec.public_id)
        if spec is not BELLA_NOTTE:
            report.past[restaurant.name] = build_past(restaurant)
            report.known[restaurant.pk] = guests_of(restaurant)
        today = clock.now().astimezone(restaurant.tz).date()
        for offset in range(DAYS + 1):
            date = today + dt.timedelta(days=offset)
            for number, (time, size) in enumerate(_parties(spec.key, date)):
                _book_once(restaurant, date, number, time, size, report)
        if spec is MAISON:
            _book_for_demo_guest(restaurant, today, report)
    return report


def build_tonight() -> list[str]:
    """Who waits at the two houses with tables, said in a line each. Repeatable."""
    said = []
    for spec in (BELLA_NOTTE, MAISON):
        restaurant = Restaurant.objects.get(public_id=spec.public_id)
        parties = queue_tonight(restaurant, by=DESK)
        offered = offer_a_table(restaurant, by=DESK)
        if parties:
            said.append(f"Queue at the door of {restaurant.name}: {parties} parties")
        if offered:
            said.append(f"Offered to the waitlist of {restaurant.name}: a table on {offered}")
    return said


def next_saturday(restaurant: Restaurant) -> dt.date:
    """The first Saturday after today, on the restaurant's calendar."""
    today = clock.now().astimezone(restaurant.tz).date()
    return today + dt.timedelta(days=(5 - today.weekday() - 1) % 7 + 1)


def _parties(key: str, date: dt.date) -> Iterator[tuple[str, int]]:
    """Times and sizes of one day: fewer on Mondays, most at the weekend."""
    dice = random.Random(f"{key} {date}")  # noqa: S311  a pattern, not a secret
    times = _TIMES[key]
    if key == BELLA_NOTTE.key and date.weekday() == 5:
        yield from FULL_SATURDAY
        times = _AROUND_SEVEN
    if key == ANCHOR.key and date.weekday() == 6:
        times = ("12:00", "12:30", "13:00", "13:30", "14:00")
    if key == ANCHOR.key and date.weekday() == 0:
        return
    if key == MAISON.key and date.weekday() in (4, 5):
        times = (*times, "22:30", "23:00", "00:00")
    smallest = 2 if key == BELLA_NOTTE.key else 1
    for _ in range((5, 6, 7, 8, 11, 9, 8)[date.weekday()]):
        yield dice.choice(times), max(smallest, dice.choice(_SIZES))
    if key == MAISON.key and date.weekday() == 5:
        yield from _GREAT_NIGHT


def _book_once(
    restaurant: Restaurant,
    date: dt.date,
    number: int,
    time: str,
    size: int,
    report: BookedNights,
) -> None:
    """One party, unless an earlier run booked it; its external id says which it is."""
    external_id = f"demo:{restaurant.slug}:{date}:{number}"
    dice = random.Random(external_id)  # noqa: S311  a pattern, not a secret
    online = dice.random() < 0.7
    source = "website" if online else "phone"
    if Reservation.objects.filter(source=source, external_id=external_id).exists():
        report.kept[restaurant.name] += 1
        return
    request = HoldRequest(
        restaurant=restaurant.public_id,
        service_date=date,
        time=time,
        party_size=size,
        channel=Channel.ONLINE if online else Channel.IN_HOUSE,
        source=source,
    )
    extras = Extras(
        external_id=external_id,
        details=dice.choice(_WISHES),
        notify=False,
    )
    _try(request, _contact(restaurant, dice, report), extras, restaurant.name, report, clock.now())


def _book_for_demo_guest(restaurant: Restaurant, today: dt.date, report: BookedNights) -> None:
    """The demo guest has one evening to look at, change or cancel."""
    user = User.objects.by_email(GUEST).first()
    if user is None or user.reservations.filter(starts_at__gte=clock.now()).exists():
        return
    customer = recognise(restaurant.organization_id, user=user)
    request = HoldRequest(
        restaurant=restaurant.public_id,
        service_date=today + dt.timedelta(days=3),
        time="20:00",
        party_size=2,
        source="website",
    )
    contact = Contact(user.full_name, user.email, user.phone, customer.pk)
    extras = Extras(user_id=user.pk, notify=False)
    _try(request, contact, extras, restaurant.name, report, clock.now())


def _try(
    request: HoldRequest,
    contact: Contact,
    extras: Extras,
    name: str,
    report: BookedNights,
    at: dt.datetime,
) -> None:
    """Book what is free. Asking first leaves no refusals behind: those are real demand."""
    try:
        if _is_free(request, at):
            book(request, contact, extras, by=DESK, now=at)
            report.made[name] += 1
            return
    except (SlotUnavailable, NotBookable, AlreadyBooked):
        pass
    report.refused[name] += 1


def _is_free(request: HoldRequest, at: dt.datetime) -> bool:
    day = read_day(request.restaurant, request.service_date, now=at)
    minute = datetime_to_minute(at)
    query = e.Query(request.service_date, request.party_size, minute, request.channel)
    found = offers_of(day, query)
    return any(o.available for o in found.offers if o.slot.label == request.time)


def _contact(restaurant: Restaurant, dice: random.Random, report: BookedNights) -> Contact:
    """Three of four were there before, where the house has a past."""
    known = report.known.get(restaurant.pk, [])
    if known and dice.random() < 0.75:
        guest = dice.choice(known)
        return Contact(guest.name, guest.email, guest.phone, guest.pk)
    index = dice.randrange(len(_NAMES))
    name = _NAMES[index]
    email = f"{name.lower().replace(' ', '.')}@example.com"
    number = _FIRST_NUMBER[restaurant.country] + index
    phone = PHONES[restaurant.country].format(number)
    customer = recognise(
        restaurant.organization_id,
        contact=Person(name, email, phone),
        country=restaurant.country,
    )
    return Contact(name, email, customer.phone, customer.pk)
