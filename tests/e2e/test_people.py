"""PINs on a shared tablet and codes at the door, in a real browser; axe finds nothing there."""

from __future__ import annotations

import re
from binascii import unhexlify

import pytest
from django_otp.oath import hotp
from playwright.sync_api import Page, expect

from accounts.models import Authenticator, User
from core.actors import SYSTEM
from core.secrets import decrypt
from restaurants.models import Membership, Restaurant, Role
from restaurants.people import set_pin
from tests.e2e.conftest import PHONE, OpenVisit, Visit
from tests.e2e.test_accessibility import violations
from tests.fixtures.domain import Clock

PASSWORD = "correct horse battery staple"
HOUSE = "/staff/r/bella-notte"
_TOO_WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture
def owner(venue: Restaurant) -> User:
    user = User.objects.create_user(
        "olga@example.com", PASSWORD, is_staff=True, full_name="Olga Owner"
    )
    Membership.objects.create(user=user, restaurant=venue, role=Role.OWNER)
    return user


@pytest.fixture
def host(venue: Restaurant) -> Membership:
    user = User.objects.create_user("ines@example.com", None, is_staff=True, full_name="Ines Host")
    row = Membership.objects.create(user=user, restaurant=venue, role=Role.HOST)
    set_pin(row, "2580", by=SYSTEM)
    return row


def sign_in(page: Page) -> None:
    page.get_by_label("E-mail").fill("olga@example.com")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def code_of(user: User, clock: Clock) -> str:
    key = unhexlify(decrypt(Authenticator.objects.get(user=user).secret))
    return f"{hotp(key, int(clock.now.timestamp()) // 30):06d}"


def test_an_evening_at_a_shared_tablet(
    visit: OpenVisit, owner: User, host: Membership, clock: Clock
) -> None:
    window = visit(viewport={"width": 1024, "height": 768})
    page = window.open(f"{HOUSE}/tablets/new/")
    sign_in(page)
    page.get_by_label("Name of the tablet").fill("Front desk")
    page.get_by_role("button", name="Make it the house’s tablet").click()
    page.get_by_role("link", name=re.compile("Ines Host")).click()
    # By the large keys, wrong and then right.
    for digit in "0000":
        page.get_by_role("button", name=digit, exact=True).click()
    page.locator(".keypad__key--go").click()
    expect(page.get_by_role("alert")).to_contain_text("This PIN is wrong.")
    for digit in "2580":
        page.get_by_role("button", name=digit, exact=True).click()
    page.locator(".keypad__key--go").click()
    page.wait_for_url(f"**{HOUSE}/")
    links = page.get_by_label("Restaurant", exact=True).get_by_role("link")
    everyday = ["Today", "Host stand", "Guests", "Reports", "Payments", "Set-up"]
    assert links.all_inner_texts() == everyday
    links.filter(has_text="Payments").click()
    page.get_by_role("button", name="Lock").click()
    expect(page.get_by_role("heading", name="Who are you?")).to_be_visible()
    # Going back shows nothing of the house; unlocking leads to where the last one was.
    page.go_back()
    expect(page.get_by_role("heading", name="Who are you?")).to_be_visible()
    page.get_by_role("link", name=re.compile("Ines Host")).click()
    page.wait_for_url(re.compile("/staff/tablet/user_"))
    page.keyboard.type("2580")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{HOUSE}/payments/")
    forget_refusals(window)


def forget_refusals(window: Visit) -> None:
    """The browser notes each form that was refused."""
    window.complaints[:] = [text for text in window.complaints if "422" not in text]


def test_a_tablet_nobody_touches_empties_its_screen(
    visit: OpenVisit, owner: User, host: Membership, clock: Clock, venue: Restaurant
) -> None:
    window = visit(viewport={"width": 1024, "height": 768})
    window.page.clock.install()
    page = window.open(f"{HOUSE}/tablets/new/")
    sign_in(page)
    page.get_by_label("Name of the tablet").fill("Front desk")
    page.get_by_role("button", name="Make it the house’s tablet").click()
    page.get_by_role("link", name=re.compile("Ines Host")).click()
    page.wait_for_url(re.compile("/staff/tablet/user_"))
    page.keyboard.type("2580")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{HOUSE}/")
    page.clock.fast_forward("04:00")
    page.mouse.click(500, 600)
    page.clock.fast_forward("04:00")
    expect(page.get_by_role("heading", name="Today")).to_be_visible()
    clock.advance(minutes=6)
    page.clock.fast_forward("02:00")
    expect(page.get_by_role("heading", name="Who are you?")).to_be_visible()


def test_a_second_factor_from_the_picture_to_the_door(
    visit: OpenVisit, owner: User, clock: Clock
) -> None:
    window = visit()
    page = window.open("/staff/me/second-factor/")
    sign_in(page)
    expect(page.get_by_role("img", name="QR code for the application")).to_be_visible()
    page.get_by_label("Code", exact=True).fill("000000")
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("alert")).to_contain_text("This code is wrong")
    page.get_by_label("Code", exact=True).fill(code_of(owner, clock))
    page.get_by_role("button", name="Continue").click()
    codes = page.get_by_label("Recovery codes").inner_text().split()
    assert len(codes) == 10
    page.get_by_role("link", name="I have kept them").click()
    clock.advance(seconds=60)
    other = visit().open(f"{HOUSE}/people/")
    sign_in(other)
    expect(other.get_by_role("heading", name="Your code")).to_be_visible()
    other.get_by_label("Code", exact=True).fill(code_of(owner, clock))
    other.get_by_role("button", name="Continue").click()
    expect(other.get_by_role("heading", name="People", exact=True)).to_be_visible()
    third = visit().open("/admin/")
    sign_in(third)
    third.get_by_label("Code", exact=True).fill(codes[0])
    third.get_by_role("button", name="Continue").click()
    third.wait_for_url("**/admin/")
    forget_refusals(window)


@pytest.mark.parametrize("size", [PHONE, {"width": 1024, "height": 768}], ids=["phone", "tablet"])
def test_axe_finds_nothing(
    visit: OpenVisit, owner: User, host: Membership, size: dict[str, int]
) -> None:
    window = visit(viewport=size, reduced_motion="reduce")
    page, found = window.open(f"{HOUSE}/people/"), list[str]()
    sign_in(page)
    page.wait_for_url(f"**{HOUSE}/people/")
    person = f"/people/{host.user.public_id}/"
    for path in (
        *(f"{HOUSE}/people/", f"{HOUSE}/people/new/", f"{HOUSE}{person}"),
        *(f"{HOUSE}{person}remove/", f"{HOUSE}/tablets/", f"{HOUSE}/tablets/new/"),
        *(f"{HOUSE}/tablets/pins/{host.user.public_id}/", f"{HOUSE}/log/"),
        *("/staff/me/", "/staff/me/second-factor/", "/staff/me/password/"),
        "/staff/me/pin/bella-notte/",
    ):
        found += violations(window.open(path))
        assert page.evaluate(_TOO_WIDE) == 0, path
    window.open(f"{HOUSE}/tablets/new/")
    page.get_by_label("Name of the tablet").fill("Front desk")
    page.get_by_role("button", name="Make it the house’s tablet").click()
    page.get_by_role("heading", name="Who are you?").wait_for()
    found += violations(page)
    page.get_by_role("link", name=re.compile("Ines Host")).click()
    found += violations(page)
    assert page.evaluate(_TOO_WIDE) == 0
    page.get_by_label("PIN").fill("2580")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Lock").wait_for()
    found += violations(page)
    assert page.evaluate(_TOO_WIDE) == 0
    assert found == []
