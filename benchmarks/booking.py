"""A guest's way through the pages, for whoever wants to look at each of them in a browser.

Found by what a form sends, not by what it says, so that wording and layout may change.
"""

from __future__ import annotations

from playwright.sync_api import Page

_FIELDS = {
    "name": "Ada Lovelace",
    "email": "ada@example.com",
    "phone": "+12125550142",
}


def hold_a_table(page: Page, venue: str) -> str:
    """Choose the first free time of a restaurant's page; the address of the hold.

    Raises RuntimeError when there is no such time.
    """
    page.goto(venue)
    free = page.locator("input[type=radio][name=time]:not([disabled])")
    if free.count() == 0:
        raise RuntimeError(f"{venue} has no free time")
    free.first.check(force=True)
    page.locator("form[action$='/hold/'] button[type=submit]").first.click()
    page.wait_for_url("**/hold/hold_*/")
    return page.url


def confirm(page: Page) -> str:
    """Fill in the details of the hold that is shown, and book; the address of the confirmation."""
    for name, value in _FIELDS.items():
        field = page.locator(f"#details input[name={name}]")
        if field.count():
            field.first.fill(value)
    card = page.locator("#details input[name=card]")
    if card.count():
        card.first.check(force=True)
    page.locator("[data-confirm]").click()
    page.wait_for_url("**/booked/**")
    return page.url
