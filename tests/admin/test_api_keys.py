"""API keys in the admin: owners' and managers' business, and a secret that is shown once."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import ApiKey
from accounts.services import keys
from core.actors import SYSTEM
from core.models import AuditEntry
from restaurants.models import Restaurant
from tests.admin.conftest import Cast

pytestmark = pytest.mark.django_db

ADD = "admin:accounts_apikey_add"
LIST = "admin:accounts_apikey_changelist"


def _form(house: Restaurant | None, **changes: Any) -> dict[str, Any]:
    return {
        "name": "Website",
        "restaurant": house.pk if house else "",
        "scopes": ["read:table_bookings", "write:table_bookings"],
        "source": "Website",
        "allowed_networks": "192.0.2.7\n",
        "rate_per_hour": "500",
        "expires_at_0": "",
        "expires_at_1": "",
    } | changes


def _shown(page: Any) -> str:
    found = re.search(r"cv_(?:live|test)_[0-9a-f]{16}_[\w-]{43}", page.content.decode())
    assert found is not None
    return found[0]


def test_an_owner_makes_a_key_and_sees_it_once(
    as_: Callable[..., Client], cast: Cast, house: Restaurant
) -> None:
    client = as_(cast.owner)
    page = client.post(reverse(ADD), _form(house))
    text = _shown(page)
    assert "no-store" in page.headers["Cache-Control"]
    key = keys.find_key(text, "192.0.2.7")
    assert (key.name, key.restaurant_id, key.scopes, key.source, key.rate_per_hour) == (
        "Website",
        house.pk,
        ["read:table_bookings", "write:table_bookings"],
        "website",
        500,
    )
    entry = AuditEntry.objects.get(verb="key.created")
    assert (entry.actor_id, entry.restaurant_id) == (cast.owner.public_id, house.pk)
    for url in (reverse(LIST), reverse("admin:accounts_apikey_change", args=[key.pk])):
        assert text.rpartition("_")[2] not in client.get(url).content.decode()


def test_only_owners_and_managers_see_keys_and_only_their_own_houses(
    as_: Callable[..., Client], cast: Cast, house: Restaurant
) -> None:
    everywhere = keys.create_key("Everywhere", by=SYSTEM, scopes=["*"]).key
    own = keys.create_key("Own", by=SYSTEM, restaurant_id=house.pk).key
    for who in (cast.viewer, cast.host):
        assert as_(who).get(reverse(LIST)).status_code == 403
        as_(who).post(reverse(ADD), _form(house))
    assert ApiKey.objects.count() == 2
    for who in (cast.manager, cast.owner):
        page = as_(who).get(reverse(LIST)).content.decode()
        assert "Own" in page
        assert "Everywhere" not in page
    change = reverse("admin:accounts_apikey_change", args=[everywhere.pk])
    assert as_(cast.owner).get(change).status_code == 302
    assert as_(cast.operator).get(change).status_code == 200
    assert own.pk != everywhere.pk


def test_only_the_operator_makes_a_key_for_every_restaurant(
    as_: Callable[..., Client], cast: Cast, house: Restaurant
) -> None:
    assert as_(cast.owner).post(reverse(ADD), _form(None)).status_code == 200
    assert not ApiKey.objects.exists()
    _shown(as_(cast.operator).post(reverse(ADD), _form(None)))
    assert ApiKey.objects.get().restaurant_id is None


@pytest.mark.parametrize(
    "changes",
    [{"allowed_networks": "nowhere"}, {"source": "Open Table!"}, {"rate_per_hour": "0"}],
)
def test_what_cannot_be_is_said_on_the_form(
    as_: Callable[..., Client], cast: Cast, house: Restaurant, changes: dict[str, str]
) -> None:
    page = as_(cast.owner).post(reverse(ADD), _form(house, **changes))
    assert page.status_code == 200
    assert not ApiKey.objects.exists()


def test_rotating_shows_a_new_secret_and_revoking_shuts_all(
    as_: Callable[..., Client], cast: Cast, house: Restaurant
) -> None:
    made = keys.create_key("Own", by=SYSTEM, restaurant_id=house.pk)
    sent = {"_form_submitted": "True"}
    rotate = reverse("admin:accounts_apikey_rotate", args=[made.key.pk])
    as_(cast.charlie).post(rotate, sent)
    as_(cast.host).post(rotate, sent)
    assert made.key.secrets.count() == 1
    text = _shown(as_(cast.owner).post(rotate, sent))
    assert keys.find_key(text, None).pk == keys.find_key(made.text, None).pk
    revoke = reverse("admin:accounts_apikey_revoke", args=[made.key.pk])
    as_(cast.host).post(revoke, sent)
    assert keys.find_key(text, None).pk == made.key.pk
    as_(cast.owner).post(revoke, sent)
    with pytest.raises(keys.KeyInvalid):
        keys.find_key(text, None)
