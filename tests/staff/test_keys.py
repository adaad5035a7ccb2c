"""API keys on the staff pages: shown once, made once, rotated with an overlap, revoked."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.core.exceptions import ObjectDoesNotExist
from django.test import Client
from django.urls import reverse

from accounts.models import ApiKey
from accounts.scopes import SCOPES
from accounts.services import keys
from core.actors import SYSTEM
from core.models import AuditEntry
from restaurants.models import Restaurant
from staff import wording
from tests.fixtures.domain import Clock
from tests.staff.conftest import As, Cast, once_of, secret_in

pytestmark = pytest.mark.django_db

KEY = r"cv_(?:live|test)_[0-9a-f]{16}_[\w-]{43}"


def url(house: Restaurant, name: str, *args: str) -> str:
    return reverse(f"staff:{name}", args=[house.slug, *args])


def form(page: Any, **changes: Any) -> dict[str, Any]:
    return {
        "once": once_of(page),
        "name": "Website",
        "scopes": ["write:table_bookings", "read:table_bookings"],
        "source": "Website",
        "allowed_networks": "192.0.2.7\r\n\r\n198.51.100.0/24",
        "rate_per_hour": "500",
        "last_day": "2025-12-24",
    } | changes


def make(client: Client, house: Restaurant, **changes: Any) -> Any:
    address = url(house, "key_new")
    return client.post(address, form(client.get(address), **changes))


def test_every_scope_is_explained_once() -> None:
    assert sorted(name for group in wording.SCOPES.values() for name in group) == sorted(SCOPES)


def test_a_key_is_made_by_the_service_and_shown_once(
    as_: As, cast: Cast, house: Restaurant, clock: Clock
) -> None:
    client = as_(cast.owner)
    page = make(client, house)
    text = secret_in(page, KEY)
    assert (page.status_code, "no-store" in page.headers["Cache-Control"]) == (200, True)
    key = ApiKey.objects.get()
    assert keys.find_key(text, "192.0.2.7").pk == key.pk
    assert (key.name, key.restaurant_id, key.scopes, key.source, key.rate_per_hour) == (
        "Website",
        house.pk,
        ["read:table_bookings", "write:table_bookings"],
        "website",
        500,
    )
    assert key.allowed_networks == ["192.0.2.7/32", "198.51.100.0/24"]
    # The whole of Christmas Eve in New York.
    assert key.expires_at == dt.datetime(2025, 12, 25, 5, tzinfo=dt.UTC)
    assert key.created_by == cast.owner.full_name
    entry = AuditEntry.objects.get(verb="key.created")
    assert (entry.actor_id, entry.restaurant_id) == (cast.owner.public_id, house.pk)
    secret = text.rpartition("_")[2]
    assert secret not in str(dict(client.session)) + page.request["PATH_INFO"] + str(entry.data)
    for name, *args in (("keys",), ("key", key.public_id)):
        assert secret not in client.get(url(house, name, *args)).content.decode()


def test_a_form_sent_twice_makes_one_key(as_: As, cast: Cast, house: Restaurant) -> None:
    client, address = as_(cast.owner), url(house, "key_new")
    sent = form(client.get(address))
    secret_in(client.post(address, sent), KEY)
    again = client.post(address, sent, follow=True)
    assert again.redirect_chain == [(url(house, "keys"), 302)]
    assert "This form was sent before" in again.content.decode()
    assert ApiKey.objects.count() == 1
    # And without its mark it makes none.
    client.post(address, {**sent, "once": ""})
    assert ApiKey.objects.count() == 1


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"name": " "}, "Give the key a name"),
        ({"allowed_networks": "nowhere"}, "nowhere is no address"),
        ({"source": "Open Table!"}, "Small letters, digits"),
        ({"rate_per_hour": "0"}, "greater than or equal to 1"),
        ({"last_day": "2025-11-09"}, "That day is over"),
        ({"last_day": "9999-12-31"}, "of this century"),
        ({"scopes": ["read:everything"]}, "read:everything"),
        ({"name": "Web\0site"}, "Null characters"),
    ],
)
def test_what_cannot_be_is_said_beside_its_field(
    as_: As, cast: Cast, house: Restaurant, changes: dict[str, Any], said: str
) -> None:
    page = make(as_(cast.owner), house, **changes)
    assert page.status_code == 422
    assert said in page.content.decode()
    assert not ApiKey.objects.exists()


def test_a_form_that_was_refused_can_be_sent_again(as_: As, cast: Cast, house: Restaurant) -> None:
    client = as_(cast.owner)
    refused = make(client, house, source="Open Table!")
    assert refused.status_code == 422
    assert not ApiKey.objects.exists()
    page = client.post(url(house, "key_new"), form(refused))
    key = ApiKey.objects.get()
    assert keys.find_key(secret_in(page, KEY), "192.0.2.7").pk == key.pk


def test_only_the_operator_makes_and_sees_keys_for_every_restaurant(
    as_: As, cast: Cast, house: Restaurant
) -> None:
    make(as_(cast.owner), house, works_for="everywhere")
    assert ApiKey.objects.get().restaurant_id == house.pk
    page = make(as_(cast.operator), house, works_for="everywhere", name="Everywhere")
    secret_in(page, KEY)
    everywhere = ApiKey.objects.get(name="Everywhere")
    assert everywhere.restaurant_id is None
    listed = as_(cast.owner).get(url(house, "keys")).content.decode()
    assert ("Website" in listed, "Everywhere" in listed) == (True, False)
    assert as_(cast.owner).get(url(house, "key", everywhere.public_id)).status_code == 404
    assert as_(cast.operator).get(url(house, "key", everywhere.public_id)).status_code == 200


@pytest.mark.parametrize(("hours", "old_works"), [("0", False), ("24", True)])
def test_rotating_shows_a_new_secret_beside_the_old_one(
    as_: As, cast: Cast, house: Restaurant, clock: Clock, hours: str, old_works: bool
) -> None:
    made = keys.create_key("Own", by=SYSTEM, restaurant_id=house.pk)
    client, address = as_(cast.manager), url(house, "key_rotate", made.key.public_id)
    sent = {"once": once_of(client.get(address)), "hours": hours}
    text = secret_in(client.post(address, sent), KEY)
    assert keys.find_key(text, None).pk == made.key.pk
    assert works(made.text) is old_works
    clock.advance(hours=25)
    assert (works(text), works(made.text)) == (True, False)
    # Reloading the page with the secret rotates nothing more.
    client.post(address, sent)
    assert works(text)
    assert made.key.secrets.count() == 2


def works(text: str) -> bool:
    try:
        keys.find_key(text, None)
    except keys.KeyInvalid:
        return False
    return True


def test_revoking_asks_first_and_shuts_at_once(as_: As, cast: Cast, house: Restaurant) -> None:
    made = keys.create_key("Own", by=SYSTEM, restaurant_id=house.pk)
    client, address = as_(cast.owner), url(house, "key_revoke", made.key.public_id)
    assert "Revoke “Own”?" in client.get(address).content.decode()
    assert works(made.text)
    for _ in range(2):
        page = client.post(address, follow=True)
    assert "is revoked" in page.content.decode()
    assert not works(made.text)
    entry = AuditEntry.objects.get(verb="key.revoked")
    assert entry.actor_id == cast.owner.public_id
    rotate = url(house, "key_rotate", made.key.public_id)
    sent = {"once": once_of(client.get(rotate)), "hours": "24"}
    assert client.post(rotate, sent).status_code == 422


def test_a_long_list_takes_as_many_queries_as_a_short_one(
    as_: As, cast: Cast, house: Restaurant, django_assert_num_queries: Any
) -> None:
    client = as_(cast.owner)
    for number in range(3):
        keys.create_key(f"Key {number}", by=SYSTEM, restaurant_id=house.pk)
    client.get(url(house, "keys"))
    # Session, person, memberships, house, keys, secrets, and the houses of the switcher.
    with django_assert_num_queries(7):
        client.get(url(house, "keys"))
    for number in range(20):
        keys.create_key(f"Key {number}", by=SYSTEM, restaurant_id=house.pk)
    with django_assert_num_queries(7):
        client.get(url(house, "keys"))


def test_the_short_address_leads_to_the_house_looked_at_last(
    as_: As, cast: Cast, house: Restaurant, elsewhere: Restaurant
) -> None:
    client = as_(cast.operator)
    for venue in (elsewhere, house):
        client.get(url(venue, "house"))
        assert client.get("/staff/keys/").headers["Location"] == url(venue, "keys")
    house.slug = "moved"
    house.save()
    assert client.get("/staff/keys/").status_code == 302
    with pytest.raises(ObjectDoesNotExist):
        Restaurant.objects.get(slug="bella")
