"""Staff look at money and move it: what they see, what is done once, what is refused and why."""

from __future__ import annotations

import csv
import io
import re
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from core.actors import SYSTEM, Actor, ActorKind
from core.models import AuditEntry
from payments.models import (
    Payment,
    PaymentDispute,
    ReconciliationDifference,
    Redemption,
    Refund,
)
from reservations.engine.lifecycle import Status
from reservations.guests import Guest
from reservations.models import PaymentRequest, Reservation
from reservations.services import progress
from restaurants.models import Restaurant
from tests.factories import make_user
from tests.faults.acts import hold, pay
from tests.fixtures.domain import Clock
from tests.reservations.money import secured_by
from tests.staff.conftest import As, Cast, Money, once_of

pytestmark = pytest.mark.django_db(transaction=True)


def url(house: Restaurant, name: str, *more: str) -> str:
    return reverse(f"staff:{name}", args=[house.slug, *more])


def text_of(page: Any) -> str:
    """What one reads."""
    words = re.sub(r"<[^>]+>", " ", page.content.decode())
    return re.sub(r"\s+", " ", words)


def confirm(client: Client, address: str, **said: str) -> dict[str, str]:
    """Fill in the form, and what the question's form then sends."""
    page = client.post(address, said) if said else client.get(address)
    assert page.status_code == 200, text_of(page)
    return {**said, "once": once_of(page), "confirmed": "1"}


@pytest.fixture
def manager(as_: As, cast: Cast) -> Client:
    return as_(cast.manager)


# --- Looking --------------------------------------------------------------------------------------


def test_the_list_names_guest_amount_and_card(
    manager: Client, house: Restaurant, money: Money
) -> None:
    said = text_of(manager.get(url(house, "payments")))
    assert "Ada Guest $50.00 Deposit · Visa …4242" in said
    assert money.booking.code in said
    assert "Test money" in said


@pytest.mark.parametrize(
    ("query", "number"),
    [
        ({"q": "ada"}, 1),
        ({"q": "4242"}, 1),
        ({"q": "4243"}, 0),
        ({"q": "CODE"}, 1),
        ({"q": "nobody"}, 0),
        ({"q": "\0"}, 1),
        ({"status": "succeeded"}, 1),
        ({"status": "failed"}, 0),
        ({"status": "nonsense"}, 1),
        ({"kind": "deposit"}, 1),
        ({"kind": "hold"}, 0),
        ({"provider": "sandbox"}, 1),
        ({"source": "website"}, 1),
        ({"since": "2025-11-10", "until": "2025-11-10"}, 1),
        ({"since": "2025-11-11"}, 0),
        ({"until": "2025-11-09"}, 0),
        ({"since": "not a day"}, 1),
        ({"attention": "1"}, 1),
        ({"page": "99"}, 1),
    ],
)
def test_filters(
    manager: Client, house: Restaurant, money: Money, query: dict[str, str], number: int
) -> None:
    asked = {k: money.booking.code.lower() if v == "CODE" else v for k, v in query.items()}
    page = manager.get(url(house, "payments"), asked)
    assert page.status_code == 200
    assert len(page.context["lines"]) == number
    assert sum(total.number for total in page.context["totals"]) == number


def test_a_list_asks_the_database_a_fixed_number_of_times(
    manager: Client,
    house: Restaurant,
    money: Money,
    django_assert_max_num_queries: Any,
) -> None:
    with django_assert_max_num_queries(26):
        manager.get(url(house, "payments"))


def test_a_host_sees_payments_and_no_sums(
    as_: As, cast: Cast, house: Restaurant, money: Money
) -> None:
    page = as_(cast.host).get(url(house, "payments"))
    assert len(page.context["lines"]) == 1
    assert (page.context["totals"], page.context["export"], page.context["alerts"]) == ([], "", [])


def test_the_table_to_save(manager: Client, house: Restaurant, money: Money) -> None:
    Reservation.objects.filter(pk=money.booking.pk).update(guest_name='=HYPERLINK("x")')
    answer: Any = manager.get(url(house, "payments_csv"))
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert rows == [
        {
            "payment": money.payment.public_id,
            "asked_at": "2025-11-10T12:00:00-05:00",
            "settled_at": "2025-11-10T12:00:00-05:00",
            "status": "succeeded",
            "kind": "deposit",
            "booking": money.booking.code,
            "guest": '\'=HYPERLINK("x")',
            "source": "website",
            "currency": "USD",
            "amount": "50.00",
            "captured": "50.00",
            "refunded": "0.00",
            "redeemed": "0.00",
            "left": "50.00",
            "provider": "sandbox",
            "test": "yes",
            "card": "Visa",
            "last4": "4242",
            "provider_reference": money.payment.provider_reference,
            "failure": "",
            "policy": "Deposit",
        }
    ]


