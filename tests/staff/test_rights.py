"""Every page of the staff area, for everyone who may knock: a table, and nobody left out of it."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse as reverse_url

from accounts.models import User
from core.actors import SYSTEM
from restaurants.models import Membership, Restaurant, Tablet
from restaurants.people import add_tablet
from staff.urls import urlpatterns
from tests.fixtures.twilio import connect
from tests.reservations.stand import DATE, at, booked, fingerprint, fresh, tables_of
from tests.staff.conftest import As, AtTablet, Cast, Connections, Money, tablet_at
from tests.staff.rights import (
    ACCOUNT,
    ANY_STAFF,
    AT_TABLETS,
    BY_PIN_ONLY,
    CONNECTORS,
    DECIDERS,
    FILLED_IN,
    GUESTS,
    KEEPERS,
    LEADS_ON,
    MANAGERS,
    MONEY,
    MOVES,
    OPEN,
    OWNERS,
    PEOPLE,
    POST_ONLY,
    RUNNERS,
    SEERS,
    SETUP,
    client_of,
    expected,
    money_url,
    names,
    state,
    url_of,
)

pytestmark = pytest.mark.django_db


def test_the_table_knows_every_page() -> None:
    assert sorted(names(urlpatterns)) == sorted(
        OPEN
        | AT_TABLETS
        | BY_PIN_ONLY
        | ACCOUNT
        | ANY_STAFF
        | SEERS
        | CONNECTORS
        | MONEY
        | MANAGERS
        | DECIDERS
        | LEADS_ON
        | RUNNERS
        | GUESTS
        | SETUP
    )


@pytest.mark.parametrize("who", PEOPLE)
def test_who_may_look(
    who: str,
    as_: As,
    at_tablet: AtTablet,
    cast: Cast,
    house: Restaurant,
    here: Connections,
    there: Connections,
) -> None:
    connect(house)
    client = client_of(who, as_, at_tablet, cast)
    for name in sorted(ANY_STAFF | SEERS | LEADS_ON | GUESTS | CONNECTORS - POST_ONLY):
        url = url_of(name, house, here)
        answer = client.get(url)
        assert answer.status_code == expected(name, who), (name, who)
        assert "no-store" in answer.headers["Cache-Control"], name
        if who in ("nobody", "guest"):
            assert answer.headers["Location"] == f"/staff/sign-in/?next={url}"


@pytest.mark.parametrize("who", PEOPLE)
def test_who_may_look_at_money(
    who: str, as_: As, at_tablet: AtTablet, cast: Cast, house: Restaurant, money: Money
) -> None:
    client = client_of(who, as_, at_tablet, cast)
    for name in sorted(MONEY - POST_ONLY):
        url = money_url(name, house, money)
        answer = client.get(url)
        wanted = expected(name, who)
        if wanted == 200 and name in ("booking_fee", "payment_account_stop"):
            # There is no fee of a deposit, and no account to stop using.
            assert answer.status_code == 404, (name, who)
            continue
        assert answer.status_code == wanted, (name, who)
        assert "no-store" in answer.headers["Cache-Control"], name
        if who in ("nobody", "guest"):
            assert answer.headers["Location"] == f"/staff/sign-in/?next={url}"


@pytest.mark.parametrize(
    "who", ["nobody", "guest", "viewer", "server", "host", "charlie", "manager", "pin"]
)
def test_a_refusal_moves_no_money(
    who: str, as_: As, at_tablet: AtTablet, cast: Cast, house: Restaurant, money: Money
) -> None:
    client, before = client_of(who, as_, at_tablet, cast), state()
    for name in sorted(MOVES):
        if expected(name, who) == 200:
            continue
        answer = client.post(money_url(name, house, money), FILLED_IN)
        assert answer.status_code == expected(name, who), (name, who)
    assert state() == before


@pytest.mark.parametrize("who", ["manager", "owner", "operator"])
def test_money_of_another_house_is_not_found_in_this_one(
    who: str, as_: As, cast: Cast, house: Restaurant, money: Money, money_there: Money
) -> None:
    client, before = as_(getattr(cast, who)), state()
    names = {"payment", "booking_money", "booking_messages"}
    names |= MOVES - OWNERS - {"payment_differences"}
    for name in sorted(names):
        url = money_url(name, house, money_there)
        if name not in POST_ONLY:
            assert client.get(url).status_code == 404, name
        if name in MOVES:
            assert client.post(url, FILLED_IN).status_code == 404, name
    assert state() == before


@pytest.mark.parametrize("who", ["nobody", "guest", "viewer", "server", "host", "charlie", "pin"])
def test_a_refusal_changes_nothing(
    who: str, as_: As, at_tablet: AtTablet, cast: Cast, house: Restaurant, here: Connections
) -> None:
    client, before = client_of(who, as_, at_tablet, cast), state()
    for name in sorted(CONNECTORS | GUESTS | {"sheet_after"}):
        wanted = expected(name, who)
        if name == "sheet_after" and who in ("viewer", "server"):
            wanted = 403
        if who in ("host", "pin") and name in KEEPERS | {"sheet_after"}:
            continue
        answer = client.post(url_of(name, house, here), FILLED_IN)
        assert answer.status_code == wanted, (name, who)
    assert state() == before


@pytest.mark.parametrize("who", ["manager", "owner"])
def test_guests_of_another_group_are_not_found(
    who: str, as_: As, cast: Cast, house: Restaurant, here: Connections, there: Connections
) -> None:
    client, before = as_(getattr(cast, who)), state()
    for name in sorted(GUESTS - {"guest_tags"} | {"guest"}):
        url = url_of(name, house, there)
        assert client.get(url).status_code == 404, name
        if name != "guest":
            assert client.post(url, FILLED_IN).status_code in (404, 405), name
    assert state() == before


@pytest.mark.parametrize("who", ["manager", "owner", "operator"])
def test_what_belongs_to_another_house_is_not_found_in_this_one(
    who: str,
    as_: As,
    cast: Cast,
    house: Restaurant,
    here: Connections,
    there: Connections,
) -> None:
    client, before = as_(getattr(cast, who)), state()
    for name in sorted(CONNECTORS - {"keys", "key_new", "webhooks", "webhook_new"}):
        if name in ("sources", "source_new") or name.startswith("texts"):
            continue
        url = url_of(name, house, there)
        if name not in POST_ONLY:
            assert client.get(url).status_code == 404, name
        assert client.post(url, FILLED_IN).status_code in (404, 405), name
    assert state() == before


POSTED_ONLY = {"person_link", "person_unlock", "pin_unlock", "account_sessions"}


def people_url(name: str, house: Restaurant, about: User, tablet: Tablet | None = None) -> str:
    arguments = [] if name in ACCOUNT - {"account_pin"} else [house.slug]
    if name in DECIDERS - {"people", "person_new"} or name.startswith("pin_"):
        arguments.append(about.public_id)
    if name == "tablet_revoke":
        assert tablet is not None
        arguments.append(tablet.public_id)
    return reverse_url(f"staff:{name}", args=arguments)


def expected_of_people(name: str, who: str) -> int:
    if who in ("nobody", "guest"):
        return 302
    if who == "pin":
        return 403
    if name == "account_pin":
        return 404 if who in ("charlie", "operator") else 200
    if name in ACCOUNT:
        return 200
    if who == "charlie":
        return 404
    deciders = ("owner", "operator")
    return 200 if who in deciders or (who == "manager" and name in MANAGERS) else 403


@pytest.mark.parametrize("who", PEOPLE)
def test_who_may_look_at_people_and_the_log(
    who: str, as_: As, at_tablet: AtTablet, cast: Cast, house: Restaurant
) -> None:
    tablet, _ = add_tablet(house, "Bar", by=SYSTEM)
    client = client_of(who, as_, at_tablet, cast)
    for name in sorted((ACCOUNT | MANAGERS | DECIDERS) - POSTED_ONLY):
        url = people_url(name, house, cast.host, tablet)
        answer = client.get(url)
        assert answer.status_code == expected_of_people(name, who), (name, who)
        assert "no-store" in answer.headers["Cache-Control"], name
        if who in ("nobody", "guest"):
            assert answer.headers["Location"] == f"/staff/sign-in/?next={url}"


@pytest.mark.parametrize("who", PEOPLE)
def test_a_refusal_changes_nobody(
    who: str, as_: As, at_tablet: AtTablet, cast: Cast, house: Restaurant
) -> None:
    tablet, _ = add_tablet(house, "Bar", by=SYSTEM)
    client, before = client_of(who, as_, at_tablet, cast), state()
    for name in sorted(ACCOUNT | MANAGERS | DECIDERS):
        wanted = expected_of_people(name, who)
        if wanted == 200:
            continue
        answer = client.post(people_url(name, house, cast.host, tablet), PEOPLE_FORM)
        assert answer.status_code == wanted, (name, who)
    assert state() == before


PEOPLE_FORM = {
    "email": "eve@example.com",
    "role": "owner",
    "language": "en",
    "label": "Eve’s telephone",
    "lock_after_minutes": "120",
    "required": "on",
    "full_name": "Eve",
    "pin": "739182",
    "again": "739182",
    "once": "x",
}


@pytest.mark.parametrize("who", ["manager", "owner", "operator"])
def test_people_and_tablets_of_another_house_are_not_found_in_this_one(
    who: str, as_: As, cast: Cast, house: Restaurant, elsewhere: Restaurant
) -> None:
    theirs, _ = add_tablet(elsewhere, "Bar", by=SYSTEM)
    client, before = as_(getattr(cast, who)), state()
    names = DECIDERS - {"people", "person_new"} if who != "manager" else set()
    for name in sorted(names | {"tablet_revoke", "pin_first", "pin_unlock"}):
        url = people_url(name, house, cast.charlie, theirs)
        if name not in POSTED_ONLY:
            assert client.get(url).status_code == 404, name
        assert client.post(url, PEOPLE_FORM).status_code == 404, name
    assert state() == before


def test_a_manager_hands_no_pin_to_who_may_do_as_much(
    as_: As, cast: Cast, house: Restaurant
) -> None:
    client, before = as_(cast.manager), state()
    for person in (cast.owner, cast.manager):
        assert client.get(people_url("pin_first", house, person)).status_code == 403
        assert client.post(people_url("pin_first", house, person), {"once": "x"}).status_code == 403
    assert state() == before


@pytest.mark.parametrize("who", PEOPLE)
def test_pages_of_a_tablet_are_for_tablets(
    who: str, as_: As, at_tablet: AtTablet, cast: Cast, house: Restaurant
) -> None:
    client = client_of(who, as_, at_tablet, cast)
    for name in sorted(AT_TABLETS):
        arguments = [cast.host.public_id] if name == "tablet_pin" else []
        url = reverse_url(f"staff:{name}", args=arguments)
        answer = client.post(url, {"pin": "1"}) if who != "pin" else client.get(url)
        if who != "pin":
            assert answer.headers["Location"] == "/staff/sign-in/", (name, who)
        else:
            assert answer.status_code in (200, 302, 405), name
    for name in sorted(BY_PIN_ONLY):
        answer = client.get(reverse_url(f"staff:{name}"))
        wanted = {"pin": 200, "nobody": 302, "guest": 302}.get(who, 404)
        assert answer.status_code == wanted, (name, who)


def test_a_locked_tablet_is_nobody(house: Restaurant, cast: Cast) -> None:
    client = tablet_at(house)
    for name in sorted(ANY_STAFF | ACCOUNT - {"account_sessions"}):
        url = people_url(name, house, cast.host) if name in ACCOUNT else url_of_any(name)
        assert client.get(url).headers["Location"] == f"/staff/tablet/?next={url}"
    for url in ("/admin/", "/admin/restaurants/membership/"):
        assert client.get(url).status_code == 302


def url_of_any(name: str) -> str:
    return reverse_url(f"staff:{name}")


def test_a_pin_is_nobody_in_the_administration(at_tablet: AtTablet, cast: Cast) -> None:
    answer = at_tablet(cast.owner).get("/admin/")
    assert answer.status_code == 302
    assert answer.headers["Location"] == "/admin/login/?next=/admin/"


def test_a_pin_opens_no_other_house(at_tablet: AtTablet, cast: Cast, elsewhere: Restaurant) -> None:
    Membership.objects.create(user=cast.owner, restaurant=elsewhere, role="owner")
    client = at_tablet(cast.owner)
    assert client.get(f"/staff/r/{elsewhere.slug}/").status_code == 404


def test_an_endpoint_is_not_made_with_another_houses_key(
    as_: As, cast: Cast, house: Restaurant, here: Connections, there: Connections
) -> None:
    url, before = reverse_url("staff:webhook_new", args=[house.slug]), state()
    answer = as_(cast.owner).post(url, FILLED_IN | {"key": there.key.public_id})
    assert answer.status_code == 422
    assert state() == before


def test_a_delivery_is_found_at_its_own_endpoint_only(
    as_: As, cast: Cast, house: Restaurant, here: Connections, there: Connections
) -> None:
    arguments = [house.slug, here.endpoint.public_id, there.delivery.public_id]
    assert as_(cast.owner).get(reverse_url("staff:delivery", args=arguments)).status_code == 404


def test_rights_end_at_once_with_the_membership_the_account_or_the_role(
    as_: As, cast: Cast, house: Restaurant, here: Connections
) -> None:
    client, url = as_(cast.manager), url_of("keys", house, here)
    assert client.get(url).status_code == 200
    cast.manager.memberships.update(role="host")
    assert client.get(url).status_code == 403
    cast.manager.memberships.all().delete()
    assert client.get(url).status_code == 404
    cast.manager.is_staff = False
    cast.manager.save()
    assert client.get(url).status_code == 302


def test_a_part_of_a_page_sends_the_whole_page_to_the_door(
    as_: As, cast: Cast, house: Restaurant, here: Connections
) -> None:
    url = url_of("delivery", house, here)
    answer = as_(None).get(url, headers={"HX-Request": "true"})
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (
        200,
        f"/staff/sign-in/?next={url}",
    )


@pytest.mark.parametrize(
    "query", ["?q=%00", "?q=" + "x" * 5000, "?q=%F0%9F%8D%BD", "?q=%", "?lang=fr"]
)
def test_odd_searches_are_answered(as_: As, cast: Cast, house: Restaurant, query: str) -> None:
    assert as_(cast.operator).get("/staff/" + query).status_code == 200


def test_a_form_without_its_token_is_refused(
    cast: Cast, house: Restaurant, here: Connections, money: Money
) -> None:
    client, before = Client(enforce_csrf_checks=True), state()
    client.force_login(cast.owner)
    for name in sorted(CONNECTORS | GUESTS | {"sheet_after", "sign_in", "sign_out"}):
        if name in ("guest_json", "guest_csv"):
            continue
        assert client.post(url_of(name, house, here), FILLED_IN).status_code == 403, name
    for name in sorted(MOVES):
        assert client.post(money_url(name, house, money), FILLED_IN).status_code == 403, name
    assert state() == before


def test_pages_tell_no_name_of_a_house_of_others(
    as_: As, cast: Cast, elsewhere: Restaurant, house: Restaurant, here: Connections
) -> None:
    client = as_(cast.owner)
    for name in sorted(SEERS | CONNECTORS - POST_ONLY):
        if name.endswith("_csv"):
            continue
        page = client.get(url_of(name, house, here)).content.decode()
        assert elsewhere.name not in page, name


@pytest.mark.parametrize("who", PEOPLE)
def test_who_may_run_the_stand(
    who: str, as_: As, at_tablet: AtTablet, cast: Cast, house: Restaurant
) -> None:
    client, before = client_of(who, as_, at_tablet, cast), state()
    refused = {"nobody": 302, "guest": 302, "charlie": 404, "viewer": 403}
    for name in sorted(RUNNERS):
        url = reverse_url(f"staff:{name}", args=[house.slug])
        if name in ("stand_new", "stand_where"):
            seen = client.get(url, {"mode": "block"}).status_code
            assert seen == (403 if who == "server" else refused.get(who, 200)), (name, who)
        # There is nothing to do by these fields; who may do nothing is not told so much.
        sent = client.post(url, {"do": "dance", "token": "undo_x", "size": "many"})
        nothing = {"stand_where": 405, "stand_new": 409}.get(name, 404)
        if who == "server" and name != "stand_do":
            nothing = 403
        assert sent.status_code == refused.get(who, nothing), (name, who)
    assert state() == before


@pytest.mark.parametrize("who", PEOPLE)
def test_who_may_use_the_timeline(
    who: str, as_: As, at_tablet: AtTablet, cast: Cast, house: Restaurant
) -> None:
    ada, bo = booked(house), booked(house, name="Bo")
    client, before = client_of(who, as_, at_tablet, cast), (state(), fingerprint())
    shut = {"nobody": 302, "guest": 302, "charlie": 404}
    asked = {"view": "timeline", "date": DATE.isoformat(), "party": ada.public_id}
    for name in ("stand", "stand_fragment", "stand_drawer"):
        seen = client.get(reverse_url(f"staff:{name}", args=[house.slug]), asked)
        assert seen.status_code == shut.get(who, 200), (name, who)
    shut |= {"viewer": 403, "server": 403}
    for mode in ("move", "stretch", "swap"):
        url = reverse_url("staff:stand_where", args=[house.slug])
        assert client.get(url, asked | {"mode": mode}).status_code == shut.get(who, 200), mode
    second = house.tables.get(label="2").public_id
    for deed, fields in (
        (f"extend {ada.public_id}", {"minutes": "15"}),
        (
            f"swap {ada.public_id}",
            {"other": bo.public_id, "other_expected": str(fresh(bo).version)},
        ),
        (f"move {ada.public_id}", {"tables": second, "time": "19:30"}),
    ):
        said = asked | fields | {"do": f"{deed} {fresh(ada).version}", "once": deed}
        url = reverse_url("staff:stand_do", args=[house.slug])
        done = client.post(url, said, headers={"X-Stand": "1"})
        assert done.status_code == shut.get(who, 200), (deed, who, done.content)
    if who in shut:
        assert (state(), fingerprint()) == before
    else:
        assert (tables_of(ada), fresh(ada).starts_at) == (["2"], at("19:30"))


def test_a_party_of_another_house_is_on_no_timeline(
    as_: As, cast: Cast, house: Restaurant, elsewhere: Restaurant
) -> None:
    ada = booked(house)
    before, asked = fingerprint(), {"view": "timeline", "date": DATE.isoformat()}
    client, theirs = as_(cast.charlie), f"/staff/r/{elsewhere.slug}/stand/"
    for mode in ("move", "stretch", "swap"):
        answer = client.get(f"{theirs}where/", asked | {"mode": mode, "party": ada.public_id})
        assert answer.status_code == 404, mode
        deed = f"{'extend' if mode == 'stretch' else mode} {ada.public_id} {ada.version}"
        assert client.post(f"{theirs}do/", asked | {"do": deed}).status_code == 404, mode
    assert fingerprint() == before
