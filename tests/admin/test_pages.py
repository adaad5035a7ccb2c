"""Every page of the admin opens, for an operator and for the people of one house."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib import admin
from django.db.models import Model
from django.urls import reverse

from accounts.models import Authenticator, Guesses, PasswordLink, RecoveryCode
from customers.models import CustomerMerge, GuestTag
from reservations.models import Reservation, VisitBill, WaitFeedPlace, WaitLook
from restaurants.models import FloorFixture, FloorPlan, FloorSave, PacingStep, TablePlacement
from tests.admin.conftest import Cast, SignIn
from webhooks.models import EndpointSecret, Event, FeedPlace

pytestmark = pytest.mark.django_db

MODELS = list(admin.site._registry)

OURS = {
    "accounts",
    "core",
    "customers",
    "notifications",
    "payments",
    "reservations",
    "restaurants",
    "webhooks",
}

OPERATORS_ONLY = {
    "accounts.user",
    "accounts.organization",
    "core.heartbeat",
    "payments.reconciliation",
    "payments.sandboxcharge",
    "reservations.importrun",
    "reservations.signinlink",
    "restaurants.guestpreferences",
    "restaurants.swipe",
    "django_celery_beat.periodictask",
    "django_celery_beat.intervalschedule",
    "django_celery_beat.crontabschedule",
    "django_celery_beat.solarschedule",
    "django_celery_beat.clockedschedule",
}

PARTS = {
    *(EndpointSecret, Event, FeedPlace),
    *(Authenticator, Guesses, PasswordLink, RecoveryCode),
    *(GuestTag, CustomerMerge),
    *(FloorPlan, TablePlacement, FloorFixture, FloorSave, PacingStep),
    *(VisitBill, WaitLook, WaitFeedPlace),
}
"""Secrets are never shown; events and places in feeds are the dispatchers' own. What guards
a sign-in, tags and merges of guests and floor plans have pages in the staff area, which keep their
rules.
"""

NOT_FOR_HOSTS = {
    *("accounts.apikey", "webhooks.endpoint", "webhooks.delivery"),
    *("notifications.smsaccount", "restaurants.tablet"),
}

FOR_OWNERS = {"payments.provideraccount", "payments.providerevent"}

WRITTEN_BY_SERVICES = {
    *("customers.guestnote", "customers.consententry"),
    *("notifications.smsaccount", "notifications.smsreply"),
    *("reservations.queueentry", "reservations.waitoffer", "reservations.standaction"),
    *("reservations.shiftserver", "reservations.tableblock", "reservations.nightnote"),
    *("restaurants.tablet", "restaurants.pacingcap"),
    "core.auditentry",
    "core.heartbeat",
    "notifications.message",
    "payments.payment",
    "payments.reconciliation",
    "payments.reconciliationdifference",
    "payments.paymentdispute",
    "payments.providerevent",
    "payments.refund",
    "payments.sandboxcharge",
    "reservations.bookinglink",
    "reservations.hold",
    "reservations.housemessage",
    "reservations.importrun",
    "reservations.inbounddelivery",
    "reservations.partyrequest",
    "reservations.paymentrequest",
    "reservations.reservation",
    "reservations.seatingdecision",
    "reservations.serviceload",
    "reservations.signinlink",
    "reservations.sourcerecord",
    "reservations.sourcesecret",
    "reservations.tableclaim",
    "reservations.waitlistentry",
    "restaurants.membership",
    "restaurants.guestpreferences",
    "restaurants.swipe",
    "webhooks.delivery",
}


def label(model: type[Model]) -> str:
    return model._meta.label_lower


def page(model: type[Model], name: str, *args: Any) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{name}", args=args)


def test_every_model_of_the_house_has_a_page() -> None:
    from django.apps import apps

    inline = {each.model for page in admin.site._registry.values() for each in page.inlines}
    missing = [
        model._meta.label
        for model in apps.get_models()
        if model._meta.app_label in OURS and model not in {*MODELS, *inline, *PARTS}
    ]
    assert missing == []


def test_an_operator_can_open_every_page(as_: SignIn, cast: Cast, everything: Reservation) -> None:
    client = as_(cast.operator)
    for model in MODELS:
        rows = model._default_manager.all()[:1]
        assert client.get(page(model, "changelist")).status_code == 200, label(model)
        if label(model) not in WRITTEN_BY_SERVICES and label(model) != "customers.customer":
            assert client.get(page(model, "add")).status_code == 200, label(model)
        for row in rows:
            answer = client.get(page(model, "change", row.pk))
            assert answer.status_code == 200, label(model)
            # A coloured label of a list, shown as the pair it is made from.
            assert "(&#x27;" not in answer.content.decode(), label(model)
        if label(model).partition(".")[0] in OURS - {"core"} or label(model) == "core.auditentry":
            assert rows or label(model) in NO_ROWS, f"{label(model)}: no row was tested"


NO_ROWS = {"reservations.serviceload"}
"""Bella Notte counts nothing: tables alone limit it."""


@pytest.mark.parametrize("who", ["manager", "viewer"])
def test_staff_can_open_every_page_of_their_house(
    as_: SignIn, cast: Cast, everything: Reservation, who: str
) -> None:
    client = as_(getattr(cast, who))
    closed = OPERATORS_ONLY | FOR_OWNERS | (NOT_FOR_HOSTS if who == "viewer" else set())
    for model in MODELS:
        answer = client.get(page(model, "changelist"))
        if label(model) in closed:
            assert answer.status_code == 403, label(model)
            continue
        assert answer.status_code == 200, label(model)
        rows = answer.context["cl"].result_list
        for row in rows[:1]:
            assert client.get(page(model, "change", row.pk)).status_code == 200, label(model)
        can_add = client.get(page(model, "add")).status_code == 200
        expected = who == "manager" and label(model) not in WRITTEN_BY_SERVICES | {
            "customers.customer",
            "restaurants.restaurant",
        }
        assert can_add is expected, label(model)


def test_what_services_write_cannot_be_added_edited_or_removed_by_anyone(
    as_: SignIn, cast: Cast, everything: Reservation
) -> None:
    client = as_(cast.operator)
    for model in MODELS:
        if label(model) not in WRITTEN_BY_SERVICES:
            continue
        assert client.get(page(model, "add")).status_code == 403, label(model)
        row = model._default_manager.first()
        if row is None:
            continue
        before = model._default_manager.values().get(pk=row.pk)
        assert client.post(page(model, "change", row.pk), {"status": "x"}).status_code == 403
        answer = client.post(page(model, "delete", row.pk), {"post": "yes"})
        assert answer.status_code == 403, label(model)
        assert model._default_manager.values().get(pk=row.pk) == before
        listed = client.get(page(model, "changelist"))
        actions = dict(listed.context["cl"].model_admin.get_actions(listed.wsgi_request))
        assert "delete_selected" not in actions, label(model)


def test_the_index_lists_what_a_person_may_see(
    as_: SignIn, cast: Cast, everything: Reservation
) -> None:
    assert as_(cast.manager).get("/admin/").status_code == 200
    html = as_(cast.manager).get("/admin/").content.decode()
    assert reverse("admin:reservations_reservation_changelist") in html
    assert reverse("admin:accounts_user_changelist") not in html
    operator = as_(cast.operator).get("/admin/").content.decode()
    assert reverse("admin:accounts_user_changelist") in operator


def test_the_sidebar_counts_what_needs_a_person(
    as_: SignIn, cast: Cast, everything: Reservation
) -> None:
    def badges(user: Any) -> dict[str, int]:
        context = as_(user).get("/admin/").context
        return {
            item["title"]: item["badge"]
            for group in context["sidebar_navigation"]
            for item in group["items"]
            if "badge" in item
        }

    stuck = {
        "Payments": 1,
        "Refunds": 1,
        "Differences to providers": 1,
        "Messages": 1,
        "Notes from guests": 1,
        "Large parties": 1,
    }
    assert badges(cast.operator) == stuck
    assert badges(cast.manager) == stuck
    assert badges(cast.charlie) == {}


@pytest.mark.parametrize("name", ["payments_payment", "payments_refund", "notifications_message"])
def test_stuck_rows_have_a_filter(
    as_: SignIn, cast: Cast, everything: Reservation, name: str
) -> None:
    answer = as_(cast.manager).get(reverse(f"admin:{name}_changelist"), {"attention": "stuck"})
    assert answer.context["cl"].result_count == 1


def test_the_sidebar_counts_what_waits_for_acceptance(
    as_: SignIn, cast: Cast, booked: Reservation
) -> None:
    Reservation.objects.update(status="pending")
    client = as_(cast.host)
    groups = client.get("/admin/").context["sidebar_navigation"]
    [link] = [i for g in groups for i in g["items"] if i["title"] == "Reservations"]
    assert link["badge"] == 1
    answer = client.get(link["link"])
    assert list(answer.context["cl"].result_list) == [booked]
    assert "Waiting for acceptance" in answer.content.decode()
    Reservation.objects.update(status="confirmed")
    assert client.get(link["link"]).context["cl"].result_count == 0
