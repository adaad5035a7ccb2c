"""Webhooks on the staff pages: endpoints, their secrets, the log, and sending again."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from core.actors import SYSTEM
from core.models import AuditEntry
from restaurants.models import Restaurant
from staff import wording
from tests.staff.conftest import As, Cast, Connections, once_of, secret_in
from webhooks.events import TYPES
from webhooks.models import Attempt, Delivery, Endpoint
from webhooks.services.endpoints import send_test

pytestmark = pytest.mark.django_db

SECRET = r"whsec_[A-Za-z0-9+/=]{44}"


@pytest.fixture
def client_(as_: As, cast: Cast, here: Connections) -> Client:
    return as_(cast.owner)


def url(house: Restaurant, name: str, *args: str) -> str:
    return reverse(f"staff:{name}", args=[house.slug, *args])


def form(page: Any, here: Connections, **changes: Any) -> dict[str, Any]:
    return {
        "once": once_of(page),
        "key": here.key.public_id,
        "url": "https://crm.example/in",
        "events": ["reservation.created", "table.updated"],
        "contact_email": "ops@crm.example",
        "description": "Guest database",
    } | changes


def test_every_event_is_explained_once() -> None:
    assert sorted(name for group in wording.EVENTS.values() for name in group) == sorted(TYPES)


def test_an_endpoint_is_made_once_and_its_secret_shown_once(
    client_: Client, cast: Cast, house: Restaurant, here: Connections
) -> None:
    address = url(house, "webhook_new")
    sent = form(client_.get(address), here)
    page = client_.post(address, sent)
    secret = secret_in(page, SECRET)
    assert "no-store" in page.headers["Cache-Control"]
    made = Endpoint.objects.exclude(pk=here.endpoint.pk).get()
    assert (made.url, made.events, made.restaurant_id, made.key_id, made.contact_email) == (
        "https://crm.example/in",
        ["reservation.created", "table.updated"],
        house.pk,
        here.key.pk,
        "ops@crm.example",
    )
    entry = AuditEntry.objects.get(verb="webhook.created", target=made.public_id)
    assert entry.actor_id == cast.owner.public_id
    assert client_.post(address, sent).status_code == 302
    assert Endpoint.objects.count() == 2
    assert secret not in client_.get(url(house, "webhook", made.public_id)).content.decode()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"url": "http://crm.example/in"}, "begins with https://"),
        ({"url": "https://10.0.0.1/in"}, "private, local or reserved"),
        ({"events": []}, "Choose at least one"),
        ({"contact_email": "nobody"}, "valid email"),
        ({"key": "key_unknown"}, "Select a valid choice"),
    ],
)
def test_what_cannot_be_is_said_beside_its_field(
    client_: Client, house: Restaurant, here: Connections, changes: dict[str, Any], said: str
) -> None:
    address = url(house, "webhook_new")
    page = client_.post(address, form(client_.get(address), here, **changes))
    assert page.status_code == 422
    assert said in page.content.decode()
    assert Endpoint.objects.count() == 1


def test_changing_one_thing_leaves_the_subscription_in_its_own_words(
    client_: Client, house: Restaurant, here: Connections
) -> None:
    address = url(house, "webhook_change", here.endpoint.public_id)
    page = client_.get(address).content.decode()
    ticked = [name for name in TYPES if f'value="{name}" id' in page]
    assert len(ticked) == len(TYPES)
    sent = {
        "url": here.endpoint.url,
        "events": [name for name in TYPES if name.startswith("reservation.")],
        "contact_email": "new@partner.example",
    }
    assert client_.post(address, sent).status_code == 302
    here.endpoint.refresh_from_db()
    assert (here.endpoint.events, here.endpoint.contact_email) == (
        ["reservation.*"],
        "new@partner.example",
    )
    client_.post(address, sent | {"events": ["payment.failed"]})
    here.endpoint.refresh_from_db()
    assert here.endpoint.events == ["payment.failed"]


def test_pausing_sent_twice_stays_paused_and_tests_need_an_active_one(
    client_: Client, house: Restaurant, here: Connections
) -> None:
    switch = url(house, "webhook_switch", here.endpoint.public_id)
    for _ in range(2):
        client_.post(switch, {"to": "paused"})
    here.endpoint.refresh_from_db()
    assert here.endpoint.status == Endpoint.Status.PAUSED
    page = client_.post(url(house, "webhook_test", here.endpoint.public_id), follow=True)
    assert "This endpoint is not active." in page.content.decode()
    client_.post(switch, {"to": "active"})
    here.endpoint.refresh_from_db()
    assert here.endpoint.status == Endpoint.Status.ACTIVE


def test_a_test_is_queued_and_its_page_shows_what_came_of_it(
    client_: Client, house: Restaurant, here: Connections
) -> None:
    page = client_.post(url(house, "webhook_test", here.endpoint.public_id), follow=True)
    sent = Delivery.objects.order_by("-pk")[0]
    assert page.redirect_chain[-1][0] == url(
        house, "delivery", here.endpoint.public_id, sent.public_id
    )
    assert 'hx-trigger="every 2s"' in page.content.decode()
    Attempt.objects.create(
        delivery=sent, at=sent.queued_at, seconds=0.25, status=200, answer="<b>thanks</b>"
    )
    Delivery.objects.filter(pk=sent.pk).update(status=Delivery.Status.DELIVERED, last_status=200)
    shown = client_.get(page.redirect_chain[-1][0]).content.decode()
    assert "hx-trigger" not in shown
    assert "&lt;b&gt;thanks&lt;/b&gt;" in shown


def test_the_log_is_filtered_paged_and_nothing_breaks_it(
    client_: Client, house: Restaurant, here: Connections
) -> None:
    for _ in range(30):
        send_test(here.endpoint, by=SYSTEM)
    Delivery.objects.filter(pk=here.delivery.pk).update(status=Delivery.Status.DEAD)
    address = url(house, "webhook", here.endpoint.public_id)

    def shown(query: str) -> int:
        answer = client_.get(address + query)
        assert answer.status_code == 200
        return answer.content.decode().count("sent__event")

    assert (shown(""), shown("?status=dead"), shown("?event=payment.failed")) == (25, 1, 0)
    assert (shown("?status=nonsense"), shown("?before=%00"), shown("?event=x&status=dead")) == (
        25,
        25,
        25,
    )
    last = list(Delivery.objects.order_by("-pk"))[24]
    assert shown(f"?before={last.public_id}") == 6
    assert client_.get(f"{address}?before=whd_unknown").status_code == 404


def test_dead_letters_are_sent_again_one_or_all(
    client_: Client, cast: Cast, house: Restaurant, here: Connections
) -> None:
    send_test(here.endpoint, by=SYSTEM)
    Delivery.objects.update(status=Delivery.Status.DEAD)
    one = url(house, "delivery_replay", here.endpoint.public_id, here.delivery.public_id)
    client_.post(one)
    here.delivery.refresh_from_db()
    assert here.delivery.status == Delivery.Status.QUEUED
    page = client_.post(url(house, "webhook_replay", here.endpoint.public_id), follow=True)
    assert "1 message is on its way again." in page.content.decode()
    assert set(Delivery.objects.values_list("status", flat=True)) == {Delivery.Status.QUEUED}
    replayed = AuditEntry.objects.filter(verb="webhook.replayed")
    assert set(replayed.values_list("actor_id", flat=True)) == {cast.owner.public_id}


def test_rotating_and_removing(client_: Client, house: Restaurant, here: Connections) -> None:
    rotate = url(house, "webhook_rotate", here.endpoint.public_id)
    sent = {"once": once_of(client_.get(rotate)), "hours": "1"}
    secret_in(client_.post(rotate, sent), SECRET)
    assert client_.post(rotate, sent).status_code == 302
    assert here.endpoint.secrets.count() == 2
    remove = url(house, "webhook_remove", here.endpoint.public_id)
    assert client_.get(remove).status_code == 200
    assert client_.post(remove).headers["Location"] == url(house, "webhooks")
    assert client_.get(url(house, "webhook", here.endpoint.public_id)).status_code == 404


def test_an_operators_key_hears_of_this_house_alone(
    as_: As, cast: Cast, house: Restaurant, here: Connections
) -> None:
    here.key.restaurant = None
    here.key.save()
    client, address = as_(cast.operator), url(house, "webhook_new")
    secret_in(client.post(address, form(client.get(address), here)), SECRET)
    assert Endpoint.objects.exclude(pk=here.endpoint.pk).get().restaurant_id == house.pk
