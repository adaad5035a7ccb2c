"""The websites of a restaurant: one way to write each, and nothing else in the header."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from core.actors import SYSTEM
from core.errors import Invalid
from restaurants import services, sites
from restaurants.models import AllowedSite, PublishableKey, Restaurant
from restaurants.origins import normalised


@pytest.mark.parametrize(
    ("typed", "origin"),
    [
        ("https://www.example.com", "https://www.example.com"),
        (" HTTPS://WWW.Example.com:443/ ", "https://www.example.com"),
        ("https://example.com:8443", "https://example.com:8443"),
        ("https://example.com.", "https://example.com"),
        ("https://café.example", "https://xn--caf-dma.example"),
        ("http://localhost:8080", "http://localhost:8080"),
        ("http://app.localhost", "http://app.localhost"),
        ("http://127.0.0.1:5500/", "http://127.0.0.1:5500"),
        ("http://[::1]:80", "http://[::1]"),
    ],
)
def test_an_origin_is_written_one_way(typed: str, origin: str, bella: Restaurant) -> None:
    assert normalised(typed) == origin
    site = AllowedSite(restaurant=bella, origin=typed)
    site.full_clean()
    site.save()
    assert sites.origins_of(bella.pk) == (origin,)


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "*",
        "https://*.example.com",
        "https://*",
        "http://example.com",
        "http://localhost.evil.example",
        "www.example.com",
        "ftp://example.com",
        "javascript:alert(1)",
        "https://user@example.com",
        "https://example.com/booking",
        "https://example.com?x",
        "https://example.com#x",
        "https://exa mple.com",
        "https://example.com; script-src *",
        "https://example.com 'self'",
        "https://example.com:99999",
        "https://-.example.com",
        "https://" + "a" * 300 + ".example",
        "data:text/html,x",
        "null",
    ],
)
def test_anything_else_is_refused(typed: str, bella: Restaurant) -> None:
    with pytest.raises(Invalid):
        normalised(typed)
    with pytest.raises(ValidationError):
        AllowedSite(restaurant=bella, origin=typed).full_clean()


@pytest.mark.parametrize(
    "origin", ["*", "https://*", "http://example.com", "https://a.example; x", "https://a.example/"]
)
def test_the_database_refuses_what_never_went_through_the_form(
    origin: str, bella: Restaurant
) -> None:
    with pytest.raises(IntegrityError, match="site_plain_origin"), transaction.atomic():
        AllowedSite.objects.create(restaurant=bella, origin=origin)


def test_a_site_is_named_once_per_restaurant(bella: Restaurant) -> None:
    AllowedSite.objects.create(restaurant=bella, origin="https://a.example")
    with pytest.raises(ValidationError):
        AllowedSite(restaurant=bella, origin="https://A.example/").full_clean()
    assert sites.is_site_of(bella.public_id, "https://a.example")
    assert not sites.is_site_of(bella.public_id, "https://b.example")
    assert not sites.is_site_of("rest_other", "https://a.example")


def test_a_key_is_withdrawn_for_good(bella: Restaurant) -> None:
    key = PublishableKey.objects.create(restaurant=bella, name="Website")
    assert key.key.startswith("pk_")
    assert sites.key_state(key.key) == sites.KeyState(bella.public_id, is_revoked=False)
    assert services.revoke_key(key, by=SYSTEM)
    assert not services.revoke_key(key, by=SYSTEM)
    assert sites.key_state(key.key) == sites.KeyState(bella.public_id, is_revoked=True)
    assert sites.key_state("pk_never") is None
