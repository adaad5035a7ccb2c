"""Booking pages inside other websites: who may show them, and a visit without cookies."""

from __future__ import annotations

import base64
import hashlib
import html
import re
from typing import Any

import pytest
from django.conf import LazySettings
from django.contrib.sessions.models import Session
from django.core import signing
from django.core.cache import cache
from django.test import Client

from reservations import embedding
from reservations.models import Hold, Reservation
from restaurants import sites
from restaurants.models import AllowedSite, Restaurant
from tests import factories
from tests.fixtures.domain import Clock

pytestmark = pytest.mark.django_db

OURS = {"Origin": "http://testserver", "Sec-Fetch-Site": "same-origin", "Sec-Fetch-Dest": "iframe"}
TIMES = "/r/anchor/?embed=1&party=2&date=2025-11-15"


@pytest.fixture
def anchor(clock: Clock) -> Restaurant:
    """A house that named two websites."""
    house = factories.make_bella(deposit=None, slug="anchor", name="The Anchor")
    for origin in ("https://anchor.example", "http://localhost:8080"):
        AllowedSite.objects.create(restaurant=house, origin=origin)
    return house


class Frame:
    """A frame in a browser that keeps all cookies back; it follows redirects."""

    def __init__(self) -> None:
        self.cookies: set[str] = set()
        self.answer: Any = None
        self.url = ""

    def get(self, url: str, **headers: str) -> Frame:
        return self._arrive(url, self._client().get(url, headers=OURS | headers))

    def post(self, url: str, fields: dict[str, object], **headers: str) -> Frame:
        return self._arrive(url, self._client().post(url, fields, headers=OURS | headers))

    def _client(self) -> Client:
        return Client(enforce_csrf_checks=True)

    def _arrive(self, url: str, answer: Any) -> Frame:
        self.cookies |= set(answer.cookies)
        self.answer, self.url = answer, url
        if answer.status_code in (301, 302, 303):
            return self.get(answer["Location"])
        return self

    @property
    def html(self) -> str:
        return str(self.answer.content.decode())

    def form(self, action: str) -> tuple[str, dict[str, object]]:
        """Address and hidden fields of the form whose address ends like this."""
        [(address, inside)] = re.findall(
            rf'<form[^>]*action="([^"]*{action})"[^>]*>(.*?)</form>', self.html, re.DOTALL
        )
        pairs = re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', inside)
        return html.unescape(address), {name: html.unescape(value) for name, value in pairs}

    def follow(self, ending: str) -> Frame:
        """The first link on the page whose address ends like this."""
        return self.get(html.unescape(re.findall(rf'href="([^"]+{ending})"', self.html)[0]))

    def hold(self, time: str = "19:00") -> Frame:
        address, fields = self.get(TIMES).form("/hold/")
        return self.post(address, fields | {"time": time})

    def book(self, email: str = "ada@example.com") -> Frame:
        address, fields = self.form("/hold/[^/]+/")
        return self.post(address, fields | {"name": "Ada", "email": email})


# --- Who may show the pages -----------------------------------------------------------------------


def test_only_the_named_sites_may_frame_and_only_embedded_pages(anchor: Restaurant) -> None:
    embedded = Client().get(TIMES)
    assert (
        "frame-ancestors 'self' http://localhost:8080 https://anchor.example"
        in embedded["Content-Security-Policy"]
    )
    assert "X-Frame-Options" not in embedded.headers
    for path in ("/r/anchor/", "/", "/?embed=1", "/admin/login/?embed=1", "/nowhere/?embed=1"):
        plain = Client().get(path)
        assert "frame-ancestors 'none'" in plain["Content-Security-Policy"], path
        assert plain["X-Frame-Options"] == "DENY", path


def test_a_house_without_sites_is_framed_by_nobody(clock: Clock) -> None:
    factories.make_bella(slug="shy")
    answer = Client().get("/r/shy/?embed=1")
    assert "frame-ancestors 'none'" in answer["Content-Security-Policy"]
    assert answer["X-Frame-Options"] == "DENY"


