"""One person, one table: by contact, by address, by how often; and no puzzle for anybody."""

from __future__ import annotations

import datetime as dt
import html
import re
from functools import partial

import pytest
import redis
from django.conf import LazySettings
from django.test import Client
from redis.backoff import NoBackoff
from redis.retry import Retry

from accounts.models import User
from core import rates
from core.errors import TooOften
from reservations.errors import ActiveHoldExists, ContactHolds, HoldNotFound, TooManyHolds
from reservations.guests import Guest
from reservations.handover import link_for
from reservations.limits import Act, Attempt
from reservations.models import Hold, Reservation
from reservations.selectors.holds import HeldPlace, hold_of
from reservations.services.abuse import claim_contact, contact_keys, hand_over
from reservations.services.confirmation import Particulars, confirm_hold
from reservations.services.holds import HoldRequest, place_hold
from restaurants.models import Restaurant
from tests import factories
from tests.concurrency.guards import without
from tests.concurrency.together import at_once, kind
from tests.fixtures.domain import Clock
from tests.reservations.browser import SATURDAY, Browser
from tests.solving import solve

pytestmark = pytest.mark.django_db

ADA = Particulars(name="Ada", email="ada@example.com", phone="212 555 0142")


@pytest.fixture(autouse=True)
def cheap(settings: LazySettings) -> None:
    settings.PROOF_OF_WORK_COST = 2


@pytest.fixture
def free(db: None) -> Restaurant:
    """A house without deposits."""
    return factories.make_bella(deposit=None, slug="free", phone="+12125550142")


def visitor(name: str, address: str = "") -> Guest:
    return Guest.visitor(name, address=address)


def held(
    house: Restaurant, guest: Guest, time: str = "19:00", date: dt.date = SATURDAY
) -> HeldPlace:
    return place_hold(HoldRequest(house.public_id, date, time, 2), guest, by=guest.actor)


def confirm(house: Restaurant, guest: Guest, who: Particulars, time: str = "19:00") -> object:
    place = held(house, guest, time)
    return confirm_hold(place.public_id, guest, method=None, particulars=who, by=guest.actor)


# --- One live hold per contact --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("ada.lovelace@gmail.com", "A.d.a.Lovelace+two@googlemail.com", True),
        ("ada.lovelace@example.com", "adalovelace@example.com", False),
        ("ada@gmail.com", "ada@example.com", False),
    ],
)
def test_an_address_is_known_however_it_is_written(one: str, other: str, is_same: bool) -> None:
    first, _ = contact_keys(email=one, phone="", country="US")
    second, _ = contact_keys(email=other, phone="", country="US")
    assert (first == second) is is_same


@pytest.mark.parametrize(
    "same",
    [
        Particulars(name="A", email="ADA@Example.com", phone=""),
        Particulars(name="B", email="ada+table2@example.com", phone="+33 1 23 45 67 89"),
        Particulars(name="C", email="other@example.com", phone="+1 (212) 555-0142"),
        Particulars(name="D", email="", phone="2125550142"),
    ],
)
def test_a_contact_with_a_live_hold_gets_no_second_one(
    clock: Clock, free: Restaurant, same: Particulars
) -> None:
    first = held(free, visitor("one"))
    claim_contact(first, email=ADA.email, phone=ADA.phone)
    with pytest.raises(ContactHolds) as refused:
        confirm(free, visitor("two"), same, "20:00")
    assert refused.value.hold_id == first.public_id
    assert refused.value.details == {}
    assert Reservation.objects.count() == 0


def test_a_hold_that_lapsed_was_released_or_became_a_booking_is_in_nobodys_way(
    clock: Clock, free: Restaurant
) -> None:
    lapsed = held(free, visitor("one"))
    claim_contact(lapsed, email=ADA.email, phone=ADA.phone)
    clock.advance(minutes=11)
    confirm(free, visitor("two"), ADA, "20:00")
    confirm(free, visitor("three"), ADA, "21:00")
    assert Reservation.objects.count() == 2
    assert Hold.objects.get(pk=lapsed.id).status == "expired"


