"""Webhooks in the admin: the owners' business; a secret shown once; trying and sending again."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import ApiKey
from accounts.services.keys import create_key
from core.actors import SYSTEM
from core.models import AuditEntry
from core.secrets import decrypt
from restaurants.models import Restaurant
from tests.admin.conftest import Cast
from webhooks.models import Delivery, Endpoint
from webhooks.services.endpoints import create_endpoint, send_test

pytestmark = pytest.mark.django_db

ADD = "admin:webhooks_endpoint_add"
LIST = "admin:webhooks_endpoint_changelist"
SUBMITTED = {"_form_submitted": "True"}
LOG = "admin:webhooks_delivery_changelist"


@pytest.fixture
def key(house: Restaurant) -> ApiKey:
    return create_key("Partner", by=SYSTEM, scopes=["*"], restaurant_id=house.pk).key


def make(key: ApiKey) -> Endpoint:
    return create_endpoint(
        key,
        url="https://partner.example/hook",
        events=["*"],
        contact_email="ops@partner.example",
        by=SYSTEM,
    ).endpoint


def form(key: ApiKey, **changes: Any) -> dict[str, Any]:
    return {
        "key": key.pk,
        "restaurant": "",
        "url": "https://partner.example/hook",
        "events": "reservation.created, payment.*",
        "contact_email": "ops@partner.example",
        "description": "",
    } | changes


def change(row: Endpoint) -> str:
    return reverse("admin:webhooks_endpoint_change", args=[row.pk])


def act(client: Client, what: str, pk: int) -> Any:
    """Press a button of the endpoint's page, in its dialog."""
    return client.post(reverse(f"admin:webhooks_endpoint_{what}", args=[pk]), SUBMITTED)


def shown(page: Any) -> str:
    found = re.search(r"whsec_[A-Za-z0-9+/]+=*", page.content.decode().replace("&#x2B;", "+"))
    assert found is not None, page.content.decode()[:2000]
    return found[0]


def test_an_owner_makes_an_endpoint_and_sees_its_secret_once(
    as_: Callable[..., Client], cast: Cast, key: ApiKey
) -> None:
    client = as_(cast.owner)
    page = client.post(reverse(ADD), form(key))
    row = Endpoint.objects.get()
    assert shown(page) == decrypt(row.secrets.get().secret)
    assert "no-store" in page.headers["Cache-Control"]
    assert (row.events, row.key_id) == (["reservation.created", "payment.*"], key.pk)
    assert AuditEntry.objects.get(verb="webhook.created").actor_id == cast.owner.public_id
    for url in (reverse(LIST), change(row)):
        assert "whsec_" not in client.get(url).content.decode()


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("url", "http://partner.example/", "begins with https"),
        ("url", "https://169.254.169.254/", "private, local or reserved"),
        ("events", "reservation.made", "There is no event reservation.made"),
        ("contact_email", "nobody", "valid email"),
    ],
)
def test_what_cannot_be_is_said_beside_its_field(
    as_: Callable[..., Client], cast: Cast, key: ApiKey, field: str, value: str, sentence: str
) -> None:
    page = as_(cast.owner).post(reverse(ADD), form(key, **{field: value}))
    assert page.status_code == 200
    assert sentence in " ".join(page.context["adminform"].form.errors[field])
    assert Endpoint.objects.count() == 0


def test_only_owners_and_managers_see_endpoints_and_only_of_their_own_houses(
    as_: Callable[..., Client], cast: Cast, key: ApiKey
) -> None:
    own = make(key)
    everywhere = make(create_key("Everywhere", by=SYSTEM, scopes=["*"]).key)
    sent = send_test(everywhere, by=SYSTEM)
    for who in (cast.viewer, cast.host):
        assert as_(who).get(reverse(LIST)).status_code == 403
        assert as_(who).get(reverse(LOG)).status_code == 403
        assert act(as_(who), "remove", own.pk).status_code in (302, 403)
    for who in (cast.manager, cast.owner):
        client = as_(who)
        rows = client.get(reverse(LIST)).context["cl"].result_list
        assert [row.pk for row in rows] == [own.pk]
    assert client.get(change(everywhere)).status_code == 302
    assert [*client.get(reverse(LOG)).context["cl"].result_list] == []
    for what in ("remove", "switch", "rotate", "send_test", "replay_dead"):
        act(client, what, everywhere.pk)
    everywhere.refresh_from_db()
    assert (everywhere.removed_at, everywhere.status) == (None, "active")
    assert everywhere.secrets.count() == 1
    assert Delivery.objects.get() == sent
    assert as_(cast.operator).get(change(everywhere)).status_code == 200


def test_a_key_of_another_house_cannot_be_chosen(
    as_: Callable[..., Client], cast: Cast, key: ApiKey
) -> None:
    other = create_key("Everywhere", by=SYSTEM, scopes=["*"]).key
    page = as_(cast.owner).post(reverse(ADD), form(other))
    assert "key" in page.context["adminform"].form.errors
    assert Endpoint.objects.count() == 0


def test_buttons_do_what_they_say(as_: Callable[..., Client], cast: Cast, key: ApiKey) -> None:
    row, client = make(key), as_(cast.owner)
    answer = client.get(reverse("admin:webhooks_endpoint_send_test", args=[row.pk]))
    sent = Delivery.objects.get()
    assert answer.headers["Location"].endswith(f"/{sent.pk}/change/")
    page = client.get(answer.headers["Location"]).content.decode()
    assert "webhook.test" in page
    assert sent.event.public_id in page

    act(client, "switch", row.pk)
    row.refresh_from_db()
    assert row.status == Endpoint.Status.PAUSED
    sent.refresh_from_db()
    assert sent.status == Delivery.Status.DEAD

    act(client, "switch", row.pk)
    act(client, "replay_dead", row.pk)
    sent.refresh_from_db()
    assert sent.status == Delivery.Status.QUEUED

    old = decrypt(row.secrets.get().secret)
    new = shown(act(client, "rotate", row.pk))
    assert new != old
    assert {decrypt(each.secret) for each in row.secrets.all()} == {old, new}

    act(client, "remove", row.pk)
    row.refresh_from_db()
    assert row.removed_at is not None
    assert [*client.get(reverse(LIST)).context["cl"].result_list] == []


def test_a_change_is_the_owners_in_the_trail(
    as_: Callable[..., Client], cast: Cast, key: ApiKey
) -> None:
    row = make(key)
    changed = form(key, url="https://partner.example/new", events="*")
    assert as_(cast.owner).post(change(row), changed).status_code == 302
    row.refresh_from_db()
    assert row.url == "https://partner.example/new"
    entry = AuditEntry.objects.get(verb="webhook.changed")
    told = {"url": "https://partner.example/new", "fields": ["url"]}
    assert (entry.data, entry.actor_id) == (told, cast.owner.public_id)


def test_a_delivery_is_sent_again_from_its_page_and_from_the_list(
    as_: Callable[..., Client], cast: Cast, key: ApiKey
) -> None:
    row, client = make(key), as_(cast.owner)
    first, second = send_test(row, by=SYSTEM), send_test(row, by=SYSTEM)
    Delivery.objects.update(status=Delivery.Status.DEAD, attempts=11)
    client.post(reverse("admin:webhooks_delivery_replay", args=[first.pk]), SUBMITTED)
    first.refresh_from_db()
    assert (first.status, first.attempts) == ("queued", 0)
    client.post(reverse(LOG), {"action": "replay_selected", "_selected_action": [str(second.pk)]})
    second.refresh_from_db()
    assert second.status == "queued"
