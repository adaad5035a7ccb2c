"""Who stands at a screen of the house, and what they see it on."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from playwright.sync_api import Page, expect

from accounts.models import User
from core.actors import SYSTEM
from restaurants.models import Membership, Restaurant, Role
from restaurants.people import add_tablet
from staff.presence import COOKIE
from tests.e2e.conftest import OpenVisit, Visit
from tests.factories import make_user

TABLET = {"width": 1024, "height": 768}
WIDE = {"width": 1440, "height": 900}

Open = Callable[..., Visit]
"""Opens a page, of a query, as somebody who may."""


def staff(venue: Restaurant, name: str, role: Role = Role.HOST) -> User:
    """Somebody who works there."""
    user = make_user(f"{name.lower()}@example.com", is_staff=True, full_name=name)
    Membership.objects.create(user=user, restaurant=venue, role=role)
    return user


def at_screen(visit: OpenVisit, user: User, path: str) -> Open:
    """Opens the host stand at ``path``, which has its query, on a tablet."""

    def opened(query: str = "", **options: object) -> Visit:
        window = visit(**({"viewport": TABLET} | options))
        window.sign_in(user)
        window.open(path + query)
        expect(window.page.locator("body.is-scripted")).to_be_visible()
        return window

    return opened


def at_tablet(
    visit: OpenVisit, venue: Restaurant, user: User, path: str, **options: object
) -> Visit:
    """The same on the house's own tablet, where somebody whose PIN is 2580 has just shown it."""
    window = visit(**({"viewport": TABLET} | options))
    token = add_tablet(venue, "Front desk", by=SYSTEM)[1]
    window.page.context.add_cookies([{"name": COOKIE, "value": token, "url": window.site}])
    page = window.open(f"/staff/tablet/{user.public_id}/?next={path}")
    page.get_by_label("PIN").fill("2580")
    page.get_by_role("button", name="Unlock", exact=True).last.click()
    page.wait_for_url(re.compile("/stand/"))
    return window


def pictures(page: Page, name: str) -> None:
    """The page by day and by night, in the folder ``COUVERT_PICTURES``; none if that is not set."""
    folder = os.environ.get("COUVERT_PICTURES")
    if not folder:
        return
    schemes: tuple[Literal["light", "dark"], ...] = ("light", "dark")
    for scheme in schemes:
        page.emulate_media(color_scheme=scheme)
        page.screenshot(path=Path(folder) / f"{name}-{scheme}.png", full_page=True)
