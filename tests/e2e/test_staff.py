"""A manager's walk through the staff area, by mouse and keyboard; axe finds nothing there."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import Page, expect

from accounts.models import ApiKey, User
from core.actors import SYSTEM
from reservations.services.source_secrets import create_source_secret
from restaurants.models import Membership, Restaurant, Role
from tests.e2e.conftest import PHONE, OpenVisit, Visit
from tests.e2e.test_accessibility import violations
from tests.factories import make_bella
from webhooks.models import Delivery, Endpoint
from webhooks.services.endpoints import create_endpoint, send_test

PASSWORD = "correct horse battery staple"


@pytest.fixture
def manager(venue: Restaurant) -> User:
    """Manages Bella Notte and works at the door of another house."""
    user = User.objects.create_user(
        "mia@example.com", PASSWORD, is_staff=True, full_name="Mia Rossi"
    )
    Membership.objects.create(user=user, restaurant=venue, role=Role.MANAGER)
    other = make_bella(tables=1, slug="maison", name="Maison Allo", zone="Europe/Paris")
    Membership.objects.create(user=user, restaurant=other, role=Role.HOST)
    return user


def sign_in(window: Visit, path: str) -> Page:
    page = window.open(path)
    page.get_by_label("E-mail").fill("mia@example.com")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"**{path}")
    return page


def test_a_key_from_the_door_to_its_end(visit: OpenVisit, manager: User) -> None:
    window = visit()
    page = sign_in(window, "/staff/")
    page.get_by_role("link", name="Bella Notte").click()
    expect(page.get_by_text("Nobody else is expected today.")).to_be_visible()
    page.get_by_label("More of this restaurant").first.click()
    page.get_by_role("navigation").get_by_role("link", name="API keys").click()
    page.get_by_role("link", name="New key").click()
    page.get_by_label("Name", exact=True).fill("Website")
    page.get_by_label("See table bookings and free times").check()
    page.get_by_role("button", name="Make the key").dblclick()
    secret = page.get_by_label("The secret").inner_text()
    assert re.fullmatch(r"cv_live_[0-9a-f]{16}_[\w-]{43}", secret)
    assert secret not in page.url
    page.get_by_role("link", name="I have copied it").click()
    assert secret not in page.content()
    assert ApiKey.objects.count() == 1
    # Not even the browser has it any more, and asking again would be sending again.
    with pytest.raises(PlaywrightError, match="ERR_CACHE_MISS"):
        page.go_back()
    page.wait_for_url("chrome-error://**")
    page.goto(f"{window.site}/staff/keys/")
    page.get_by_role("link", name="Website").click()
    page.get_by_role("link", name="Revoke").click()
    page.get_by_role("button", name="Revoke the key").click()
    expect(page.get_by_text("The key “Website” is revoked.")).to_be_visible()
    page.get_by_text("Maison Allo").first.wait_for(state="attached")


def test_the_menus_by_keyboard(visit: OpenVisit, manager: User) -> None:
    page = sign_in(visit(), "/staff/r/bella-notte/")
    switcher = page.locator("summary", has_text="Bella Notte")
    switcher.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Maison Allo")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("link", name="Maison Allo")).not_to_be_visible()
    expect(switcher).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**/staff/r/maison/")
    # A host at this one: no keys, no webhooks; payments to look up.
    links = page.get_by_label("Restaurant", exact=True).get_by_role("link")
    assert links.all_inner_texts() == [
        "Today",
        "Host stand",
        "Guests",
        "Reports",
        "Payments",
        "Set-up",
    ]
    page.locator("summary[aria-label='My account']").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_text("You are signed out.")).to_be_visible()


@pytest.mark.parametrize("size", [PHONE, {"width": 1024, "height": 768}], ids=["phone", "tablet"])
def test_axe_finds_nothing(
    visit: OpenVisit, manager: User, venue: Restaurant, size: dict[str, int]
) -> None:
    window = visit(viewport=size, reduced_motion="reduce")
    page = window.open("/staff/")
    found = violations(page)
    page = sign_in(window, "/staff/")
    found += violations(page)
    house = "/staff/r/bella-notte"
    for path in ("/", "/keys/", "/webhooks/", "/webhooks/new/", "/sources/"):
        found += violations(window.open(house + path))
    window.open(f"{house}/keys/new/")
    page.get_by_label("Name", exact=True).fill("Website")
    page.get_by_label("All of the above").check()
    found += violations(page)
    page.get_by_role("button", name="Make the key").click()
    page.get_by_label("The secret").wait_for()
    found += violations(page)
    key = ApiKey.objects.get()
    endpoint = connections(venue, key)
    paths = [
        "/",
        "/keys/",
        f"/keys/{key.public_id}/",
        f"/keys/{key.public_id}/rotate/",
        f"/keys/{key.public_id}/revoke/",
        "/webhooks/",
        "/webhooks/new/",
        f"/webhooks/{endpoint.public_id}/",
        f"/webhooks/{endpoint.public_id}/change/",
        f"/webhooks/{endpoint.public_id}/deliveries/{endpoint.deliveries.all()[0].public_id}/",
        "/sources/",
        "/sources/new/",
    ]
    for path in paths:
        found += violations(window.open(house + path))
        assert page.evaluate(_TOO_WIDE) == 0, path
    for menu in page.locator(".menu__button").all():
        menu.click()
        found += violations(page)
    assert found == []


_TOO_WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


def connections(venue: Restaurant, key: ApiKey) -> Endpoint:
    """An endpoint with a dead letter, and a source's secret."""
    endpoint = create_endpoint(
        key,
        url="https://partner.example/couvert/with/a/rather/long/address/indeed",
        events=["*"],
        contact_email="ops@partner.example",
        by=SYSTEM,
    ).endpoint
    send_test(endpoint, by=SYSTEM)
    Delivery.objects.update(status=Delivery.Status.DEAD, last_error="It answered 500.")
    create_source_secret(venue, "opentable", by=SYSTEM)
    return endpoint
