"""One full house, another one next to it, and the people: who sees what is tested with them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

import pytest
from django.conf import LazySettings
from django.test import Client

from accounts.models import User
from accounts.services.keys import create_key
from config.settings.unfold import UNFOLD
from core.actors import SYSTEM, Actor, ActorKind
from core.models import Heartbeat
from core.secrets import encrypt
from customers.models import ConsentEntry
from customers.services.notes import add_note
from notifications.models import Message, SmsAccount, SmsReply
from notifications.services.consents import remember
from payments.models import (
    Payment,
    PaymentDispute,
    ProviderAccount,
    ProviderAnswer,
    ProviderEvent,
    Reconciliation,
    ReconciliationDifference,
    Redemption,
    Refund,
)
from reservations.guests import Guest
from reservations.models import (
    Hold,
    ImportRun,
    InboundDelivery,
    Reservation,
    SourceRecord,
    WaitlistEntry,
    WaitOffer,
)
from reservations.selectors.houses import house as read_house
from reservations.services import stand
from reservations.services.by_link import message_house
from reservations.services.confirmation import Particulars, confirm_hold
from reservations.services.holds import HoldRequest, place_hold
from reservations.services.links import issue_link
from reservations.services.party_requests import PartyWish, ask_for_party
from reservations.services.payment_requests import ask_for_payment
from reservations.services.sign_in import request_sign_in
from reservations.services.source_secrets import create_source_secret
from reservations.services.waitlist import WaitRequest, join_waitlist
from restaurants.models import (
    AllowedSite,
    Closure,
    GuestPreferences,
    Membership,
    Menu,
    MenuItem,
    Offer,
    OpeningHours,
    PublishableKey,
    Restaurant,
    Role,
    SpecialDay,
    Swipe,
)
from restaurants.people import add_tablet
from tests.factories import make_bella, make_combination, make_tables, make_user
from tests.fixtures.domain import Clock
from webhooks.services.endpoints import create_endpoint, send_test


@dataclass(frozen=True, slots=True)
class Cast:
    """Everyone who opens the admin."""

    operator: User
    owner: User
    manager: User
    host: User
    viewer: User
    charlie: User
    """Manages another house of another group."""
    guest: User


@pytest.fixture(autouse=True)
def _look(settings: LazySettings) -> None:
    settings.UNFOLD = UNFOLD


@pytest.fixture
def house(clock: Clock) -> Restaurant:
    """Contract 2's house, with one row of every kind."""
    bella = make_bella(name="Bella Notte")
    bella.cuisine = ["Italian"]
    bella.save(update_fields=["cuisine"])
    make_combination(*make_tables(bella, 2, 2), low=3, high=4)
    OpeningHours.objects.bulk_create(
        OpeningHours(restaurant=bella, weekday=day, opens=dt.time(11), closes=dt.time(0))
        for day in range(7)
    )
    SpecialDay.objects.create(restaurant=bella, date=dt.date(2025, 12, 25), is_closed=True)
    now = clock.now
    Closure.objects.create(
        restaurant=bella,
        starts_at=now + dt.timedelta(days=60),
        ends_at=now + dt.timedelta(days=61),
        note="Boiler",
    )
    menu = Menu.objects.create(restaurant=bella, name="Dinner")
    MenuItem.objects.create(menu=menu, section="Pasta", name="Ragù", price="26", allergens=["milk"])
    return bella


@pytest.fixture
def elsewhere(clock: Clock) -> Restaurant:
    """Another group's house, with a room, tables, a service, a policy and an offer of its own."""
    maison = make_bella(tables=2, name="Maison Allo", zone="Europe/Paris")
    Offer.objects.create(restaurant=maison, name="Menu")
    MenuItem.objects.create(menu=Menu.objects.create(restaurant=maison, name="Carte"), name="Tarte")
    return maison


@pytest.fixture
def cast(house: Restaurant, elsewhere: Restaurant) -> Cast:
    def member(role: Role, at: Restaurant) -> User:
        user = make_user(f"{role}@{at.slug}.example", is_staff=True)
        Membership.objects.create(user=user, restaurant=at, role=role)
        return user

    return Cast(
        operator=User.objects.create_superuser("operator@example.com"),
        owner=member(Role.OWNER, house),
        manager=member(Role.MANAGER, house),
        host=member(Role.HOST, house),
        viewer=member(Role.VIEWER, house),
        charlie=member(Role.MANAGER, elsewhere),
        guest=make_user("ada@example.com", full_name="Ada Lovelace", phone="+12125550123"),
    )