def test_every_page_of_a_visit_says_who_may_frame_it(anchor: Restaurant) -> None:
    frame = Frame().hold()
    for answer in (frame.answer, frame.book().answer, frame.get(frame.url + "nothing/").answer):
        assert "https://anchor.example" in answer["Content-Security-Policy"]
        assert answer["Referrer-Policy"] == "same-origin"


# --- A visit without cookies ----------------------------------------------------------------------


def test_a_guest_books_without_a_single_cookie(anchor: Restaurant) -> None:
    frame = Frame().hold()
    assert "Your details" in frame.html
    assert frame.url.startswith("/e/")
    frame.book()
    assert "Your table is booked" in frame.html
    assert Reservation.objects.get().guest_email == "ada@example.com"
    frame.follow("/booking/[^/]+/").follow("/cancel/")
    address, fields = frame.form("/cancel/")
    assert "Your booking is cancelled" in frame.post(address, fields).html
    assert frame.cookies == set()


def test_the_chrome_stays_away_through_the_whole_visit(anchor: Restaurant) -> None:
    frame = Frame().get(TIMES)
    pages = [frame.html, frame.hold().html, frame.book().html]
    for page in pages:
        assert "site-header" not in page
        assert "site-footer" not in page
        links = re.findall(r'(?:href|action|hx-get)="(/[^"]*)"', page)
        inner = [link for link in links if not link.startswith("/static/")]
        assert [link for link in inner if not link.startswith("/e/")] == []
    assert "site-header" in Client().get("/r/anchor/").content.decode()


def test_what_was_wrong_is_said_in_the_frame_too(anchor: Restaurant) -> None:
    frame = Frame().hold()
    address, fields = frame.form("/hold/[^/]+/")
    frame.post(address, fields | {"name": "", "email": "ada"})
    assert "Please enter your name." in frame.html
    assert 'value="ada"' in frame.html
    address, fields = Frame().get(TIMES).form("/hold/")
    assert "Please choose a time first." in Frame().post(address, fields).html


def test_looking_around_leaves_nothing_behind(anchor: Restaurant) -> None:
    frame = Frame().get(TIMES)
    frame.get(html.unescape(re.findall(r'id="later-day"[^>]*href="([^"]+)"', frame.html)[0]))
    assert "Sunday 16 November 2025" in frame.html
    assert (Session.objects.count(), frame.cookies) == (0, set())