def test_claiming_twice_is_claiming_once(clock: Clock, free: Restaurant) -> None:
    place = held(free, visitor("one"))
    for _ in range(2):
        claim_contact(place, email=ADA.email, phone=ADA.phone)
    row = Hold.objects.get(pk=place.id)
    keys = contact_keys(email=ADA.email, phone=ADA.phone, country="US")
    assert (row.email_key, row.phone_key) == keys
    claim_contact(place, email="new@example.com", phone="")
    other = held(free, visitor("two"), "20:00")
    claim_contact(other, email=ADA.email, phone=ADA.phone)
    row = Hold.objects.get(pk=other.id)
    assert (row.email_key, row.phone_key) == keys, "what the first gave up is free for others"


def test_no_address_or_number_is_kept_for_it(clock: Clock, free: Restaurant) -> None:
    place = held(free, visitor("one"))
    claim_contact(place, email=ADA.email, phone=ADA.phone)
    row = Hold.objects.get(pk=place.id)
    assert (row.guest_email, row.guest_phone) == ("", "")
    keys = contact_keys(email=ADA.email, phone=ADA.phone, country="US")
    assert (row.email_key, row.phone_key) == keys
    assert {len(key) for key in keys} == {32}


def test_the_pages_say_so_and_lead_to_ones_own(
    clock: Clock, bella: Restaurant, free: Restaurant, user: User
) -> None:
    elsewhere, browser = Browser(), Browser()
    elsewhere.hold(bella)
    elsewhere.confirm(card="tok_visa_0002")  # Declined: the table stays held.
    browser.hold(free).confirm()
    assert "A table is already being held with this e-mail address" in browser.text
    assert "Go to it" not in browser.html
    assert Reservation.objects.count() == 0
    # The same browser as both guests: a visitor, who then signed in.
    elsewhere.client.force_login(user)
    elsewhere.hold(free).confirm()
    [link] = re.findall(r'<a href="(/hold/[^"]+)">Go to it</a>', elsewhere.html)
    assert "Pay $50.00 and book" in elsewhere.get(link).text


@pytest.mark.django_db(transaction=True)
def test_of_many_at_once_one_gets_the_contact(clock: Clock, free: Restaurant) -> None:
    places = [held(free, visitor(f"v{n}"), f"{11 + n}:00") for n in range(6)]
    claims = [partial(claim_contact, p, email=ADA.email, phone=ADA.phone) for p in places]
    assert kind(at_once(claims)) == {"ContactHolds": 5, "NoneType": 1}


