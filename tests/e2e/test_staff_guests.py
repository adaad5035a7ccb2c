"""A manager among guests, reports and the sheet of an evening; pictures where asked for."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from playwright.sync_api import Page, expect

from accounts.models import User
from core.actors import SYSTEM
from customers.models import Customer, GuestTag
from customers.services.notes import add_note
from reservations.models import VisitBill
from restaurants.models import Membership, Restaurant, Role
from tests.e2e.conftest import OpenVisit, Visit
from tests.e2e.people import pictures
from tests.e2e.test_accessibility import violations
from tests.reservations.test_reports import book

PASSWORD = "correct horse battery staple"
HOUSE = "/staff/r/bella-notte"
SIZES = {360: 740, 1024: 768, 1440: 900}
"""A folder: then every page is kept there as a picture."""
FRIDAY = dt.date(2025, 11, 7)


@pytest.fixture
def guest(venue: Restaurant) -> Customer:
    """A guest with a past, in a house with an owner and a book of four weeks."""
    user = User.objects.create_user("mia@example.com", PASSWORD, is_staff=True, full_name="Mia")
    Membership.objects.create(user=user, restaurant=venue, role=Role.OWNER)
    Restaurant.objects.filter(pk=venue.pk).update(average_spend=Decimal(40))
    venue.services.update(name="Dinner")
    group = venue.organization
    GuestTag.objects.create(organization=group, name="Wine lover", category="Tastes", colour="plum")
    guest = Customer.objects.create(
        organization=group,
        name="Maximiliane von Hohenstein-Wolfenbüttel",
        phone="+12125550123",
        email="maximiliane.von.hohenstein@example.com",
        tags=["Wine lover", "A tag nobody described"],
        allergies=["nuts", "crustaceans"],
        is_vip=True,
        birthday="11-09",
    )
    Customer.objects.create(organization=group, name="Max Hohenstein", phone="+12125550166")
    add_note(guest, "Likes the bench, with the wall behind.", by=SYSTEM, pin=True)
    for day in range(28):
        date = FRIDAY - dt.timedelta(days=day)
        for time, size, status in (("19:00", 2, "completed"), ("20:30", 6, "completed")):
            row = book(venue, date, time, size, status, sat=(3, 110), table="1", customer=guest)
            VisitBill.objects.create(reservation=row, total=Decimal(100), at=row.ends_at)
        book(venue, date, "21:00", 4, "no_show" if day % 9 == 0 else "cancelled", customer=guest)
    return guest


def sign_in(window: Visit) -> Page:
    page = window.open(f"{HOUSE}/guests/")
    page.get_by_label("E-mail").fill("mia@example.com")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"**{HOUSE}/guests/")
    return page


def test_two_records_become_one_and_two_again(visit: OpenVisit, guest: Customer) -> None:
    page = sign_in(visit())
    page.get_by_label("Name, telephone or e-mail").fill("wolfenb")
    page.get_by_role("button", name="Find").click()
    page.get_by_role("link", name="Maximiliane").click()
    page.get_by_label("New note").fill("Came with a dog.")
    page.get_by_role("button", name="Add the note").dblclick()
    expect(page.get_by_text("Came with a dog.").first).to_be_visible()
    assert guest.guest_notes.count() == 2
    page.get_by_role("link", name="Merge with another record").click()
    page.get_by_label("Name, telephone or e-mail").fill("555 0166")
    page.get_by_role("button", name="Find").click()
    page.get_by_role("link", name="Max Hohenstein").click()
    expect(page.get_by_role("heading", name="Make these two one?")).to_be_visible()
    page.get_by_role("button", name="Merge").click()
    expect(page.get_by_text("The two records are one.")).to_be_visible()
    page.get_by_role("link", name="Undo").click()
    page.get_by_role("button", name="Make two records again").click()
    expect(page.get_by_role("heading", name="Max Hohenstein")).to_be_visible()
    assert Customer.objects.filter(merged_into=None).count() == 2


@pytest.mark.parametrize("width", sorted(SIZES))
def test_axe_finds_nothing_and_nothing_is_too_wide(
    visit: OpenVisit, guest: Customer, width: int
) -> None:
    size = {"width": width, "height": SIZES[width]}
    window = visit(viewport=size, reduced_motion="reduce")
    page = sign_in(window)
    profile = f"/guests/{guest.public_id}/"
    other = Customer.objects.get(name="Max Hohenstein").public_id
    tag = GuestTag.objects.get().public_id
    dates = f"?first={FRIDAY - dt.timedelta(days=27)}&last={FRIDAY}"
    paths = {
        "guests": "/guests/",
        "guests-nobody": "/guests/?q=nobody",
        "guest": profile,
        "guest-edit": f"{profile}edit/",
        "guest-consent": f"{profile}consent/sms/",
        "guest-merge": f"{profile}merge/?q=max",
        "guest-preview": f"{profile}merge/?with={other}",
        "guest-erase": f"{profile}erase/",
        "guest-tags": "/guests/tags/",
        "guest-tag": f"/guests/tags/{tag}/",
        **{
            f"report-{name}": f"/reports/{name}/{dates}"
            for name in (
                *("covers", "attendance", "turns", "occupancy", "lead", "sources", "yields"),
            )
        },
        "report-empty": "/reports/covers/?first=2024-01-01&last=2024-01-02",
        "sheet": f"/sheet/{FRIDAY}/",
        "sheet-after": f"/sheet/{FRIDAY}/after/",
    }
    found = []
    for name, path in paths.items():
        window.open(HOUSE + path)
        page.evaluate(_UNFOLD)
        found += violations(page)
        found += [(path, "too wide")] * (page.evaluate(_TOO_WIDE) > 0)
        pictures(page, f"{name}-{width}")
    assert found == []


def test_the_sheet_prints_on_a4(visit: OpenVisit, guest: Customer) -> None:
    window = visit()
    page = sign_in(window)
    window.open(f"{HOUSE}/sheet/{FRIDAY}/")
    page.emulate_media(media="print")
    for hidden in (".bar", ".tabs", ".sheet-nav", "[data-print]"):
        assert not page.locator(hidden).first.is_visible(), hidden
    page.set_viewport_size({"width": 703, "height": 1000})
    assert page.evaluate(_TOO_WIDE) == 0


_UNFOLD = "for (const fold of document.querySelectorAll('main details')) fold.open = true"
_TOO_WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
