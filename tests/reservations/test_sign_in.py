"""Signing in by e-mail: a link that works once, for twenty minutes, and tells strangers nothing."""

from __future__ import annotations

import datetime as dt
import json
import re

import pytest
from django.core import mail
from django.core.cache import cache
from django.test import Client
from pytest_django import Settings

from core import jobs
from core.actors import SYSTEM
from core.errors import Invalid
from notifications.models import Message
from notifications.services import deliver_due, resend
from reservations.errors import LinkUnknown, ReservationNotFound, SignInExpired, TooMany
from reservations.guests import Guest
from reservations.models import SignInLink
from reservations.selectors.bookings import Booking, booking_of_email, bookings_of_email
from reservations.services.cancellation import cancel_reservation
from reservations.services.sign_in import forget_sign_ins, redeem, request_sign_in
from restaurants.models import Restaurant
from tests.factories import make_bella
from tests.faults.acts import hold, pay
from tests.fixtures.domain import Clock

pytestmark = pytest.mark.django_db(transaction=True)

HERE = "192.0.2.1"


@pytest.fixture
def made(clock: Clock, bella: Restaurant, guest: Guest) -> Booking:
    """Of ada@example.com."""
    return pay(hold(bella, guest), guest).booking


def link_in_mail(clock: Clock) -> str:
    """The token of the one mail that is due."""
    clock.advance(seconds=2)
    mail.outbox.clear()
    deliver_due()
    found = re.search(r"http://testserver/bookings/sign-in/([\w-]{27})/", str(mail.outbox[0].body))
    assert found is not None
    return found[1]


def test_a_link_proves_the_address_it_was_sent_to(
    clock: Clock, made: Booking, settings: Settings
) -> None:
    settings.DEFAULT_FROM_EMAIL = "Trattoria Group <bookings@localhost>"
    request_sign_in(" Ada@Example.COM ", network=HERE)
    token = link_in_mail(clock)
    assert mail.outbox[0].subject == "Your link to sign in to Trattoria Group"
    assert mail.outbox[0].to == ["ada@example.com"]
    message = Message.objects.get(kind="sign_in")
    assert message.restaurant is None
    assert token not in json.dumps(message.payload)
    assert redeem(token) == "ada@example.com"
    with pytest.raises(SignInExpired):
        redeem(token)


def test_strangers_get_the_same_answer_and_no_mail(clock: Clock, made: Booking) -> None:
    before = Message.objects.count()
    request_sign_in("eve@example.com", network=HERE)
    assert Message.objects.count() == before
    assert SignInLink.objects.count() == 1


@pytest.mark.parametrize("email", ["ada@example.com", "eve@example.com"])
def test_the_broker_is_told_whether_or_not_there_are_bookings(
    clock: Clock, made: Booking, email: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    monkeypatch.setattr(jobs, "_send", lambda task, *_, **__: told.append(task.name))
    jobs.forget_wakes()
    cache.clear()
    request_sign_in(email, network=HERE)
    assert told == ["notifications.deliver_due"]


def test_after_twenty_minutes_a_link_is_dead(clock: Clock, made: Booking) -> None:
    request_sign_in("ada@example.com", network=HERE)
    asked = clock.now
    token = link_in_mail(clock)
    clock.now = asked + dt.timedelta(minutes=20)
    with pytest.raises(SignInExpired):
        redeem(token)
    [message] = Message.objects.filter(kind="sign_in")
    resend(message, SYSTEM)
    clock.advance(seconds=2)
    mail.outbox.clear()
    deliver_due()
    assert "The link has expired" in mail.outbox[0].body


@pytest.mark.parametrize("token", ["", "x" * 27, "\x00"])
def test_a_token_nobody_sent_is_unknown(clock: Clock, made: Booking, token: str) -> None:
    with pytest.raises(LinkUnknown):
        redeem(token)


@pytest.mark.parametrize("email", ["", "ada", "ada@", "a" * 250 + "@example.com"])
def test_what_is_no_address_is_named(db: None, email: str) -> None:
    with pytest.raises(Invalid) as caught:
        request_sign_in(email, network=HERE)
    assert list(caught.value.details) == ["email"]


def test_one_address_gets_five_mails_an_hour_and_then_silence(clock: Clock, made: Booking) -> None:
    for number in range(7):
        request_sign_in("ada@example.com", network=f"192.0.2.{number}")
    assert Message.objects.filter(kind="sign_in").count() == 5
    clock.advance(minutes=61)
    request_sign_in("ada@example.com", network=HERE)
    assert Message.objects.filter(kind="sign_in").count() == 6


def test_one_network_asks_twenty_times_an_hour(clock: Clock, made: Booking) -> None:
    for number in range(20):
        request_sign_in(f"guest{number}@example.com", network=HERE)
    with pytest.raises(TooMany):
        request_sign_in("ada@example.com", network=HERE)
    request_sign_in("ada@example.com", network="192.0.2.2")
    assert HERE not in json.dumps(list(SignInLink.objects.values("asked_from", "digest")))


def test_guests_behind_a_proxy_nobody_told_of_do_not_shut_each_other_out(
    clock: Clock, made: Booking, client: Client, settings: Settings
) -> None:
    settings.GUEST_LIMITS = settings.GUEST_LIMITS | {
        "sign_in_mail": {"address": None, "contact": None}
    }
    behind = {"X-Forwarded-For": "198.51.100.1"}
    for number in range(25):
        email = f"guest{number}@example.com"
        answer = client.post("/my-bookings/", {"email": email}, headers=behind)
        assert answer["Location"] == "/my-bookings/sent/"
    assert SignInLink.objects.count() == 25


def test_requests_are_forgotten_after_a_day(clock: Clock, made: Booking) -> None:
    request_sign_in("ada@example.com", network=HERE)
    clock.advance(hours=23, minutes=59)
    assert forget_sign_ins() == 0
    clock.advance(minutes=1)
    assert forget_sign_ins() == 1


def test_the_bookings_of_an_address_in_every_restaurant(
    clock: Clock, made: Booking, guest: Guest
) -> None:
    elsewhere = make_bella(deposit=None)
    visitor = Guest.visitor("b" * 32)
    other = pay(
        hold(elsewhere, visitor, "21:00"), visitor, {}, name="Ada", email="ADA@example.com"
    ).booking
    stranger = Guest.visitor("c" * 32)
    theirs = pay(
        hold(elsewhere, stranger), stranger, {}, name="Eve", email="eve@example.com"
    ).booking
    cancel_reservation(made.public_id, by=guest.actor)

    def ids(which: str) -> list[str]:
        found = bookings_of_email("Ada@example.com", which, clock.now)  # type: ignore[arg-type]
        return [one.public_id for one in found]

    assert ids("upcoming") == [other.public_id]
    assert ids("past") == [made.public_id]
    assert booking_of_email("ada@example.com", other.public_id).guest_name == "Ada"
    with pytest.raises(ReservationNotFound):
        booking_of_email("ada@example.com", theirs.public_id)
    assert bookings_of_email("", "upcoming", clock.now) == []
