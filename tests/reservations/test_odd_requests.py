"""Every address of the guest pages with what no browser sends: a sentence, a redirect, never a 500.

The walk goes by the URL map, so a page that is added later is looked at too.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from decimal import Decimal
from typing import Any
from urllib.parse import quote

import pytest
from django.conf import LazySettings
from django.http.request import QueryDict
from django.test import Client
from django.urls import URLPattern, reverse
from django.views import View

from core.actors import SYSTEM
from reservations import embedding
from reservations.forms import DetailsForm, EmailForm, LateForm, MessageForm, WaitForm
from reservations.handover import link_for
from reservations.models import Hold, QueueEntry, Reservation, WaitlistEntry
from reservations.services import stand
from reservations.services.links import issue_link
from reservations.services.payment_requests import ask_for_payment, pay_token
from reservations.services.queue_replies import queue_token
from reservations.services.waitlist import leave_token
from reservations.urls import urlpatterns
from restaurants.models import Restaurant
from tests import factories
from tests.fixtures.domain import NOON, Clock
from tests.reservations.browser import SATURDAY, Browser

pytestmark = pytest.mark.django_db

_IN_ADDRESSES = """
q place cuisine party date time sort page room step step_free high_chair month lang source
utm_source utm_medium utm_campaign ref back visitor action quiet latitude longitude forget refund
check gone changed joined proof challenge card token csrfmiddlewaretoken
"""
_FORMS = (DetailsForm, EmailForm, LateForm, MessageForm, WaitForm)
NAMES = sorted({*_IN_ADDRESSES.split(), *(name for form in _FORMS for name in form.base_fields)})
ODD = [
    "%00",
    "%ED%A0%80",
    "%FF%FE",
    "-1",
    "0",
    "1e9",
    "1e999999999",
    "NaN",
    "9" * 18,
    "9" * 400,
    "0000-00-00",
    "0001-01-01",
    "9999-12-31",
    "9999-12",
    "2025-11-15",
    "24:00",
    "00:00",
    "19:00@" + "9" * 18,
    "2025-11-30T02:30-99:99",
    quote("٣"),
    quote("\u202e\u2028x"),
    "%2F%2Fevil.example%2F",
    quote("<script>alert(1)</script>"),
    quote("'; DROP TABLE x; --"),
    quote('{"a":' * 50),
    "x" * 3000,
]
"""Percent-encoded values: for each in turn every field has it, twice."""

METHODS = ["PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "HEAD", "x" * 40]
BODIES = [
    ("application/json", b'{"party": 2'),
    ("application/json", b"[" * 5000),
    ("text/plain", b"\xff\xfe\x00"),
    ("multipart/form-data", b"--x"),
    ("multipart/form-data; boundary=x", b'--x\r\nContent-Disposition: form-data; name="\xff'),
    ("multipart/form-data; boundary=" + "x" * 300, b"--x"),
    ("application/x-www-form-urlencoded", b"name=" + b"x" * 5_000_000),
    ("application/x-www-form-urlencoded", b"&".join(b"a=%d" % n for n in range(1500))),
    ("application/x-www-form-urlencoded; charset=utf-16", b"party=2"),
    ("", b"party=2"),
    ("; charset=", b"party=2"),
]
_NUL = "\\000"
HEADERS: list[dict[str, str]] = [
    {"Referer": "http://[", "Accept-Language": "x" * 4000, "HX-Request": "true"},
    {"HX-Request": "true", "HX-Target": "times", "HX-Current-URL": "http://["},
    {"X-Forwarded-For": ", ,\u00ff,[::1", "Sec-Fetch-Dest": "document"},
    {"Cookie": f'sessionid="{_NUL * 8}"; csrftoken=""; django_language=%00'},
    {"Origin": "null", "Sec-Fetch-Site": "cross-site"},
    {"If-None-Match": '"', "If-Modified-Since": "yesterday", "Range": "bytes=-1"},
]


class Visitor:
    """A browser that holds a table, has booked another and waits for a third; their addresses."""

    def __init__(self, house: Restaurant) -> None:
        browser = Browser(raise_request_exception=False)
        browser.book(house)
        booked = Reservation.objects.get()
        wish = {"date": SATURDAY.isoformat(), "party": 2, "earliest": "18:00", "latest": "20:00"}
        browser.post(f"/r/{house.slug}/waitlist/", **wish, name="Ada", email="ada@example.com")
        browser.hold(house, "12:00")
        held = Hold.objects.get(status="live")
        self.client = browser.client
        link = issue_link(booked.public_id)
        wait = leave_token(WaitlistEntry.objects.get())
        self.arguments: dict[str, list[str]] = {
            "slug": [house.slug, "nowhere"],
            "hold_id": [held.public_id, booked.hold.public_id if booked.hold else "", "none"],
            "booking_id": [booked.public_id, "none"],
            "colour": ["1d5c48", "zzz"],
            "version": ["1.0.0", "9.9", "..", "1" * 13],
        }
        continued = link_for(house.slug, held.public_id, "stranger").rstrip("/").rpartition("/")[2]
        asked = ask_for_payment(booked.public_id, by=SYSTEM, amount=Decimal(20), send=False)
        queued = stand.join_queue(house.public_id, NOON.date(), 2, name="Ada", by=SYSTEM)
        self.tokens = {
            "queue": queue_token(QueueEntry.objects.get(public_id=queued.target)),
            "waitlist-answer": wait,
            "pay": pay_token(asked),
            "manage": link,
            "waitlist-leave": wait,
            "sign_in": "x" * 27,
            "continue": continued,
        }

    def addresses(self, pattern: URLPattern) -> Iterator[str]:
        """With what exists, and with what does not."""
        names = list(pattern.pattern.converters)
        kind = (
            str(pattern.name).partition("_")[0] if "manage" in str(pattern.name) else pattern.name
        )
        known = self.arguments | {"token": [self.tokens.get(str(kind), ""), "x"]}
        for number in range(max([len(known[name]) for name in names], default=1)):
            values = {name: known[name][min(number, len(known[name]) - 1)] for name in names}
            if all(values.values()):
                yield reverse(str(pattern.name), kwargs=values)


@pytest.fixture
def house(clock: Clock, settings: LazySettings, caplog: pytest.LogCaptureFixture) -> Restaurant:
    """One that takes bookings without limits; the limits are tested elsewhere."""
    settings.GUEST_LIMITS = {
        act: {"address": None, "contact": None} for act in settings.GUEST_LIMITS
    }
    caplog.set_level(logging.CRITICAL, "django.request")
    return factories.make_bella(deposit=None, slug="odd")


@pytest.fixture
def visitor(house: Restaurant) -> Visitor:
    return Visitor(house)


PATTERNS = {str(pattern.name): pattern for pattern in urlpatterns}


MEANT = {200, 204, 206, 301, 302, 303, 304, 400, 403, 404, 405, 409, 410, 413, 415, 422, 429}
"""Answers that say something; a 500 never does."""


def ask(client: Client, method: str, address: str, body: bytes = b"", **more: Any) -> Any:
    """Send it, and insist on an answer that is meant."""
    answer = client.generic(method, address, body, **more)
    assert answer.status_code < 500, (method, address[:200], body[:200], more)
    return answer


@pytest.mark.parametrize("name", PATTERNS)
def test_odd_values_are_answered(visitor: Visitor, name: str) -> None:
    kind = "application/x-www-form-urlencoded"
    for address in visitor.addresses(PATTERNS[name]):
        for odd in ODD:
            query = "&".join(f"{field}={odd}&{field}={odd}" for field in NAMES)
            assert len(QueryDict(query)) > 40
            ask(visitor.client, "GET", f"{address}?{query}")
            ask(visitor.client, "POST", address, query.encode(), content_type=kind)


@pytest.mark.parametrize("name", PATTERNS)
def test_odd_requests_are_answered(visitor: Visitor, name: str) -> None:
    answers = []
    for address in visitor.addresses(PATTERNS[name]):
        answers += [ask(visitor.client, method, address) for method in METHODS]
        for kind, body in BODIES:
            answers.append(ask(visitor.client, "POST", address, body, content_type=kind))
        for headers in HEADERS:
            answers.append(ask(visitor.client, "GET", address, headers=headers))
            answers.append(ask(visitor.client, "POST", address, headers=headers))
    assert answers
    assert {answer.status_code for answer in answers} <= MEANT


@pytest.mark.parametrize("name", PATTERNS)
def test_odd_visits_are_answered(visitor: Visitor, house: Restaurant, name: str) -> None:
    visit = embedding.begin(house.pk, house.slug)
    ours = {"Origin": "http://testserver", "Sec-Fetch-Site": "same-origin"}
    prefixes = [visit.prefix, visit.prefix.replace("-", "%00"), f"/e/{'%ff' * 60}/"]
    statuses = set()
    for address in visitor.addresses(PATTERNS[name]):
        for prefix in (*prefixes, visit.prefix + "/", f"/e/{'x.' * 30}/"):
            for query in ("", "?embed=1", "?embed=1&lang=fr&party=%00"):
                inside = prefix + address.lstrip("/")
                shown = ask(visitor.client, "GET", inside + query)
                sent = ask(visitor.client, "POST", inside, b"party=%00", headers=ours)
                statuses |= {shown.status_code, sent.status_code}
    assert statuses
    assert statuses <= MEANT


@pytest.mark.parametrize(
    "odd", ["%00", "%ff", "%ED%A0%80", "..", "%2e%2e%2f", "x" * 3000, "%0d%0a"]
)
@pytest.mark.parametrize("name", [name for name in PATTERNS if PATTERNS[name].pattern.converters])
def test_odd_addresses_are_not_found(house: Restaurant, name: str, odd: str) -> None:
    client = Client(raise_request_exception=False)
    names = list(PATTERNS[name].pattern.converters)
    address = reverse(name, kwargs=dict.fromkeys(names, "PLACE")).replace("PLACE", odd)
    assert ask(client, "GET", address).status_code in (200, 301, 302, 400, 404)
    assert ask(client, "POST", address).status_code in (302, 400, 404, 405)


def test_the_walk_would_see_it(visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: a page that fails is found, and the addresses are those of pages that exist."""
    for name, pattern in PATTERNS.items():
        answers = [ask(visitor.client, "GET", address) for address in visitor.addresses(pattern)]
        is_there = any(answer.status_code in (200, 301, 302) for answer in answers)
        assert is_there or name == "styleguide", name
    monkeypatch.setattr(View, "dispatch", lambda *_args, **_more: 1 / 0)
    with pytest.raises(AssertionError):
        ask(visitor.client, "GET", "/")