@pytest.fixture
def booked(cast: Cast, house: Restaurant, clock: Clock) -> Reservation:
    """A paid reservation, and with it hold, claims, decisions, payment, message, audit trail."""
    guest = Guest.with_account(cast.guest.public_id)
    held = place_hold(
        HoldRequest(house.public_id, dt.date(2025, 11, 15), "19:00", 2), guest, by=guest.actor
    )
    confirm_hold(
        held.public_id,
        guest,
        method={"last4": "4242", "cardBrand": "Visa"},
        particulars=Particulars(),
        by=guest.actor,
    )
    row = Reservation.objects.get()
    assert row.payment is not None
    return row


def tell_of(booked: Reservation, clock: Clock) -> None:
    """What sources told, their secret and a message of one."""
    create_source_secret(booked.restaurant, "opentable", by=SYSTEM)
    SourceRecord.objects.create(
        restaurant=booked.restaurant,
        reservation=booked,
        source="website",
        is_primary=True,
        created_at=clock.now,
        updated_at=clock.now,
    )
    InboundDelivery.objects.create(
        restaurant=booked.restaurant,
        source="opentable",
        delivery_id="msg_1",
        event="created",
        body=b"{}",
        outcome=InboundDelivery.Outcome.APPLIED,
        received_at=clock.now,
    )


def ask_as_a_large_party(house: Restaurant, *, by: Actor) -> None:
    party = PartyWish(dt.date(2025, 11, 22), dt.time(19), 30, name="Bob", phone="+12125550188")
    ask_for_party(read_house(house.pk, house.plan_version), party, by=by)


def embed(house: Restaurant) -> None:
    AllowedSite.objects.create(restaurant=house, origin="https://bella.example")
    PublishableKey.objects.create(restaurant=house, name="Website")


def move_money(booked: Reservation, clock: Clock) -> None:
    """An account, what its provider told, a bill, a dispute, and a link to pay by."""
    payment, house = booked.payment, booked.restaurant
    assert payment is not None
    account = ProviderAccount.objects.create(
        restaurant=house,
        provider="stripe",
        is_active=False,
        credentials=encrypt('{"secret_key": "sk_test_hidden"}'),
        created_at=clock.now,
        updated_at=clock.now,
    )
    ProviderEvent.objects.create(
        account=account, provider="stripe", event_id="evt_1", type="x", received_at=clock.now
    )
    ProviderAnswer.objects.create(payment=payment, call="charge", outcome="ok", at=clock.now)
    Redemption.objects.create(
        payment=payment,
        idempotency_key="staff:1",
        amount=Decimal(5),
        by_label="Bob",
        created_at=clock.now,
    )
    PaymentDispute.objects.create(
        payment=payment,
        reference="dp_1",
        status="needs_response",
        amount=Decimal(50),
        opened_at=clock.now,
        updated_at=clock.now,
    )
    ask_for_payment(booked.public_id, by=SYSTEM, amount=Decimal(20), send=False)


def _troubled_money(booked: Reservation, house: Restaurant, clock: Clock) -> None:
    """A refund that was refused, a charge nobody knows of, books that differ."""
    payment = booked.payment
    assert payment is not None
    Refund.objects.create(
        payment=payment,
        idempotency_key="refund:1",
        amount=Decimal(5),
        reason="cancelled",
        status=Refund.Status.FAILED,
        last_error="Account closed",
        created_at=clock.now,
    )
    Payment.objects.create(
        restaurant=house,
        purpose="hold_1",
        gateway="sandbox",
        idempotency_key="pay:1",
        amount=Decimal(50),
        currency="USD",
        status=Payment.Status.UNKNOWN,
        created_at=clock.now,
    )
    Reconciliation.objects.create(provider="sandbox", day=clock.now.date())
    ReconciliationDifference.objects.create(
        provider="sandbox",
        restaurant=house,
        day=clock.now.date(),
        kind="amount",
        what="charge",
        reference="ch_1",
        payment=payment,
        ours="50.00 USD",
        theirs="49.99 USD",
        found_at=clock.now,
        seen_at=clock.now,
    )


