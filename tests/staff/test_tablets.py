"""Tablets of a house: names, PINs, locks, and what a PIN never opens."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from core.actors import SYSTEM, Actor, ActorKind
from core.errors import Forbidden, Invalid
from core.models import AuditEntry
from payments.models import Payment
from restaurants.access import Capability, check_staff
from restaurants.models import Membership, Restaurant, Tablet
from restaurants.people import check_pin_form, pin_matches, set_pin
from staff.live import SignedOut, grant_for
from staff.presence import COOKIE
from tests.fixtures.domain import Clock
from tests.reservations.stand import DATE, at, booked
from tests.staff.conftest import (
    PASSWORD,
    PIN,
    As,
    AtTablet,
    Cast,
    once_of,
    secret_in,
    tablet_at,
    unlock,
)
from tests.staff.test_payments import missed

pytestmark = pytest.mark.django_db

HOUSE = "/staff/r/bella/"
LOCKED = "/staff/tablet/"


def member(cast: Cast, role: str) -> Membership:
    return Membership.objects.get(user=getattr(cast, role), restaurant__slug="bella")


@pytest.mark.parametrize(
    "pin", ["1111", "1234", "987654", "1212", "890123", "123", "1234567", "12a4"]
)
def test_easy_and_odd_pins_are_refused(pin: str) -> None:
    with pytest.raises(Invalid):
        check_pin_form(pin)


def test_a_pin_is_hashed_like_a_password(cast: Cast) -> None:
    row = member(cast, "host")
    set_pin(row, PIN, by=SYSTEM)
    row.refresh_from_db()
    assert PIN not in row.pin
    assert (pin_matches(row, PIN), pin_matches(row, "2581")) == (True, False)


def test_a_manager_makes_a_browser_the_houses(as_: As, cast: Cast, house: Restaurant) -> None:
    client = as_(cast.manager)
    answer = client.post(f"{HOUSE}tablets/new/", {"label": "Front desk"})
    assert answer.headers["Location"] == LOCKED
    cookie = answer.cookies[COOKIE]
    assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")
    assert cookie.value not in Tablet.objects.get().digest
    # The manager is signed out here; the names are all one sees.
    page = client.get(LOCKED).content.decode()
    assert "_auth_user_id" not in client.session
    assert "Who are you?" in page
    assert f"/staff/tablet/{cast.host.public_id}/" in page
    assert client.get(HOUSE).headers["Location"] == f"{LOCKED}?next={HOUSE}"


def test_what_is_done_carries_the_persons_name_and_the_tablets(
    at_tablet: AtTablet, cast: Cast, house: Restaurant
) -> None:
    cast.host.full_name = "Ines Host"
    cast.host.save()
    at_tablet(cast.host)
    entry = AuditEntry.objects.get(verb="staff.pin_signed_in")
    assert (entry.actor_id, entry.actor_label) == (cast.host.public_id, "Ines Host")
    assert (entry.origin, entry.restaurant_id) == (f"Front desk {cast.host.pk}", house.pk)


def test_the_page_before_the_lock_is_the_next_one(at_tablet: AtTablet, cast: Cast) -> None:
    client = at_tablet(cast.host)
    path = f"{HOUSE}payments/"
    answer = client.post("/staff/tablet/lock/", {"next": path})
    assert answer.headers["Location"] == f"{LOCKED}?next=%2Fstaff%2Fr%2Fbella%2Fpayments%2F"
    assert client.get(HOUSE).status_code == 302
    form = {"pin": PIN, "next": path}
    answer = client.post(f"/staff/tablet/{cast.host.public_id}/", form)
    assert answer.headers["Location"] == path


def test_a_page_of_another_house_is_never_the_next_one(
    house: Restaurant, cast: Cast, elsewhere: Restaurant
) -> None:
    set_pin(member(cast, "host"), PIN, by=SYSTEM)
    client = tablet_at(house)
    form = {"pin": PIN, "next": f"/staff/r/{elsewhere.slug}/"}
    answer = client.post(f"/staff/tablet/{cast.host.public_id}/", form)
    assert answer.headers["Location"] == HOUSE


def test_a_tablet_that_nobody_touches_locks_itself(
    at_tablet: AtTablet, cast: Cast, clock: Clock
) -> None:
    client = at_tablet(cast.host)
    clock.advance(minutes=4)
    assert client.get(HOUSE).status_code == 200
    clock.advance(minutes=4)
    assert client.post("/staff/tablet/here/").status_code == 204
    clock.advance(minutes=4)
    # What a page fetches by itself is nobody's touch.
    assert client.get(HOUSE, headers={"HX-Request": "true"}).status_code == 200
    assert client.get(HOUSE, headers={"Sec-Fetch-Dest": "empty"}).status_code == 200
    clock.advance(minutes=1)
    assert client.post("/staff/tablet/here/").status_code == 205
    answer = client.get(HOUSE, headers={"HX-Request": "true"})
    assert answer.headers["HX-Redirect"] == f"{LOCKED}?next={HOUSE}"


def test_a_password_on_a_tablet_locks_as_well(house: Restaurant, cast: Cast, clock: Clock) -> None:
    client = tablet_at(house)
    client.force_login(cast.owner)
    assert client.get(f"{HOUSE}people/").status_code == 200
    clock.advance(minutes=5)
    assert client.get(f"{HOUSE}people/").headers["Location"].startswith(LOCKED)
    assert "_auth_user_id" not in client.session


@pytest.mark.parametrize("end", ["revoke", "remove", "pin", "lock_out", "move"])
def test_a_session_by_pin_ends_at_once(
    end: str, at_tablet: AtTablet, as_: As, cast: Cast, house: Restaurant
) -> None:
    client, row = at_tablet(cast.host), member(cast, "host")
    assert client.get(HOUSE).status_code == 200
    owner = as_(cast.owner)
    if end == "revoke":
        tablet = Tablet.objects.get()
        assert owner.post(f"{HOUSE}tablets/{tablet.public_id}/revoke/").status_code == 302
    elif end == "remove":
        owner.post(f"{HOUSE}people/{cast.host.public_id}/remove/")
    elif end == "pin":
        set_pin(row, "8642", by=SYSTEM)
    elif end == "lock_out":
        type(cast.host).objects.filter(pk=cast.host.pk).update(is_active=False)
    else:
        client.cookies[COOKIE] = tablet_at(house, "Bar").cookies[COOKIE].value
    assert client.get(HOUSE).status_code == 302


def test_wrong_pins_lock_the_person_longer_each_time_and_a_manager_unlocks(
    house: Restaurant, cast: Cast, as_: As, clock: Clock
) -> None:
    set_pin(member(cast, "host"), PIN, by=SYSTEM)
    client = tablet_at(house)
    assert [unlock(client, cast.host, "0000").status_code for _ in range(5)] == [422] * 5
    answer = unlock(client, cast.host)
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "60")
    assert "A manager can let you try again at once." in answer.content.decode()
    # Another tablet is no way around, and somebody else may go on.
    assert unlock(tablet_at(house, "Bar"), cast.host).status_code == 429
    clock.advance(seconds=61)
    assert unlock(client, cast.host, "0000").status_code == 422
    assert unlock(client, cast.host).headers["Retry-After"] == "120"
    entry = AuditEntry.objects.filter(verb="staff.locked_out").latest("id")
    assert (entry.target, entry.restaurant_id) == (cast.host.public_id, house.pk)
    assert (entry.data, entry.origin) == ({"door": "pin", "minutes": 2}, "Front desk")
    manager = as_(cast.manager)
    assert "locked until" in manager.get(f"{HOUSE}tablets/").content.decode()
    manager.post(f"{HOUSE}tablets/pins/{cast.host.public_id}/unlock/")
    assert unlock(client, cast.host).status_code == 302
    assert AuditEntry.objects.filter(verb="staff.unlocked", restaurant_id=house.pk).exists()


def test_a_tablet_where_many_names_are_tried_locks_for_all(house: Restaurant, cast: Cast) -> None:
    client = tablet_at(house)
    people = (cast.host, cast.server, cast.viewer, cast.manager)
    said = [unlock(client, person, "0000").status_code for person in people for _ in range(4)]
    assert said == [422] * 15 + [429]
    set_pin(member(cast, "owner"), PIN, by=SYSTEM)
    assert unlock(client, cast.owner).status_code == 429
    assert unlock(tablet_at(house, "Bar"), cast.owner).status_code == 302


def test_a_first_pin_is_shown_once_and_changed_at_its_first_use(
    as_: As, cast: Cast, house: Restaurant
) -> None:
    url = f"{HOUSE}tablets/pins/{cast.server.public_id}/"
    page = as_(cast.manager).post(url, {"once": "abc"})
    pin = secret_in(page, "[0-9]{6}")
    client = tablet_at(house)
    assert unlock(client, cast.server, pin).status_code == 302
    choose = "/staff/tablet/pin/"
    assert client.get(HOUSE).headers["Location"] == f"{choose}?next={HOUSE}"
    assert client.post(choose, {"pin": pin, "again": pin}).status_code == 422
    assert client.post(choose, {"pin": PIN, "again": "9753"}).status_code == 422
    answer = client.post(choose, {"pin": PIN, "again": PIN, "next": HOUSE})
    assert answer.headers["Location"] == HOUSE
    assert client.get(HOUSE).status_code == 200
    assert not member(cast, "server").pin_is_first
    assert AuditEntry.objects.latest("id").verb == "staff.pin_set"


def test_a_fee_asks_for_the_password_for_five_minutes(
    at_tablet: AtTablet, cast: Cast, clock: Clock, money: Any
) -> None:
    cast.manager.set_password(PASSWORD)
    cast.manager.save()
    client = at_tablet(cast.manager)
    fee = f"{HOUSE}bookings/{money.booking.public_id}/money/fee/"
    door = "/staff/tablet/password/"
    assert client.get(fee).headers["Location"] == f"{door}?next={fee}"
    assert client.post(fee, {}).headers["Location"] == f"{door}?next={fee}"
    assert client.post(door, {"password": "wrong", "next": fee}).status_code == 422
    answer = client.post(door, {"password": PASSWORD, "next": fee})
    assert answer.headers["Location"] == fee
    # Open now: a deposit has no fee.
    assert client.get(fee).status_code == 404
    # The password opens no more than that.
    for path in ("keys/", "people/", "payments/provider/", "log/", "tablets/"):
        assert client.get(f"{HOUSE}{path}").status_code == 403, path
    clock.advance(minutes=3)
    client.post("/staff/tablet/here/")
    clock.advance(minutes=3)
    assert client.get(fee).headers["Location"] == f"{door}?next={fee}"


def test_a_host_is_not_asked_for_a_password_that_would_open_nothing(
    at_tablet: AtTablet, cast: Cast, money: Any
) -> None:
    fee = f"{HOUSE}bookings/{money.booking.public_id}/money/fee/"
    assert at_tablet(cast.host).get(fee).status_code == 403


def test_a_stream_hears_what_a_pin_opens_and_ends_with_the_tablet(
    at_tablet: AtTablet, cast: Cast, house: Restaurant, clock: Clock
) -> None:
    client = at_tablet(cast.owner)
    key = str(client.session.session_key)
    # An owner, but on a tablet: nothing of people and keys.
    assert {"staff", "key"} <= grant_for(key, house.slug).hidden
    clock.advance(minutes=5)
    with pytest.raises(SignedOut):
        grant_for(key, house.slug)


def test_a_stream_of_a_password_ends_with_the_tablet_as_well(
    house: Restaurant, cast: Cast, clock: Clock
) -> None:
    client = tablet_at(house)
    client.force_login(cast.host)
    assert client.get(HOUSE).status_code == 200
    key = str(client.session.session_key)
    assert grant_for(key, house.slug).restaurant_id == house.pk
    clock.advance(minutes=5)
    with pytest.raises(SignedOut):
        grant_for(key, house.slug)


def test_no_stream_ends_with_a_tablet_that_the_browser_was(
    house: Restaurant, cast: Cast, clock: Clock
) -> None:
    client = tablet_at(house)
    client.force_login(cast.host)
    client.get(HOUSE)
    del client.cookies[COOKIE]
    client.get(HOUSE)
    clock.advance(minutes=5)
    assert grant_for(str(client.session.session_key), house.slug).restaurant_id == house.pk


def test_a_made_up_cookie_is_no_tablet(cast: Cast) -> None:
    for value in ("", "x", "y" * 43, "z" * 5000):
        client = Client()
        client.cookies[COOKIE] = value
        assert client.get(LOCKED).headers["Location"] == "/staff/sign-in/"


def test_the_minutes_are_the_houses_own(as_: As, cast: Cast, house: Restaurant) -> None:
    client = as_(cast.manager)
    for wrong in ("0", "121", "", "soon"):
        answer = client.post(f"{HOUSE}tablets/", {"lock_after_minutes": wrong})
        assert answer.status_code == 422
    client.post(f"{HOUSE}tablets/", {"lock_after_minutes": "15"})
    house.refresh_from_db()
    assert house.lock_after_minutes == 15
    entry = AuditEntry.objects.latest("id")
    assert (entry.verb, entry.data) == (
        "restaurant.safety_changed",
        {"before": {"lock_after_minutes": 5}, "after": {"lock_after_minutes": 15}},
    )


def test_a_service_moves_no_money_for_a_pin(at_tablet: AtTablet, cast: Cast) -> None:
    house = member(cast, "owner").restaurant_id
    by = Actor(ActorKind.STAFF, cast.owner.public_id)
    check_staff(by, Capability.CHARGE, house)
    by = replace(by, by_pin=True)
    with pytest.raises(Forbidden):
        check_staff(by, Capability.CHARGE, house)
    with_password = replace(by, has_shown_password=True)
    check_staff(with_password, Capability.CHARGE, house)
    check_staff(with_password, Capability.OVERBOOK, house)
    for closed in (Capability.MANAGE, Capability.CONNECT, Capability.OWN):
        with pytest.raises(Forbidden):
            check_staff(with_password, closed, house)


def show_password(client: Client, user: User) -> None:
    user.set_password(PASSWORD)
    user.save()
    assert client.post("/staff/tablet/password/", {"password": PASSWORD}).status_code == 302


def test_the_password_at_a_tablet_charges_a_fee(
    at_tablet: AtTablet, cast: Cast, house: Restaurant, clock: Clock
) -> None:
    row = missed(house, clock, "card")
    client = at_tablet(cast.manager)
    fee = f"{HOUSE}bookings/{row.public_id}/money/fee/"
    said = {"amount": "30", "confirmed": "1", "way": "card", "once": "one"}
    assert client.post(fee, said).status_code == 302
    assert not Payment.objects.filter(kind="no_show_fee").exists()
    show_password(client, cast.manager)
    form = said | {"once": once_of(client.post(fee, {"amount": "30"}))}
    page = client.post(fee, form, follow=True).content.decode()
    assert "The fee is charged." in page
    assert Payment.objects.get(kind="no_show_fee").captured == Decimal(30)
    entry = AuditEntry.objects.get(verb="reservation.no_show_fee")
    assert (entry.actor_id, entry.origin) == (
        cast.manager.public_id,
        f"Front desk {cast.manager.pk}",
    )


def test_the_password_at_a_tablet_sets_a_limit_aside(
    at_tablet: AtTablet, cast: Cast, house: Restaurant, clock: Clock
) -> None:
    house.services.update(slot_covers=4)
    booked(house, size=4)
    clock.now = at("19:05")
    client = at_tablet(cast.manager)
    tap = {"do": "walk_in", "date": DATE.isoformat(), "size": "2", "overbook": "1", "once": "one"}
    scripted = {"X-Stand": "1"}
    assert client.post(f"{HOUSE}stand/do/", tap, headers=scripted).status_code == 403
    show_password(client, cast.manager)
    answer = client.post(f"{HOUSE}stand/do/", tap | {"once": "two"}, headers=scripted)
    assert (answer.status_code, answer.json()["ok"]) == (200, True)
    entry = AuditEntry.objects.get(verb="reservation.overbooked")
    assert entry.origin == f"Front desk {cast.manager.pk}"