def test_two_clicks_at_once_are_one_visitor(
    anchor: Restaurant, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A token says the second it was made in.
    second = signing.TimestampSigner().timestamp()
    monkeypatch.setattr(signing.TimestampSigner, "timestamp", lambda _: second)
    address, fields = Frame().get(TIMES).form("/hold/")
    frames = [Frame().post(address, fields | {"time": "19:00"}) for _ in range(2)]
    # The visit's token is signed anew with every answer.
    assert len({frame.url.partition("/hold/")[2] for frame in frames}) == 1
    assert Hold.objects.count() == 1


def test_redis_may_forget_the_visit(anchor: Restaurant) -> None:
    frame = Frame().hold()
    cache.clear()
    assert "Your table is booked" in frame.book().html


@pytest.mark.parametrize(
    ("asked", "browser", "spoken"),
    [
        ("&lang=fr", "en", "fr"),
        ("&lang=en", "fr", "en"),
        ("", "fr", "fr"),
        ("&lang=xx", "fr", "fr"),
    ],
)
def test_the_website_decides_the_language_of_the_whole_visit(
    anchor: Restaurant, asked: str, browser: str, spoken: str
) -> None:
    frame = Frame()
    address, fields = frame.get(TIMES + asked, **{"Accept-Language": browser}).form("/hold/")
    assert f'<html lang="{spoken}"' in frame.html
    frame.post(address, fields | {"time": "19:00"}, **{"Accept-Language": browser})
    assert frame.url.startswith("/e/")
    frame.get(frame.url, **{"Accept-Language": browser})
    assert f'<html lang="{spoken}"' in frame.html
    assert frame.cookies == set()


def test_pages_that_say_no_are_bare_too(anchor: Restaurant) -> None:
    prefix = embedding.begin(anchor.pk, "anchor", "fr").prefix
    address, fields = Frame().get(TIMES).form("/hold/")
    forged = Frame().post(address, fields | {"csrfmiddlewaretoken": "x" * 64})
    missing = [Frame().get(prefix + path) for path in ("hold/hold_0/", "nowhere/", "booking/x/")]
    for frame, status in ((forged, 403), *((each, 404) for each in missing)):
        assert frame.answer.status_code == status
        assert 'class="embed"' in frame.html
        assert "site-header" not in frame.html
        assert "site-footer" not in frame.html
        assert re.findall(r'<a class="button[^"]*" href="(/[^"]*)"', frame.html)[-1].endswith(
            "/r/anchor/"
        )
    assert "Chercher une table" in missing[0].html
    assert "site-header" in Client().get("/nowhere/").content.decode()


# --- Nobody else's visit --------------------------------------------------------------------------


def test_a_form_from_another_site_is_refused(anchor: Restaurant) -> None:
    address, fields = Frame().get(TIMES).form("/hold/")
    chosen = fields | {"time": "19:00"}
    for headers in (
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://anchor.example"},
        {"Origin": "null"},
    ):
        assert Frame().post(address, chosen, **headers).answer.status_code == 403, headers
    bare = Client(enforce_csrf_checks=True).post(address, chosen)
    assert bare.status_code == 403
    assert Hold.objects.count() == 0


def test_a_form_without_the_visits_own_token_is_refused(anchor: Restaurant) -> None:
    address, fields = Frame().get(TIMES).form("/hold/")
    _, others = Frame().get(TIMES).form("/hold/")
    for token in (None, "x" * 64, others["csrfmiddlewaretoken"]):
        sent = {**fields, "time": "19:00", "csrfmiddlewaretoken": token or ""}
        assert Frame().post(address, sent).answer.status_code == 403
    assert Hold.objects.count() == 0


def test_a_visit_opens_no_other_house_and_no_other_page(anchor: Restaurant) -> None:
    factories.make_bella(slug="other")
    prefix = embedding.begin(anchor.pk, "anchor").prefix.rstrip("/")
    for path in ("/r/other/", "/", "/admin/", "/admin/login/", "/api/docs", "/healthz"):
        assert Frame().get(prefix + path).answer.status_code == 404, path
    assert Frame().get(f"{prefix}/r/anchor/").answer.status_code == 200


def test_a_visit_is_not_brought_along_from_elsewhere(anchor: Restaurant) -> None:
    """Or somebody could lead a guest into a visit of theirs, and read what the guest types."""
    frame = Frame().hold()
    window = {"Sec-Fetch-Dest": "document", "Sec-Fetch-Site": "cross-site"}
    answer = Client().get(frame.url, headers=window)
    assert answer.status_code == 302
    assert answer["Location"] == frame.url[frame.url.index("/hold/") :]
    typed = Client().get(frame.url, headers=window | {"Sec-Fetch-Site": "none"})
    assert typed["Location"] == answer["Location"]
    assert Client().get(answer["Location"]).status_code == 404
    ours = Client().get(frame.url, headers=window | {"Sec-Fetch-Site": "same-origin"})
    assert ours.status_code == 200


def test_a_token_that_is_old_or_made_up_begins_a_new_visit(
    anchor: Restaurant, settings: LazySettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    visit = embedding.begin(anchor.pk, "anchor")
    made_up = f"/e/{visit.token[:-2]}xx/r/anchor/?party=3"
    assert Client().get(made_up)["Location"] == "/r/anchor/?embed=1&party=3"
    monkeypatch.setattr(embedding, "TOKEN_HOURS", -1)
    assert Client().get(f"{visit.prefix}r/anchor/")["Location"] == "/r/anchor/?embed=1"


@pytest.mark.parametrize("path", ["/evil.example/", "/evil.example%3F/", "//evil.example/"])
def test_a_visits_address_leads_to_no_other_site(anchor: Restaurant, path: str) -> None:
    shared = embedding.begin(anchor.pk, anchor.slug).prefix
    window = {"Sec-Fetch-Dest": "document", "Sec-Fetch-Site": "cross-site"}
    for prefix, more in ((f"/e/{'x' * 60}/", "?embed=1"), (shared, "")):
        answer = Client().get(f"{prefix}{path}", headers=window)
        assert answer["Location"].startswith("/%2F"), prefix
        assert answer["Location"].endswith(more)
        assert "evil.example?" not in answer["Location"].removesuffix("?embed=1")


def test_the_visit_is_no_session_of_the_site(anchor: Restaurant) -> None:
    frame = Frame().hold()
    visit = embedding.read(embedding.split(frame.url)[0])  # type: ignore[index]
    assert visit is not None
    client = Client()
    client.cookies["sessionid"] = visit.key
    hold = f"/hold/{Hold.objects.get().public_id}/"
    assert client.get(hold).status_code == 404


# --- Where the guest came from --------------------------------------------------------------------


def test_the_source_reaches_the_hold_through_links_and_forms(anchor: Restaurant) -> None:
    frame = Frame().get(
        f"{TIMES}&source=homepage&utm_source=news&utm_campaign=Advent&ref=a.example"
    )
    later = html.unescape(re.findall(r'id="later-day"[^>]*href="([^"]+)"', frame.html)[0])
    assert "source=homepage&utm_source=news&utm_campaign=Advent&ref=a.example" in later
    address, fields = frame.get(later).form("/hold/")
    assert (fields["source"], fields["utm_source"]) == ("homepage", "news")
    frame.post(address, fields | {"time": "19:00"})
    held = Hold.objects.get()
    assert (held.source, held.utm_source, held.utm_campaign) == ("homepage", "news", "Advent")
    assert held.referrer == "a.example"
    frame.book()
    assert Reservation.objects.get().source == "homepage"


@pytest.mark.parametrize("odd", ["", "opentable", "staff", "<b>", "x" * 31, "a b"])
def test_a_source_that_is_none_is_the_website(anchor: Restaurant, odd: str) -> None:
    _, fields = Frame().get(f"/r/anchor/?embed=1&party=2&source={odd}").form("/hold/")
    assert "source" not in fields


# --- The script -----------------------------------------------------------------------------------


def test_the_script_is_small_and_looked_for_again(client: Client) -> None:
    answer = client.get("/embed.js")
    assert answer.status_code == 200
    assert len(answer.content) <= 5 * 1024
    assert answer["Content-Type"] == "text/javascript; charset=utf-8"
    assert "max-age=3600" in answer["Cache-Control"]
    assert answer["Access-Control-Allow-Origin"] == "*"
    assert answer["Cross-Origin-Resource-Policy"] == "cross-origin"
    again = client.get("/embed.js", headers={"If-None-Match": answer["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


RELEASED = {
    "1.0.0": "sha384-m+m7rMyzs5NBcXXEq/nqpgM8ovBgD39/wGLbIRcv69tZKRyFMVn+5MnWd3zgby3U",
    "1.1.0": "sha384-NGVsBvZzNMSEF3RdfZmnKAEJbc2hD8TGiN7gxpKRyG8lo7aWmhY+TCalNP13MnDr",
}
"""A released file never changes: websites name it by this hash. Add a version, change none."""


@pytest.mark.parametrize(("version", "integrity"), RELEASED.items())
def test_a_version_is_for_ever(client: Client, version: str, integrity: str) -> None:
    answer = client.get(f"/embed-{version}.js")
    digest = base64.b64encode(hashlib.sha384(answer.content).digest()).decode()
    assert f"sha384-{digest}" == integrity
    assert "immutable" in answer["Cache-Control"]


def test_the_newest_version_is_among_the_released(client: Client) -> None:
    assert list(RELEASED)[-1] == sites.SCRIPT_VERSION
    assert client.get("/embed-9.9.9.js").status_code == 404
    assert client.get("/embed-...js").status_code == 404
