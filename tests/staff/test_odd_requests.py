"""The forms of every page of the staff area with what no browser sends: never a 500.

The walk goes by the table of pages and by the forms that stand on them, so a page or a field that
is added later is looked at too. Each form is sent as it stands there, with one field changed.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from itertools import cycle, islice
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import NoReverseMatch, reverse
from django.views import View

from core.actors import SYSTEM
from restaurants.models import FloorPlan, Restaurant
from restaurants.people import add_tablet
from staff.urls import urlpatterns
from tests.staff.conftest import As, Cast, Connections, Money
from tests.staff.rights import (
    ACCOUNT,
    ANY_STAFF,
    AT_TABLETS,
    BY_PIN_ONLY,
    DECIDERS,
    LED,
    MONEY,
    OPEN,
    SETUP,
    money_url,
    names,
    url_of,
)
from tests.staff.test_setup import pages as setup_pages

pytestmark = pytest.mark.django_db

ODD = (
    "\0",
    "-1",
    "9999-12-31",
    "9" * 18,
    "٣",
    '{"a":' * 50,
    "0001-01-01",
    "x" * 3000,
    "//evil.example/",
)
EACH = 2
"""So many of them for a field; which ones goes round, for there are hundreds of fields."""
PARTS = 4
"""Portions of the pages, that more than one process can take."""
_ELSEWHERE = ("/staff/sign-out/", "/i18n/")


@dataclass
class Form:
    """A form as it stands on a page: where it goes, and what it would send."""

    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)


class Forms(HTMLParser):
    """All forms of a page, with what they hold."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[Form] = []
        self._open: Form | None = None
        self._select = self._area = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._open = Form(said.get("action", ""), said.get("method", "get").lower())
            self.found.append(self._open)
        if self._open is None:
            return
        name, value = said.get("name", ""), said.get("value", "")
        if tag == "select":
            self._select = name
            self._open.fields[name] = ""
        elif tag == "option" and self._select and "selected" in said:
            self._open.fields[self._select] = value
        elif tag == "textarea":
            self._area = name
            self._open.fields[name] = ""
        elif tag in ("input", "button") and name:
            is_off = said.get("type") in ("checkbox", "radio") and "checked" not in said
            self._open.fields.setdefault(name, "" if is_off else value)

    def handle_data(self, data: str) -> None:
        if self._area and self._open is not None:
            self._open.fields[self._area] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._open = None
        elif tag in ("select", "textarea"):
            self._select = self._area = ""


@pytest.fixture
def addresses(house: Restaurant, here: Connections, money: Money, cast: Cast) -> list[str]:
    """Of every page, with something of the house behind it."""
    mine = setup_pages(house)
    tablet = add_tablet(house, "Front desk", by=SYSTEM)[0]
    plan = FloorPlan.objects.create(restaurant=house, name="Winter", weekdays=[0])

    def one(name: str) -> str:
        if name in SETUP:
            return mine[name]
        if name in MONEY:
            return money_url(name, house, money)
        if name in ANY_STAFF:
            return reverse(f"staff:{name}")
        known = [(cast.host.public_id,), (tablet.public_id,), ()]
        if name in DECIDERS or name.startswith(("pin_", "tablet")):
            for more in known if name != "tablet_revoke" else known[1:]:
                try:
                    return reverse(f"staff:{name}", args=[house.slug, *more])
                except NoReverseMatch:
                    continue
        if name in ("log", "log_csv", "stand_new", "stand_where", "stand_do", "stand_undo"):
            return reverse(f"staff:{name}", args=[house.slug])
        return url_of(name, house, here)

    apart = OPEN | AT_TABLETS | BY_PIN_ONLY | LED | ACCOUNT
    found = [one(name) for name in sorted(set(names(urlpatterns)) - apart)]
    table = house.tables.order_by("pk")[0].public_id
    parts = [("plan", plan.public_id), ("spot", f"{plan.public_id}~{table}")]
    parts += [(kind, "new") for kind in ("room", "table", "combination", "fixture", "plan")]
    return found + [reverse("staff:setup_floor_part", args=[house.slug, *part]) for part in parts]


def forms_at(client: Client, address: str) -> Iterator[Form]:
    """The forms of a page, each with the address it goes to; of no page an empty one."""
    page: Any = client.get(address)
    is_page = page.status_code == 200 and "html" in page.headers["Content-Type"]
    for form in Forms(page.content.decode()).found if is_page else [Form("", "post")]:
        form.action = form.action if form.action.startswith("/") else address
        if form.method in ("get", "post") and not form.action.startswith(_ELSEWHERE):
            yield form


def send(client: Client, form: Form, changed: dict[str, str]) -> None:
    """Send it, insist on an answer, and take back what it did."""
    with transaction.atomic():
        answer = getattr(client, form.method)(form.action, form.fields | changed)
        transaction.set_rollback(True)
    told = (form.method, form.action, {name: value[:40] for name, value in changed.items()})
    assert answer.status_code < 500, told


@pytest.mark.parametrize("part", range(PARTS))
def test_odd_values_are_answered(
    part: int, addresses: list[str], as_: As, cast: Cast, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL)
    odd, sent = cycle(ODD), 0
    client = as_(cast.owner)
    client.raise_request_exception = False
    for address in addresses[part::PARTS]:
        for form in forms_at(client, address):
            send(client, form, {})
            for name in form.fields:
                for value in islice(odd, EACH):
                    # Some of these sign everybody out.
                    client.force_login(cast.owner)
                    send(client, form, {name: value})
                    sent += 1
    assert sent > 100


def test_the_walk_would_see_it(
    addresses: list[str], as_: As, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: there is something at every address, and a page that fails is found."""
    client = as_(cast.owner)
    client.raise_request_exception = False
    assert {client.get(address).status_code for address in addresses} <= {200, 302, 404, 405}
    form = next(forms_at(client, addresses[-1]))
    monkeypatch.setattr(View, "dispatch", lambda *_args, **_more: 1 / 0)
    with pytest.raises(AssertionError):
        send(client, form, {})