@pytest.mark.django_db(transaction=True)
def test_without_the_index_more_than_one_gets_it(
    clock: Clock, free: Restaurant, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: it is the database that decides, for everyone may have looked before."""
    from reservations.ledger import contacts

    monkeypatch.setattr(contacts, "holds_of_contact", lambda *_, **__: [])
    places = [held(free, visitor(f"v{n}"), f"{11 + n}:00") for n in range(6)]
    claims = [partial(claim_contact, p, email=ADA.email, phone="") for p in places]
    with without("reservations_hold", "hold_one_live_per_email"):
        assert kind(at_once(claims)) == {"NoneType": 6}
        assert Hold.objects.exclude(email_key="").count() == 6


# --- Live holds per address -----------------------------------------------------------------------


def test_an_address_holds_so_many_tables_of_a_house_whatever_its_cookies(
    clock: Clock, free: Restaurant, bella: Restaurant, settings: LazySettings
) -> None:
    settings.MAX_LIVE_HOLDS_PER_ADDRESS = 2
    held(free, visitor("a", "here"), "12:00")
    clock.advance(minutes=4)
    held(free, visitor("b", "here"), "12:00")
    with pytest.raises(TooManyHolds) as refused:
        held(free, visitor("c", "here"), "17:00", SATURDAY + dt.timedelta(days=1))
    assert refused.value.retry_after == 361
    assert refused.value.details["phone"] == "+12125550142"
    held(bella, visitor("c", "here"))
    held(free, visitor("d", "elsewhere"), "14:00")
    held(free, visitor("e"), "14:00")
    clock.advance(minutes=6, seconds=1)
    held(free, visitor("f", "here"), "17:00")


def test_dropping_cookies_gets_no_more_tables_on_the_pages(
    clock: Clock, free: Restaurant, settings: LazySettings
) -> None:
    settings.MAX_LIVE_HOLDS_PER_ADDRESS = 3
    answers = [Browser().hold(free, f"{12 + n}:00") for n in range(4)]
    assert [each.status for each in answers] == [200, 200, 200, 429]
    assert "Several tables of this restaurant are being held" in answers[-1].text
    assert "You can try again in about 10 minutes. Or call the restaurant: +1 212-555-0142" in (
        answers[-1].text
    )
    other = Browser(REMOTE_ADDR="203.0.113.9")
    assert other.hold(free, "15:00").status == 200


@pytest.mark.django_db(transaction=True)
def test_of_many_dates_at_once_no_more_than_the_limit_are_held(
    clock: Clock, free: Restaurant, settings: LazySettings
) -> None:
    """Each date has a lock of its own, so the address needs one too."""
    settings.MAX_LIVE_HOLDS_PER_ADDRESS = 3
    calls = [
        partial(held, free, visitor(f"v{n}", "here"), "19:00", SATURDAY + dt.timedelta(days=n))
        for n in range(8)
    ]
    assert kind(at_once(calls)) == {"HeldPlace": 3, "TooManyHolds": 5}


# --- How often ------------------------------------------------------------------------------------


def test_a_limit_is_passed_once_it_is_passed_and_says_how_long(settings: LazySettings) -> None:
    settings.GUEST_LIMITS = {"waitlist": {"address": (4, 600), "contact": (2, 3600)}}
    attempts = [Attempt(Act.WAITLIST, address="here", contacts=(f"c{n}",)) for n in range(4)]
    assert [attempt.is_suspicious for attempt in attempts] == [False, False, True, True]
    with pytest.raises(TooOften) as refused:
        Attempt(Act.WAITLIST, address="here")
    assert 590 < refused.value.retry_after <= 600
    assert Attempt(Act.WAITLIST, contacts=("c0",)).is_suspicious
    with pytest.raises(TooOften):
        Attempt(Act.WAITLIST, address="there", contacts=("new", "c0"))


def test_without_redis_everybody_passes(
    settings: LazySettings, monkeypatch: pytest.MonkeyPatch, tmp_path: object
) -> None:
    # As Couvert's own connections: without a second try, and so without a pause before it.
    only_once = Retry(NoBackoff(), 0)
    gone = redis.Redis(unix_socket_path=f"{tmp_path}/gone.sock", retry=only_once)
    monkeypatch.setattr(rates, "get_redis_connection", lambda _: gone)
    settings.GUEST_LIMITS = {"hold": {"address": (1, 600), "contact": None}}
    assert not any(Attempt(Act.HOLD, address="here").is_suspicious for _ in range(5))


def test_who_asks_too_often_is_told_when_to_try_again(
    clock: Clock, free: Restaurant, settings: LazySettings
) -> None:
    settings.GUEST_LIMITS = settings.GUEST_LIMITS | {"hold": {"address": (0, 600), "contact": None}}
    answer = Client().post(
        "/r/free/hold/", {"party": 2, "date": SATURDAY.isoformat(), "time": "19:00"}
    )
    assert answer.status_code == 429
    assert 590 < int(answer["Retry-After"]) <= 600
    assert "+1 212-555-0142" in answer.content.decode()
    assert Hold.objects.count() == 0


# --- Proof of work --------------------------------------------------------------------------------


def suspicious(settings: LazySettings) -> None:
    settings.GUEST_LIMITS = settings.GUEST_LIMITS | {"hold": {"address": (2, 600), "contact": None}}
    Attempt(Act.HOLD, address=rates.fingerprint("address:127.0.0.1"))


def fields_of(page: str) -> dict[str, str]:
    pairs = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page)
    return {name: html.unescape(value) for name, value in pairs}


def test_near_a_limit_the_browser_works_and_the_guest_goes_on(
    clock: Clock, free: Restaurant, settings: LazySettings
) -> None:
    suspicious(settings)
    browser = Browser().hold(free)
    assert "One moment" in browser.text
    fields = fields_of(browser.html)
    assert (fields["party"], fields["time"]) == ("2", "19:00")
    again = Browser().post("/r/free/hold/", **fields | {"proof": solve(fields["challenge"])})
    assert "Your details" in again.text
    assert Hold.objects.count() == 1


def test_a_proof_lets_through_once(clock: Clock, free: Restaurant, settings: LazySettings) -> None:
    suspicious(settings)
    fields = fields_of(Browser().hold(free).html)
    proved = fields | {"proof": solve(fields["challenge"])}
    assert "Your details" in Browser().post("/r/free/hold/", **proved).text
    settings.GUEST_LIMITS = settings.GUEST_LIMITS | {"hold": {"address": (4, 600), "contact": None}}
    assert "One moment" in Browser().post("/r/free/hold/", **proved).text
    assert Hold.objects.count() == 1


def test_without_scripts_the_guest_waits_ten_seconds(
    clock: Clock, free: Restaurant, settings: LazySettings
) -> None:
    suspicious(settings)
    browser = Browser()
    fields = fields_of(browser.hold(free).html)
    assert "Please wait 10 seconds, then go on." in browser.text
    clock.advance(seconds=4)
    early = fields_of(browser.post("/r/free/hold/", **fields).html)
    assert "That was a little too early." in browser.text
    assert early["challenge"] == fields["challenge"]
    clock.advance(seconds=6)
    assert "Your details" in browser.post("/r/free/hold/", **early).text


def test_nobody_proves_anything_far_from_a_limit(clock: Clock, free: Restaurant) -> None:
    assert "Your table is booked" in Browser().book(free).text


# --- Handing over ---------------------------------------------------------------------------------


def test_a_hold_is_handed_over_once(clock: Clock, free: Restaurant, user: User) -> None:
    old, new = visitor("old"), Guest.with_account(user.public_id)
    place = held(free, old)
    hand_over(place.public_id, old=old, new=new, by=new.actor)
    assert hold_of(new, place.public_id).account is not None
    with pytest.raises(HoldNotFound):
        hold_of(old, place.public_id)
    with pytest.raises(HoldNotFound):
        hand_over(place.public_id, old=old, new=visitor("third"), by=old.actor)


def test_a_link_to_go_on_is_good_at_its_own_restaurant_alone(
    clock: Clock, free: Restaurant, client: Client
) -> None:
    factories.make_bella(slug="other")
    place = held(free, visitor("old"))
    link = link_for("free", place.public_id, "old")
    assert client.get(link.replace("/r/free/", "/r/other/")).status_code == 404
    assert hold_of(visitor("old"), place.public_id).is_live(clock.now)
    assert client.get(link)["Location"] == f"/hold/{place.public_id}/"
    with pytest.raises(HoldNotFound):
        hold_of(visitor("old"), place.public_id)


def test_who_holds_a_table_takes_no_other_over(clock: Clock, free: Restaurant) -> None:
    old, new = visitor("old"), visitor("new")
    place = held(free, old)
    held(free, new, "20:00")
    with pytest.raises(ActiveHoldExists):
        hand_over(place.public_id, old=old, new=new, by=new.actor)
    assert hold_of(old, place.public_id).is_live(clock.now)