def test_alerts_say_what_to_do(
    manager: Client, house: Restaurant, money: Money, clock: Clock
) -> None:
    PaymentDispute.objects.create(
        payment=money.payment,
        reference="dp_1",
        status="needs_response",
        amount=Decimal(50),
        due_by=clock.now,
        opened_at=clock.now,
        updated_at=clock.now,
    )
    ReconciliationDifference.objects.create(
        provider="sandbox",
        restaurant=house,
        day=clock.now.date(),
        kind="missing_here",
        what="charge",
        reference="ch_x",
        ours="",
        theirs="10.00 USD",
        found_at=clock.now,
        seen_at=clock.now,
    )
    alerts = manager.get(url(house, "payments")).context["alerts"]
    assert [alert.text for alert in alerts] == [
        "1 payment is contested at the bank.",
        "1 refund did not go through.",
        "The provider’s books differ from ours in 1 place.",
    ]
    assert "Mon 10 Nov 2025, 12:00" in alerts[0].advice


def test_a_difference_is_explained(
    manager: Client, cast: Cast, house: Restaurant, clock: Clock
) -> None:
    row = ReconciliationDifference.objects.create(
        provider="sandbox",
        restaurant=house,
        day=clock.now.date(),
        kind="amount",
        what="charge",
        reference="ch_x",
        ours="5",
        theirs="6",
        found_at=clock.now,
        seen_at=clock.now,
    )
    address = url(house, "payment_differences")
    assert manager.post(address, {"difference": row.pk, "note": " "}).status_code == 422
    assert manager.post(address, {"difference": row.pk, "note": "A tip"}).status_code == 302
    row.refresh_from_db()
    assert (row.note, row.resolved_by) == ("A tip", cast.manager.full_name)
    assert manager.post(address, {"difference": "9" * 30, "note": "x"}).status_code == 404


# --- A booking's money ----------------------------------------------------------------------------


def test_the_story_of_a_booking(manager: Client, house: Restaurant, money: Money) -> None:
    page = manager.get(url(house, "booking_money", money.booking.public_id))
    said = [(event.text, event.who) for event in page.context["events"]]
    assert said[0] == ("$50.00 is asked for", "")
    assert ("$50.00 was taken", "") in said
    assert ("The guest was asked for $30.00 by a link", "") in said
    assert page.context["sums"] == [
        ("Taken", "$50.00"),
        ("Given back", "$0.00"),
        ("Off the bill", "$0.00"),
        ("Left", "$50.00"),
    ]
    assert "A deposit of $50.00 is taken now." in text_of(page)


def test_a_refund_asks_names_the_amount_and_happens_once(
    manager: Client, cast: Cast, house: Restaurant, money: Money
) -> None:
    address = url(house, "payment_refund", money.payment.public_id)
    asked = manager.post(address, {"amount": "12,50", "reason": "Cold soup"})
    assert "$12.50 goes back to Visa …4242. This cannot be undone." in text_of(asked)
    assert Refund.objects.count() == 1
    form = {"amount": "12,50", "reason": "Cold soup", "once": once_of(asked), "confirmed": "1"}
    for _ in range(3):
        answer = manager.post(address, form, follow=True)
        assert "$12.50 is on its way back." in text_of(answer)
    made = Refund.objects.exclude(pk=money.refund.pk).get()
    assert (made.amount, made.reason) == (Decimal("12.500"), "Cold soup")
    entry = AuditEntry.objects.get(verb="payment.refund_requested")
    assert (entry.actor_label, entry.data["amount"]) == (cast.manager.full_name, "12.50")
    page = manager.get(url(house, "payment", money.payment.public_id))
    assert ("$12.50 is to go back", cast.manager.full_name) in [
        (event.text, event.who) for event in page.context["events"]
    ]


def test_all_of_it_goes_back_once_and_then_nothing_is_left(
    manager: Client, house: Restaurant, money: Money
) -> None:
    address = url(house, "payment_refund", money.payment.public_id)
    first = confirm(manager, address, amount="50", reason="Closed")
    second = confirm(manager, address, amount="50", reason="Closed")
    assert manager.post(address, first).status_code == 302
    assert manager.post(address, first).status_code == 302
    refused = manager.post(address, second)
    assert refused.status_code == 409
    assert "is bigger than what is left" in text_of(refused) or "left of" in text_of(refused)
    money.payment.refresh_from_db()
    assert money.payment.refunded == 50


@pytest.mark.parametrize(
    ("amount", "sentence"),
    [
        ("", "Say how much."),
        ("x", "Write an amount, such as 12.50."),
        ("0", "The amount must be more than zero."),
        ("-5", "The amount must be more than zero."),
        ("50.01", "There is $50.00 at most."),
        ("1.005", "USD has no amounts as small as this."),
        ("NaN", "Write an amount, such as 12.50."),
    ],
)
def test_amounts_that_cannot_be(
    manager: Client, house: Restaurant, money: Money, amount: str, sentence: str
) -> None:
    address = url(house, "payment_refund", money.payment.public_id)
    answer = manager.post(address, {"amount": amount, "reason": "x"})
    assert answer.status_code == 422
    assert sentence in text_of(answer)


