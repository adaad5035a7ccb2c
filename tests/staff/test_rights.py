"""Every page of the staff area, for everyone who may knock: a table, and nobody left out of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver
from django.urls import reverse as reverse_url

from accounts.models import ApiKey, ApiKeySecret
from core.models import AuditEntry
from notifications.models import Message, SmsAccount
from payments.models import Payment, ProviderAccount, Redemption, Refund
from reservations.models import PaymentRequest, SourceSecret
from restaurants.models import Membership, Restaurant
from staff.urls import urlpatterns
from tests.fixtures.twilio import connect
from tests.staff.conftest import As, Cast, Connections, Money
from webhooks.models import Delivery, Endpoint, EndpointSecret

pytestmark = pytest.mark.django_db

OPEN = {"sign_in", "sign_out"}
"""For anybody: they decide about nothing."""
ANY_STAFF = {"home", "any_keys", "any_webhooks", "any_sources", "any_payments"}
LED = {"stand_stream"}
"""Leads browsers to where the stream is, or nowhere (204); tests/staff/test_stream.py has it."""
SEERS = {"house", "stand_changes"} | LED
CONNECTORS = {
    *("keys", "key_new", "key", "key_rotate", "key_revoke"),
    *("webhooks", "webhook_new", "webhook", "webhook_change", "webhook_rotate", "webhook_remove"),
    *("webhook_switch", "webhook_test", "webhook_replay", "delivery", "delivery_replay"),
    *("sources", "source_new", "source_rotate", "source_withdraw"),
    *("texts", "texts_connect", "texts_stop"),
}
OPERATORS = {
    *("payments", "payment", "policies", "booking_money"),
    *("payment_redeem", "booking_ask", "link_withdraw"),
    *("booking_messages", "message_resend"),
}
"""Who runs a service looks up a payment, sets it off on the bill and asks for one."""
SEERS_OF_MONEY = {
    *("payments_csv", "payment_report", "payment_report_csv", "payment_differences"),
    *("payment_refund", "payment_release", "refund_retry", "booking_fee"),
}
"""Managers and owners see what the house takes, give it back and charge fees."""
OWNERS = {"payment_account", "payment_account_stop", "payment_account_connect"}
MONEY = OPERATORS | SEERS_OF_MONEY | OWNERS
MOVES = (
    MONEY
    - {"payments", "payment", "policies", "booking_money", "booking_messages"}
    - {
        *("payments_csv", "payment_report", "payment_report_csv", "payment_account"),
    }
)
"""What takes forms."""
POST_ONLY = {"webhook_switch", "webhook_test", "webhook_replay", "delivery_replay"}
POST_ONLY |= {"message_resend"}
PEOPLE = ("nobody", "guest", "viewer", "host", "charlie", "manager", "owner", "operator")


def names(patterns: list[Any]) -> Iterator[str]:
    for each in patterns:
        if isinstance(each, URLResolver):
            yield from names(each.url_patterns)
        elif isinstance(each, URLPattern):
            assert each.name is not None
            yield each.name


def money_url(name: str, house: Restaurant, its: Money) -> str:
    arguments = [house.slug]
    if name in ("payment", "payment_refund", "payment_release", "payment_redeem"):
        arguments.append(its.payment.public_id)
    elif name.startswith("booking_"):
        arguments.append(its.booking.public_id)
    elif name == "message_resend":
        message = Message.objects.filter(about=its.booking.public_id).earliest("id")
        arguments += [its.booking.public_id, message.public_id]
    elif name == "refund_retry":
        arguments.append(its.refund.public_id)
    elif name == "link_withdraw":
        arguments.append(its.request.public_id)
    elif name == "payment_account_connect":
        arguments.append("stripe")
    return reverse_url(f"staff:{name}", args=arguments)


def url_of(name: str, house: Restaurant, its: Connections) -> str:
    arguments = [house.slug] if name in SEERS | CONNECTORS else []
    if name.startswith("key") and name not in ("keys", "key_new"):
        arguments.append(its.key.public_id)
    if name.startswith(("webhook", "delivery")) and name not in ("webhooks", "webhook_new"):
        arguments.append(its.endpoint.public_id)
    if name.startswith("delivery"):
        arguments.append(its.delivery.public_id)
    if name in ("source_rotate", "source_withdraw"):
        arguments.append(its.secret.public_id)
    return reverse_url(f"staff:{name}", args=arguments)


def expected(name: str, who: str) -> int:
    if who in ("nobody", "guest"):
        return 302
    if name in ANY_STAFF:
        return 200 if (name, who) == ("home", "operator") else 302
    if who == "charlie":
        return 404
    if name in OWNERS:
        return 200 if who in ("owner", "operator") else 403
    if name in LED:
        return 204
    if name in SEERS or who in ("manager", "owner", "operator"):
        return 200
    return 200 if name in OPERATORS and who == "host" else 403


def state() -> tuple[Any, ...]:
    """All that these pages can change."""
    return (
        list(ApiKey.objects.order_by("pk").values_list("pk", "revoked_at")),
        ApiKeySecret.objects.count(),
        list(Endpoint.objects.order_by("pk").values_list("pk", "status", "removed_at", "url")),
        EndpointSecret.objects.count(),
        list(Delivery.objects.order_by("pk").values_list("pk", "status")),
        list(SourceSecret.objects.order_by("pk").values_list("pk", "expires_at", "revoked_at")),
        AuditEntry.objects.count(),
        Membership.objects.count(),
        list(Payment.objects.order_by("pk").values_list("pk", "status", "refunded", "errand")),
        list(Refund.objects.order_by("pk").values_list("pk", "status", "attempts")),
        list(PaymentRequest.objects.order_by("pk").values_list("pk", "status")),
        Redemption.objects.count(),
        ProviderAccount.objects.count(),
        list(SmsAccount.objects.order_by("pk").values_list("pk", "is_active")),
        Message.objects.count(),
    )


def test_the_table_knows_every_page() -> None:
    assert sorted(names(urlpatterns)) == sorted(OPEN | ANY_STAFF | SEERS | CONNECTORS | MONEY)


@pytest.mark.parametrize("who", PEOPLE)
def test_who_may_look(
    who: str, as_: As, cast: Cast, house: Restaurant, here: Connections, there: Connections
) -> None:
    connect(house)
    client = as_(getattr(cast, who, None))
    for name in sorted(ANY_STAFF | SEERS | CONNECTORS - POST_ONLY):
        url = url_of(name, house, here)
        answer = client.get(url)
        assert answer.status_code == expected(name, who), (name, who)
        assert "no-store" in answer.headers["Cache-Control"], name
        if who in ("nobody", "guest"):
            assert answer.headers["Location"] == f"/staff/sign-in/?next={url}"


@pytest.mark.parametrize("who", PEOPLE)
def test_who_may_look_at_money(
    who: str, as_: As, cast: Cast, house: Restaurant, money: Money
) -> None:
    client = as_(getattr(cast, who, None))
    for name in sorted(MONEY - POST_ONLY):
        url = money_url(name, house, money)
        answer = client.get(url)
        wanted = expected(name, who)
        if wanted == 200 and name in ("booking_fee", "payment_account_stop"):
            # There is no fee of a deposit, and no account to stop using.
            assert answer.status_code == 404, (name, who)
            continue
        assert answer.status_code == wanted, (name, who)
        assert "no-store" in answer.headers["Cache-Control"], name
        if who in ("nobody", "guest"):
            assert answer.headers["Location"] == f"/staff/sign-in/?next={url}"


@pytest.mark.parametrize("who", ["nobody", "guest", "viewer", "host", "charlie", "manager"])
def test_a_refusal_moves_no_money(
    who: str, as_: As, cast: Cast, house: Restaurant, money: Money
) -> None:
    client, before = as_(getattr(cast, who, None)), state()
    for name in sorted(MOVES):
        if expected(name, who) == 200:
            continue
        answer = client.post(money_url(name, house, money), FILLED_IN)
        assert answer.status_code == expected(name, who), (name, who)
    assert state() == before


@pytest.mark.parametrize("who", ["manager", "owner", "operator"])
def test_money_of_another_house_is_not_found_in_this_one(
    who: str, as_: As, cast: Cast, house: Restaurant, money: Money, money_there: Money
) -> None:
    client, before = as_(getattr(cast, who)), state()
    names = {"payment", "booking_money", "booking_messages"}
    names |= MOVES - OWNERS - {"payment_differences"}
    for name in sorted(names):
        url = money_url(name, house, money_there)
        if name not in POST_ONLY:
            assert client.get(url).status_code == 404, name
        if name in MOVES:
            assert client.post(url, FILLED_IN).status_code == 404, name
    assert state() == before


@pytest.mark.parametrize("who", ["nobody", "guest", "viewer", "host", "charlie"])
def test_a_refusal_changes_nothing(
    who: str, as_: As, cast: Cast, house: Restaurant, here: Connections
) -> None:
    client, before = as_(getattr(cast, who, None)), state()
    for name in sorted(CONNECTORS):
        answer = client.post(url_of(name, house, here), FILLED_IN)
        assert answer.status_code == expected(name, who), (name, who)
    assert state() == before


@pytest.mark.parametrize("who", ["manager", "owner", "operator"])
def test_what_belongs_to_another_house_is_not_found_in_this_one(
    who: str,
    as_: As,
    cast: Cast,
    house: Restaurant,
    here: Connections,
    there: Connections,
) -> None:
    client, before = as_(getattr(cast, who)), state()
    for name in sorted(CONNECTORS - {"keys", "key_new", "webhooks", "webhook_new"}):
        if name in ("sources", "source_new") or name.startswith("texts"):
            continue
        url = url_of(name, house, there)
        if name not in POST_ONLY:
            assert client.get(url).status_code == 404, name
        assert client.post(url, FILLED_IN).status_code in (404, 405), name
    assert state() == before


def test_an_endpoint_is_not_made_with_another_houses_key(
    as_: As, cast: Cast, house: Restaurant, here: Connections, there: Connections
) -> None:
    url, before = reverse_url("staff:webhook_new", args=[house.slug]), state()
    answer = as_(cast.owner).post(url, FILLED_IN | {"key": there.key.public_id})
    assert answer.status_code == 422
    assert state() == before


def test_a_delivery_is_found_at_its_own_endpoint_only(
    as_: As, cast: Cast, house: Restaurant, here: Connections, there: Connections
) -> None:
    arguments = [house.slug, here.endpoint.public_id, there.delivery.public_id]
    assert as_(cast.owner).get(reverse_url("staff:delivery", args=arguments)).status_code == 404


def test_rights_end_at_once_with_the_membership_the_account_or_the_role(
    as_: As, cast: Cast, house: Restaurant, here: Connections
) -> None:
    client, url = as_(cast.manager), url_of("keys", house, here)
    assert client.get(url).status_code == 200
    cast.manager.memberships.update(role="host")
    assert client.get(url).status_code == 403
    cast.manager.memberships.all().delete()
    assert client.get(url).status_code == 404
    cast.manager.is_staff = False
    cast.manager.save()
    assert client.get(url).status_code == 302


def test_a_part_of_a_page_sends_the_whole_page_to_the_door(
    as_: As, cast: Cast, house: Restaurant, here: Connections
) -> None:
    url = url_of("delivery", house, here)
    answer = as_(None).get(url, headers={"HX-Request": "true"})
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (
        200,
        f"/staff/sign-in/?next={url}",
    )


@pytest.mark.parametrize(
    "query", ["?q=%00", "?q=" + "x" * 5000, "?q=%F0%9F%8D%BD", "?q=%", "?lang=fr"]
)
def test_odd_searches_are_answered(as_: As, cast: Cast, house: Restaurant, query: str) -> None:
    assert as_(cast.operator).get("/staff/" + query).status_code == 200


def test_a_form_without_its_token_is_refused(
    cast: Cast, house: Restaurant, here: Connections, money: Money
) -> None:
    client, before = Client(enforce_csrf_checks=True), state()
    client.force_login(cast.owner)
    for name in sorted(CONNECTORS | {"sign_in", "sign_out"}):
        assert client.post(url_of(name, house, here), FILLED_IN).status_code == 403, name
    for name in sorted(MOVES):
        assert client.post(money_url(name, house, money), FILLED_IN).status_code == 403, name
    assert state() == before


def test_pages_tell_no_name_of_a_house_of_others(
    as_: As, cast: Cast, elsewhere: Restaurant, house: Restaurant, here: Connections
) -> None:
    client = as_(cast.owner)
    for name in sorted(SEERS | CONNECTORS - POST_ONLY):
        page = client.get(url_of(name, house, here)).content.decode()
        assert elsewhere.name not in page, name


FILLED_IN = {
    "name": "Other",
    "rate_per_hour": "10",
    "scopes": ["*"],
    "url": "https://other.example/",
    "events": ["*"],
    "contact_email": "a@b.example",
    "hours": "0",
    "to": "paused",
    "source": "resy",
    "once": "a-form-of-mine",
    "confirmed": "1",
    "amount": "5",
    "reason": "Why not",
    "way": "card",
    "note": "It may stay",
    "money": "test",
}
