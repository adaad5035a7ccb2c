"""The page that shows how a website gets the booking, and withdrawing a key."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from core.models import AuditEntry
from restaurants import sites
from restaurants.models import AllowedSite, PublishableKey, Restaurant
from tests.admin.conftest import Cast

pytestmark = pytest.mark.django_db


def test_the_people_of_the_house_find_the_snippet_and_a_preview(
    as_: Callable[..., Client], cast: Cast, house: Restaurant
) -> None:
    site = AllowedSite.objects.create(restaurant=house, origin="https://bella.example")
    key = PublishableKey.objects.create(restaurant=house, name="Website")
    url = reverse("admin:restaurants_allowedsite_test", args=[site.pk])
    script = sites.script()
    assert script is not None
    page = as_(cast.manager).get(url).content.decode()
    for text in (
        f"http://testserver/r/{house.slug}/",
        script.integrity,
        f'data-venue="{house.slug}"',
        key.key,
    ):
        assert text in page, text
    assert as_(cast.viewer).get(url).status_code == 200
    assert as_(cast.charlie).get(url).status_code == 404
    assert Client().get(url).status_code == 302


def test_a_manager_withdraws_a_key_and_nobody_else(
    as_: Callable[..., Client], cast: Cast, house: Restaurant
) -> None:
    key = PublishableKey.objects.create(restaurant=house, name="Website")
    url = reverse("admin:restaurants_publishablekey_revoke", args=[key.pk])
    for who in (cast.viewer, cast.host, cast.charlie):
        as_(who).post(url, {"_form_submitted": "True"})
        assert PublishableKey.objects.get().revoked_at is None
    as_(cast.manager).post(url, {"_form_submitted": "True"})
    assert PublishableKey.objects.get().revoked_at is not None
    entry = AuditEntry.objects.get(verb="publishablekey.revoked")
    assert entry.actor_id == cast.manager.public_id


def test_an_origin_is_tidied_by_the_form(
    as_: Callable[..., Client], cast: Cast, house: Restaurant
) -> None:
    client = as_(cast.manager)
    add = reverse("admin:restaurants_allowedsite_add")
    client.post(add, {"restaurant": house.pk, "origin": "HTTPS://Www.Bella.example/"})
    assert AllowedSite.objects.get().origin == "https://www.bella.example"
    page = client.post(add, {"restaurant": house.pk, "origin": "https://*.bella.example"})
    assert "wildcards are not accepted" in page.content.decode()
    assert AllowedSite.objects.count() == 1