def test_a_failed_refund_is_tried_again_once(
    manager: Client, house: Restaurant, money: Money
) -> None:
    address = url(house, "refund_retry", money.refund.public_id)
    form = confirm(manager, address)
    for _ in range(2):
        manager.post(address, form)
    again = Refund.objects.exclude(pk=money.refund.pk).get()
    assert (again.amount, again.idempotency_key) == (Decimal(20), f"again:{money.refund.public_id}")
    assert manager.get(url(house, "payments")).context["alerts"] == []


def test_a_host_sets_the_deposit_off_once_the_party_is_there(
    as_: As, cast: Cast, house: Restaurant, money: Money, clock: Clock
) -> None:
    host = as_(cast.host)
    address = url(house, "payment_redeem", money.payment.public_id)
    form = confirm(host, address, amount="40", bill="12")
    early = host.post(address, form)
    assert early.status_code == 409
    assert Redemption.objects.count() == 0
    clock.set("2025-11-15T19:00:00-05:00")
    host_actor = Actor(ActorKind.STAFF, cast.host.public_id, cast.host.email)
    for step in (Status.ARRIVED, Status.SEATED):
        progress.step(money.booking.public_id, step, by=host_actor)
    form = confirm(host, address, amount="40", bill="12")
    for _ in range(2):
        assert host.post(address, form).status_code == 302
    done = Redemption.objects.get()
    assert (done.amount, done.bill, done.by_label) == (Decimal(40), "12", cast.host.full_name)
    assert host.post(url(house, "payment_refund", money.payment.public_id)).status_code == 403


# --- Links and fees -------------------------------------------------------------------------------


def test_a_link_is_sent_once_and_withdrawn(
    manager: Client, cast: Cast, house: Restaurant, money: Money
) -> None:
    address = url(house, "booking_ask", money.booking.public_id)
    form = confirm(manager, address, amount="15", kind="deposit", minutes="60")
    for _ in range(2):
        assert manager.post(address, form).status_code == 302
    row = PaymentRequest.objects.exclude(pk=money.request.pk).get()
    assert (row.amount, row.asked_by) == (Decimal(15), cast.manager.full_name)
    away = url(house, "link_withdraw", row.public_id)
    form = confirm(manager, away)
    for _ in range(2):
        assert manager.post(away, form).status_code == 302
    row.refresh_from_db()
    assert row.status == "withdrawn"


def missed(house: Restaurant, clock: Clock, kind: str) -> Reservation:
    """A party of two, secured by 25 a head, that did not come."""
    secured_by(house, kind)
    guest = Guest.with_account(make_user("late@bella.example").public_id)
    made = pay(hold(house, guest, "20:00"), guest).booking
    clock.set("2025-11-15T22:30:00-05:00")
    progress.step(made.public_id, Status.NO_SHOW, by=SYSTEM)
    return Reservation.objects.get(public_id=made.public_id)


def test_a_fee_is_charged_to_the_card_once(
    manager: Client, cast: Cast, house: Restaurant, clock: Clock
) -> None:
    row = missed(house, clock, "card")
    page = manager.get(url(house, "booking_money", row.public_id))
    assert [action.title for action in page.context["actions"]] == ["Charge the fee of $50.00"]
    address = url(house, "booking_fee", row.public_id)
    assert manager.post(address, {"amount": "50.01"}).status_code == 422
    asked = manager.post(address, {"amount": "30"})
    assert "$30.00 is taken from the card of" in text_of(asked)
    form = {"amount": "30", "once": once_of(asked), "confirmed": "1", "way": "card"}
    for _ in range(2):
        said = text_of(manager.post(address, form, follow=True))
        assert "The fee is charged." in said
    fee = Payment.objects.get(kind="no_show_fee")
    assert (fee.captured, fee.status) == (Decimal(30), "succeeded")
    entry = AuditEntry.objects.get(verb="reservation.no_show_fee")
    assert entry.actor_label == cast.manager.full_name
    events = manager.get(url(house, "booking_money", row.public_id)).context["events"]
    assert "A no-show fee of $30.00 is charged" in [event.text for event in events]


def test_there_is_no_fee_of_a_deposit(manager: Client, house: Restaurant, clock: Clock) -> None:
    row = missed(house, clock, "deposit")
    answer = manager.get(url(house, "booking_fee", row.public_id), follow=True)
    assert "so there is no fee to charge." in text_of(answer)


def test_a_card_on_file_is_let_go(manager: Client, house: Restaurant, clock: Clock) -> None:
    row = missed(house, clock, "card")
    assert row.payment is not None
    address = url(house, "payment_release", row.payment.public_id)
    form = confirm(manager, address, reason="A regular")
    for _ in range(2):
        assert manager.post(address, form).status_code == 302
    row.payment.refresh_from_db()
    assert (row.payment.status, row.payment.captured) == ("voided", Decimal(0))
