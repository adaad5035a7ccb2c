"""Buttons: each asks first, calls a service, leaves a trail, and shows what came of it."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.urls import reverse

from core.models import AuditEntry
from notifications.models import Message
from payments.models import Refund
from reservations.models import Hold, Reservation, TableClaim
from restaurants.models import Closure, Restaurant, SpecialDay
from tests.admin.conftest import Cast, SignIn
from tests.fixtures.domain import Clock

pytestmark = pytest.mark.django_db


def press(client: Any, name: str, pk: int, **fields: str) -> list[str]:
    """Open the dialog, submit it, and read what the next page says."""
    url = reverse(f"admin:{name}", args=[pk])
    asked = client.get(url)
    assert asked.status_code == 200
    assert 'method="post"' in asked.content.decode()
    answer = client.post(url, {"_form_submitted": "True", **fields})
    assert answer.status_code == 302, answer.content.decode()
    return [str(message) for message in get_messages(answer.wsgi_request)]


def last_audit() -> tuple[str, str, str]:
    entry = AuditEntry.objects.order_by("-id").first()
    assert entry is not None
    return (entry.verb, entry.actor_kind, entry.actor_label)


def test_a_dialog_alone_changes_nothing(as_: SignIn, cast: Cast, everything: Reservation) -> None:
    client = as_(cast.manager)
    url = reverse("admin:reservations_reservation_cancel", args=[everything.pk])
    assert "100 % of the deposit, 50.00 USD" in client.get(url).content.decode()
    client.get(url, {"_form_submitted": "True"})
    everything.refresh_from_db()
    assert everything.status == "confirmed"


def test_cancelling_refunds_by_the_agreed_policy(
    as_: SignIn, cast: Cast, booked: Reservation, clock: Clock
) -> None:
    clock.set("2025-11-15T09:00-05:00")
    said = press(as_(cast.host), "reservations_reservation_cancel", booked.pk, reason="Burst pipe")
    booked.refresh_from_db()
    assert booked.status == "cancelled"
    assert said == [f"{booked.code} is cancelled; 25.00 USD go back."]
    assert [refund.amount for refund in Refund.objects.all()] == [25]
    assert not TableClaim.objects.filter(reservation=booked, released_at=None).exists()
    entry = AuditEntry.objects.get(verb="reservation.cancelled")
    assert (entry.actor_label, entry.data["reason"]) == (cast.host.email, "Burst pipe")


def test_cancelling_twice_says_so(as_: SignIn, cast: Cast, booked: Reservation) -> None:
    client = as_(cast.manager)
    press(client, "reservations_reservation_cancel", booked.pk)
    said = press(client, "reservations_reservation_cancel", booked.pk)
    assert said[-1] == "Reservation already cancelled"
    assert Refund.objects.count() == 1


def test_a_hold_is_given_back(as_: SignIn, cast: Cast, everything: Reservation) -> None:
    hold = Hold.objects.get(status="live")
    client = as_(cast.host)
    assert press(client, "reservations_hold_release", hold.pk) == ["The table is free again."]
    hold.refresh_from_db()
    assert hold.status == "released"
    assert last_audit() == ("hold.released", "staff", cast.host.email)
    said = press(client, "reservations_hold_release", hold.pk)
    assert said[-1] == "This hold had ended before."


def test_a_message_is_sent_again(
    as_: SignIn, cast: Cast, everything: Reservation, mailoutbox: list[Any]
) -> None:
    message = Message.objects.get()
    said = press(as_(cast.host), "notifications_message_resend", message.pk)
    assert said == [f"The message to {message.recipient} is on its way again."]
    message.refresh_from_db()
    assert (message.status, message.attempts) == ("queued", 0)
    assert last_audit() == ("message.resent", "staff", cast.host.email)


def test_selected_messages_are_sent_again(as_: SignIn, cast: Cast, everything: Reservation) -> None:
    message = Message.objects.get()
    url = reverse("admin:notifications_message_changelist")
    posted = {"action": "resend_selected", "_selected_action": [message.pk]}
    as_(cast.viewer).post(url, posted)
    message.refresh_from_db()
    assert message.status == "failed"
    as_(cast.host).post(url, posted)
    message.refresh_from_db()
    assert message.status == "queued"


def test_a_refused_refund_is_asked_for_again(
    as_: SignIn, cast: Cast, everything: Reservation
) -> None:
    refund = Refund.objects.get()
    client = as_(cast.host)
    url = reverse("admin:payments_refund_retry", args=[refund.pk])
    assert client.post(url, {"_form_submitted": "True"}).status_code == 403
    said = press(as_(cast.manager), "payments_refund_retry", refund.pk)
    again = Refund.objects.exclude(pk=refund.pk).get()
    assert again.amount == refund.amount
    assert said == [f"Refund {again.public_id} is on its way again."]


def test_selected_refunds_are_asked_for_again(
    as_: SignIn, cast: Cast, everything: Reservation
) -> None:
    refund = Refund.objects.get()
    url = reverse("admin:payments_refund_changelist")
    posted = {"action": "retry_selected", "_selected_action": [refund.pk]}
    as_(cast.charlie).post(url, posted)
    as_(cast.host).post(url, posted)
    assert Refund.objects.count() == 1
    as_(cast.manager).post(url, posted)
    assert Refund.objects.count() == 2


def test_online_booking_is_paused_and_resumed(
    as_: SignIn, cast: Cast, house: Restaurant, clock: Clock
) -> None:
    client = as_(cast.host)
    said = press(client, "restaurants_restaurant_pause_online", house.pk, note="Kitchen swamped")
    assert said == ["Online booking is paused until Tue 05:00."]
    pause = Closure.objects.get(online_only=True)
    assert (pause.starts_at, pause.note) == (clock.now, "Kitchen swamped")
    listed = client.get(reverse("admin:restaurants_restaurant_changelist")).content.decode()
    assert "Closed or paused now" in listed
    clock.advance(minutes=5)
    resume = "restaurants_restaurant_resume_online"
    assert press(client, resume, house.pk)[-1] == "Guests can book online again."
    assert press(client, resume, house.pk)[-1] == "Online booking is not paused."


def test_a_pause_may_last_some_hours(
    as_: SignIn, cast: Cast, house: Restaurant, clock: Clock
) -> None:
    press(as_(cast.host), "restaurants_restaurant_pause_online", house.pk, hours="2")
    assert Closure.objects.get(online_only=True).ends_at == clock.now + dt.timedelta(hours=2)


def test_a_day_is_closed_and_reopened(as_: SignIn, cast: Cast, house: Restaurant) -> None:
    client = as_(cast.manager)
    said = press(client, "restaurants_restaurant_close_day", house.pk, date="2025-11-27")
    assert said == ["Bella Notte is closed on Thursday, 27 November 2025."]
    assert SpecialDay.objects.get(date="2025-11-27").is_closed
    press(client, "restaurants_restaurant_reopen_day", house.pk, date="2025-11-27")
    assert not SpecialDay.objects.filter(date="2025-11-27").exists()


def test_a_dialog_with_a_mistake_stays_open(as_: SignIn, cast: Cast, house: Restaurant) -> None:
    url = reverse("admin:restaurants_restaurant_close_day", args=[house.pk])
    answer = as_(cast.manager).post(url, {"_form_submitted": "True", "date": "Christmas"})
    assert answer.status_code == 200
    assert "Enter a valid date" in answer.content.decode()


def test_a_dialog_in_the_page_is_left_through_htmx(
    as_: SignIn, cast: Cast, house: Restaurant
) -> None:
    url = reverse("admin:restaurants_restaurant_pause_online", args=[house.pk])
    answer = as_(cast.manager).post(
        url, {"_form_submitted": "True"}, headers={"hx-request": "true"}
    )
    assert answer.headers["HX-Redirect"] == reverse(
        "admin:restaurants_restaurant_change", args=[house.pk]
    )
