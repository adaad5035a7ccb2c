"""A service goes only as it was when its removal was asked."""

from __future__ import annotations

from typing import Any

import pytest

from restaurants.models import DiningService, Offer, Restaurant
from tests.factories import make_service
from tests.staff.conftest import As, Cast
from tests.staff.test_setup import service_fields, service_of, text_of, url
from tests.staff.test_setup_stale import opened, sent_again, told

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("page_of", "sent"),
    [
        ("services/{}/", service_fields(name="Supper")),
        ("services/{}/pacing/", {"usual-slot_covers": "8"}),
        ("turns/?service={}", {"up_to_0": "2", "minutes_0": "75"}),
    ],
)
def test_a_service_that_was_changed_is_not_removed_unseen(
    page_of: str, sent: dict[str, Any], as_: As, cast: Cast, house: Restaurant
) -> None:
    service, first, second = service_of(house), as_(cast.manager), as_(cast.owner)
    address = url(house, "setup") + page_of.format(service.public_id)
    remove = url(house, "setup_service_remove", service.public_id)
    saw = opened(first, remove)
    assert second.post(address, {**sent, **opened(second, address)}).status_code == 302
    page = first.post(remove, saw)
    assert told(page).startswith(f"{cast.owner.called} has saved this at ")
    assert f"Remove “{service_of(house).name}”?" in text_of(page)
    # They have seen it now.
    assert first.post(remove, sent_again(page)).status_code == 302
    assert not DiningService.objects.filter(pk=service.pk).exists()


def test_a_service_is_not_removed_by_who_was_not_asked(
    as_: As, cast: Cast, house: Restaurant
) -> None:
    remove = url(house, "setup_service_remove", service_of(house).public_id)
    assert as_(cast.manager).post(remove).status_code == 409
    assert DiningService.objects.filter(restaurant=house).exists()


@pytest.mark.parametrize("is_active", [True, False])
def test_the_last_service_of_an_offer_is_kept(
    is_active: bool, as_: As, cast: Cast, house: Restaurant
) -> None:
    """An offer without a service holds in all of them."""
    usual = service_of(house)
    brunch = make_service(house, name="Brunch")
    offer = Offer.objects.create(restaurant=house, name="Oysters", is_active=is_active)
    offer.services.set([brunch])
    client = as_(cast.manager)
    remove = url(house, "setup_service_remove", brunch.public_id)
    page = client.post(remove, opened(client, remove), follow=True)
    assert "Without this service “Oysters” would have none left" in text_of(page)
    assert list(offer.services.all()) == [brunch]
    offer.services.add(usual)
    assert client.post(remove, opened(client, remove)).status_code == 302
    assert list(offer.services.all()) == [usual]