def an_evening(booked: Reservation, cast: Cast, clock: Clock) -> None:
    """What the stand keeps: a queue, who serves, what is out of use, notes and limits."""
    house, date = booked.restaurant, clock.now.date()
    by = Actor(ActorKind.STAFF, cast.host.public_id, "Hanna Host")
    ids = list(house.tables.order_by("pk").values_list("public_id", flat=True))
    waits = stand.join_queue(house.public_id, date, 2, name="Wanda", by=by, quoted=20)
    stand.call_party(waits.target, expected=waits.version or 0, by=by, tables=ids[:1])
    served = stand.put_on_shift(house.public_id, date, "Sam Server", by=by)
    stand.give_section(served.target, ids[:2], by=by)
    stand.write_note(house.public_id, date, "The oven is slow tonight", by=by)
    stand.cap_next_hour(house.public_id, date, 4, by=by)
    add_tablet(house, "Door", by=by)
    assert booked.customer is not None
    add_note(booked.customer, "Likes the window", by=by, restaurant_id=house.pk)
    ConsentEntry.objects.create(
        customer=booked.customer,
        kind=ConsentEntry.Kind.MARKETING,
        given=True,
        source=booked.public_id,
        at=clock.now,
    )
    WaitOffer.objects.create(
        entry=WaitlistEntry.objects.get(restaurant=house),
        hold=Hold.objects.get(status="live"),
        starts_at=clock.now,
        why={"position": 2, "spare": 1, "passed": [4]},
        made_at=clock.now,
        expires_at=clock.now + dt.timedelta(minutes=15),
    )
    texting(house, clock)


def texting(house: Restaurant, clock: Clock) -> None:
    """An account that sends nothing any more, and who wants no texts."""
    SmsAccount.objects.create(
        restaurant=house,
        is_active=False,
        account_sid="AC" + "0" * 32,
        sender="+12125550100",
        created_at=clock.now,
        updated_at=clock.now,
    )
    remember(house.pk, "+12125550199", SmsReply.What.OUT, how="STOP", reference="SM1", at=clock.now)


@pytest.fixture
def everything(booked: Reservation, cast: Cast, house: Restaurant, clock: Clock) -> Reservation:
    """Also what is rare: a live hold, something stuck of every kind, imports, preferences."""
    other = make_user("bob@example.com")
    guest = Guest.with_account(other.public_id)
    place_hold(
        HoldRequest(house.public_id, dt.date(2025, 11, 16), "19:00", 2), guest, by=guest.actor
    )
    _troubled_money(booked, house, clock)
    Message.objects.update(status=Message.Status.FAILED, last_error="No such mailbox")
    ImportRun.objects.create(digest="d", file_name="real.csv", started_at=clock.now)
    GuestPreferences.objects.create(user=cast.guest, cuisines=["Italian"])
    embed(house)
    Offer.objects.create(restaurant=house, name="Oysters")
    key = create_key("Website", by=SYSTEM, scopes=["*"], restaurant_id=house.pk).key
    hook = create_endpoint(
        key,
        url="https://partner.example/hook",
        events=["*"],
        contact_email="a@b.example",
        by=SYSTEM,
    )
    send_test(hook.endpoint, by=SYSTEM)
    Swipe.objects.create(user=cast.guest, restaurant=house, action="like", at=clock.now)
    Heartbeat.objects.create(name="worker", beaten_at=clock.now)
    message_house(issue_link(booked.public_id), "We bring a pram")
    tell_of(booked, clock)
    request_sign_in("nobody@example.com", network="192.0.2.1")
    wanted = WaitRequest(
        restaurant=house.public_id,
        service_date=dt.date(2025, 11, 15),
        earliest=dt.time(18),
        latest=dt.time(20),
        party_size=2,
        name="Bob",
        phone="+12125550188",
    )
    join_waitlist(wanted, by=guest.actor)
    ask_as_a_large_party(house, by=guest.actor)
    move_money(booked, clock)
    an_evening(booked, cast, clock)
    return booked


@pytest.fixture
def as_(client: Client) -> SignIn:
    """Sign in as somebody."""
    return SignIn(client)


class SignIn:
    """Calls the client's sign-in and hands the client back."""

    def __init__(self, client: Client) -> None:
        self.client = client

    def __call__(self, user: User) -> Client:
        """Forget whoever was signed in before."""
        self.client.logout()
        self.client.force_login(user)
        return self.client
