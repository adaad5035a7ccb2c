"""Buttons: each asks first, calls a service, leaves a trail, and shows what came of it."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.urls import reverse

from core.models import AuditEntry
from notifications.models import Message
from payments.models import ReconciliationDifference, Refund
from reservations.models import Hold, PartyRequest, Reservation, TableClaim
from reservations.services.by_link import reconfirm_for_link
from reservations.services.links import issue_link
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
    asked = client.get(url).content.decode()
    assert "The house cancels: $50.00 goes back (100 %)" in asked
    assert "The guest asked to cancel: $50.00 goes back (100 %)" in asked
    client.get(url, {"_form_submitted": "True"})
    everything.refresh_from_db()
    assert everything.status == "confirmed"


@pytest.mark.parametrize(
    ("asked_by", "back"),
    [({}, 50), ({"asked_by": "house"}, 50), ({"asked_by": "guest"}, 25)],
)
def test_cancelling_refunds_all_unless_the_guest_asked(
    as_: SignIn,
    cast: Cast,
    booked: Reservation,
    clock: Clock,
    asked_by: dict[str, str],
    back: int,
) -> None:
    clock.set("2025-11-15T09:00-05:00")
    client = as_(cast.host)
    url = reverse("admin:reservations_reservation_cancel", args=[booked.pk])
    dialog = client.get(url).content.decode()
    assert "The house cancels: $50.00 goes back (100 %)" in dialog
    assert "The guest asked to cancel: $25.00 goes back (50 %)" in dialog
    assert re.search(r'value="house"[^>]*checked', dialog)
    said = press(
        client, "reservations_reservation_cancel", booked.pk, reason="Burst pipe", **asked_by
    )
    booked.refresh_from_db()
    assert booked.status == "cancelled"
    assert said == [f"{booked.code} is cancelled; {back}.00 USD go back."]
    assert [refund.amount for refund in Refund.objects.all()] == [back]
    assert not TableClaim.objects.filter(reservation=booked, released_at=None).exists()
    entry = AuditEntry.objects.get(verb="reservation.cancelled")
    assert (entry.actor_label, entry.data["reason"]) == (cast.host.full_name, "Burst pipe")


def test_cancelling_twice_says_so(as_: SignIn, cast: Cast, booked: Reservation) -> None:
    client = as_(cast.manager)
    press(client, "reservations_reservation_cancel", booked.pk)
    said = press(client, "reservations_reservation_cancel", booked.pk)
    assert said[-1] == "Reservation already cancelled"
    assert Refund.objects.count() == 1


@pytest.mark.parametrize(
    ("button", "status", "kind", "said"),
    [
        ("accept", "confirmed", "reservation_confirmed", "is confirmed; the guest is told."),
        (
            "decline",
            "declined",
            "reservation_declined",
            "is declined; a deposit goes back in full.",
        ),
    ],
)
def test_a_waiting_reservation_is_answered(
    as_: SignIn,
    cast: Cast,
    booked: Reservation,
    button: str,
    status: str,
    kind: str,
    said: str,
) -> None:
    Reservation.objects.update(status="pending")
    name = f"reservations_reservation_{button}"
    url = reverse(f"admin:{name}", args=[booked.pk])
    for nobody in (cast.viewer, cast.charlie):
        assert as_(nobody).post(url, {"_form_submitted": "True"}).status_code == 403
    client = as_(cast.host)
    reason = {"reason": "Private party"} if button == "decline" else {}
    assert press(client, name, booked.pk, **reason) == [f"{booked.code} {said}"]
    booked.refresh_from_db()
    assert booked.status == status
    assert Message.objects.order_by("-id")[0].kind == kind
    declined = button == "decline"
    assert [row.amount for row in Refund.objects.all()] == ([50] if declined else [])
    claims = TableClaim.objects.filter(reservation=booked, released_at=None)
    assert claims.exists() is not declined
    assert last_audit() == (f"reservation.{status}", "staff", cast.host.full_name)
    # Whoever had the dialog open meanwhile is told.
    answer = client.post(url, {"_form_submitted": "True"})
    [*_, refusal] = [str(message) for message in get_messages(answer.wsgi_request)]
    assert refusal == f"A {status} reservation cannot become {status}."
    assert Refund.objects.count() == declined


@pytest.mark.parametrize(
    ("before", "button", "status", "said"),
    [
        ("confirmed", "no_show", "no_show", "is a no-show; the table is free."),
        ("seated", "completed", "completed", "is completed; the table is free."),
    ],
)
def test_an_evening_is_closed(
    as_: SignIn,
    cast: Cast,
    booked: Reservation,
    before: str,
    button: str,
    status: str,
    said: str,
) -> None:
    Reservation.objects.update(status=before)
    name = f"reservations_reservation_{button}"
    assert press(as_(cast.host), name, booked.pk) == [f"{booked.code} {said}"]
    booked.refresh_from_db()
    assert booked.status == status
    assert Refund.objects.count() == 0


@pytest.mark.parametrize(
    ("status", "shown"),
    [
        ("pending", ["accept", "decline"]),
        ("requested", ["accept", "decline"]),
        ("confirmed", ["no_show"]),
        ("seated", ["completed"]),
        ("declined", []),
    ],
)
def test_a_page_offers_only_steps_that_are_possible(
    as_: SignIn, cast: Cast, booked: Reservation, status: str, shown: list[str]
) -> None:
    Reservation.objects.update(status=status)
    url = reverse("admin:reservations_reservation_change", args=[booked.pk])
    html = as_(cast.host).get(url).content.decode()
    buttons = ("accept", "decline", "no_show", "completed")
    links = [
        name
        for name in buttons
        if reverse(f"admin:reservations_reservation_{name}", args=[booked.pk]) in html
    ]
    assert links == shown


def test_a_hold_is_given_back(as_: SignIn, cast: Cast, everything: Reservation) -> None:
    hold = Hold.objects.get(status="live")
    client = as_(cast.host)
    assert press(client, "reservations_hold_release", hold.pk) == ["The table is free again."]
    hold.refresh_from_db()
    assert hold.status == "released"
    assert last_audit() == ("hold.released", "staff", cast.host.full_name)
    said = press(client, "reservations_hold_release", hold.pk)
    assert said[-1] == "This hold had ended before."


def test_a_message_is_sent_again(
    as_: SignIn, cast: Cast, everything: Reservation, mailoutbox: list[Any]
) -> None:
    message = Message.objects.get(kind="reservation_confirmed")
    said = press(as_(cast.host), "notifications_message_resend", message.pk)
    assert said == [f"The message to {message.recipient} is on its way again."]
    message.refresh_from_db()
    assert (message.status, message.attempts) == ("queued", 0)
    assert last_audit() == ("message.resent", "staff", cast.host.full_name)


def test_selected_messages_are_sent_again(as_: SignIn, cast: Cast, everything: Reservation) -> None:
    message = Message.objects.get(kind="reservation_confirmed")
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


def test_a_difference_to_the_providers_books_is_resolved_with_a_reason(
    as_: SignIn, cast: Cast, everything: Reservation
) -> None:
    row = ReconciliationDifference.objects.get()
    url = reverse("admin:payments_reconciliationdifference_resolve", args=[row.pk])
    sent = {"_form_submitted": "True", "note": "Paid in cash."}
    assert as_(cast.host).post(url, sent).status_code == 403
    name = "payments_reconciliationdifference_resolve"
    said = press(as_(cast.manager), name, row.pk, note="Paid in cash.")
    assert said == ["The difference is resolved."]
    row.refresh_from_db()
    assert (row.note, row.resolved_by) == ("Paid in cash.", cast.manager.full_name)
    assert as_(cast.manager).post(url, sent).status_code == 403


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


def test_a_large_partys_request_is_marked_as_answered_once(
    as_: SignIn, cast: Cast, everything: Reservation, clock: Clock
) -> None:
    asked = PartyRequest.objects.get()
    client, page = as_(cast.manager), reverse("admin:reservations_partyrequest_changelist")
    sent = {"action": "mark_selected_seen", "_selected_action": [asked.pk]}
    assert client.get(page, {"attention": "stuck"}).context["cl"].result_count == 1
    for said in ("1 marked as answered.", "0 marked as answered."):
        answer = client.post(page, sent)
        assert [str(message) for message in get_messages(answer.wsgi_request)][-1] == said
    asked.refresh_from_db()
    assert asked.seen_at == clock.now
    assert last_audit()[:2] == ("party_request.seen", "staff")
    assert client.get(page, {"attention": "stuck"}).context["cl"].result_count == 0


def test_staff_see_who_said_again_that_they_come(
    as_: SignIn, cast: Cast, booked: Reservation, clock: Clock
) -> None:
    clock.set("2025-11-14T12:00:00-05:00")
    reconfirm_for_link(issue_link(booked.public_id))
    page = reverse("admin:reservations_reservation_changelist")
    assert "Reconfirmed" in as_(cast.manager).get(page, {"q": booked.code}).content.decode()
