"""Tables held online and sections in the film of an evening, also of before they were told."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import connection

from reservations.engine.film import HoldThen
from reservations.engine.stand import TableState
from reservations.guests import Guest
from reservations.ledger import confirm
from reservations.models import Hold
from reservations.selectors.night.then import Film, film_of
from reservations.services import stand
from reservations.services.changes import Change, change_reservation
from reservations.services.confirmation import Particulars, confirm_hold
from reservations.services.holds import (
    HoldRequest,
    expire_holds,
    extend_hold,
    place_hold,
    release_hold,
)
from restaurants.models import Restaurant
from tests.fixtures.domain import Clock
from tests.reservations.stand import (
    DATE,
    HOST,
    at,
    booked,
    check_film,
    ids,
    make_house,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def venue(db: None) -> Restaurant:
    """Five tables of a house in New York."""
    return make_house()


def shot(venue: Restaurant) -> Film:
    return film_of(venue.pk, DATE)


def verbs(film: Film) -> list[str]:
    return [line.event.verb for line in film.lines]


def held(venue: Restaurant, guest: Guest, time: str = "19:00", size: int = 2) -> str:
    """The public id of a hold that the guest placed."""
    return place_hold(
        HoldRequest(venue.public_id, DATE, time, size), guest, by=guest.actor
    ).public_id


def states(film: Film, number: int) -> dict[str, TableState]:
    return {table.label: table.state for table in film.night(number).tables}


def forget_states(*verbs: str) -> None:
    """As if these deeds were of before their states were written down."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE core_auditentry DISABLE TRIGGER audit_append_only")
        cursor.execute(
            "UPDATE core_auditentry SET data = data - 'state' WHERE verb = ANY(%s)", [list(verbs)]
        )
        cursor.execute("ALTER TABLE core_auditentry ENABLE TRIGGER audit_append_only")


def seconds(time: str) -> int:
    return int(at(time).timestamp())


def test_a_hold_that_was_let_go_kept_its_table_meanwhile(
    venue: Restaurant, clock: Clock, guest: Guest
) -> None:
    clock.now = at("18:50")
    identifier = held(venue, guest)
    check_film(venue, clock.now)
    clock.now = at("18:55")
    release_hold(identifier, guest, by=guest.actor)
    check_film(venue, clock.now)
    film = shot(venue)
    assert verbs(film) == ["hold.placed", "hold.released"]
    assert [states(film, number)["1"] for number in (0, 1)] == [TableState.SOON, TableState.FREE]
    (table,) = ids(venue, "1")
    assert film.evening(0).holds == {
        identifier: HoldThen(
            DATE.isoformat(),
            2,
            seconds("19:00"),
            (venue.tables.get(public_id=table).pk,),
            seconds("19:00"),
            seconds("21:10"),
        )
    }
    assert film.evening(1).holds == {}


def test_a_hold_is_over_by_the_clock_before_anybody_tidies_up(
    venue: Restaurant, clock: Clock, guest: Guest
) -> None:
    clock.now = at("18:58")
    held(venue, guest)
    clock.now = at("19:01")
    assert states(_with_a_deed(venue), 1)["1"] is TableState.HELD
    clock.now = at("19:08")
    assert states(_with_a_deed(venue), 2)["1"] is TableState.FREE
    check_film(venue, clock.now)
    clock.now = at("19:12")
    assert expire_holds() == 1
    check_film(venue, clock.now)
    film = shot(venue)
    assert verbs(film)[0] == "hold.placed"
    assert verbs(film)[-1] == "hold.expired"
    assert film.night(len(film.lines) - 1).floor.uses == {}


def _with_a_deed(venue: Restaurant) -> Film:
    """Something is done that changes no table, so that there is a frame of this instant."""
    stand.write_note(venue.public_id, DATE, "A note.", by=HOST)
    return shot(venue)


def test_a_hold_that_was_made_longer_is_kept_as_long(
    venue: Restaurant, clock: Clock, guest: Guest
) -> None:
    clock.now = at("18:58")
    identifier = held(venue, guest)
    clock.now = at("19:05")
    extend_hold(identifier, guest, by=guest.actor)
    check_film(venue, clock.now)
    clock.now = at("19:14")
    film = _with_a_deed(venue)
    assert [film.evening(number).holds[identifier].expires for number in range(3)] == [
        seconds("19:08"),
        seconds("19:15"),
        seconds("19:15"),
    ]
    assert states(film, 2)["1"] is TableState.HELD


def test_a_hold_that_is_kept_while_its_guest_pays_is_kept_in_the_film(
    venue: Restaurant, clock: Clock, guest: Guest
) -> None:
    clock.now = at("18:58")
    identifier = held(venue, guest)
    clock.now = at("19:07")
    key = Hold.objects.get(public_id=identifier).pk
    confirm.keep_hold(key, until=at("19:17"), now=clock.now)
    check_film(venue, clock.now)
    confirm.keep_hold(key, until=at("19:10"), now=clock.now)
    film = shot(venue)
    assert verbs(film) == ["hold.placed", "hold.kept"]
    assert film.evening(1).holds[identifier].expires == seconds("19:17")


def test_a_hold_that_becomes_a_booking_is_one_party(
    venue: Restaurant, clock: Clock, guest: Guest
) -> None:
    identifier = held(venue, guest)
    particulars = Particulars(name="Cleo")
    confirm_hold(identifier, guest, method=None, particulars=particulars, by=guest.actor)
    check_film(venue, clock.now)
    film = shot(venue)
    assert verbs(film) == ["hold.placed", "reservation.confirmed"]
    assert [len(film.evening(number).holds) for number in (0, 1)] == [1, 0]
    assert [len(film.night(number).parties) for number in (0, 1)] == [0, 1]
    assert [len(film.night(number).uses) for number in (0, 1)] == [1, 1]


def test_holds_of_before_they_were_told_are_known_from_their_decisions(
    venue: Restaurant, clock: Clock, guest: Guest
) -> None:
    clock.now = at("18:50")
    first = held(venue, guest)
    clock.now = at("18:55")
    release_hold(first, guest, by=guest.actor)
    second = held(venue, guest)
    clock.now = at("18:56")
    particulars = Particulars(name="Cleo")
    confirm_hold(second, guest, method=None, particulars=particulars, by=guest.actor)
    told = shot(venue)
    forget_states("hold.placed", "hold.released")
    film = shot(venue)
    assert [film.evening(n).holds for n in range(2)] == [told.evening(n).holds for n in range(2)]
    # Its claim is the party's by now: until when the table is cleared is not known any more.
    (then,) = film.evening(2).holds.values()
    assert (then.expires, then.claimed_until) == (seconds("19:05"), seconds("21:00"))
    assert film.evening(3).holds == {}
    assert film.evening(3).unknown == frozenset()


def test_a_hold_nothing_was_kept_of_is_said_to_be_unknown(
    venue: Restaurant, clock: Clock, guest: Guest
) -> None:
    identifier = held(venue, guest)
    forget_states("hold.placed")
    Hold.objects.filter(public_id=identifier).update(public_id="hold_another")
    film = shot(venue)
    assert film.evening(0).unknown == {identifier}
    assert film.evening(0).holds == {}


def on_shift(venue: Restaurant, *names: str) -> list[str]:
    return [stand.put_on_shift(venue.public_id, DATE, name, by=HOST).target for name in names]


def sections(film: Film, number: int) -> dict[str, list[str]]:
    night = film.night(number)
    return {server.name: list(night.labels(server.table_ids)) for server in night.servers}


def test_sections_are_whose_they_were_after_each_deed(venue: Restaurant, clock: Clock) -> None:
    clock.now = at("17:00")
    ana, ben = on_shift(venue, "Ana", "Ben")
    clock.now = at("17:05")
    stand.give_section(ana, ids(venue, "1", "2", "3"), by=HOST)
    check_film(venue, clock.now)
    clock.now = at("18:30")
    stand.give_section(ben, ids(venue, "3", "4"), by=HOST)
    check_film(venue, clock.now)
    clock.now = at("21:00")
    stand.cut(ana, by=HOST)
    check_film(venue, clock.now)
    film = shot(venue)
    assert [sections(film, number) for number in (1, 2, 3)] == [
        {"Ana": [], "Ben": []},
        {"Ana": ["1", "2", "3"], "Ben": []},
        {"Ana": ["1", "2"], "Ben": ["3", "4"]},
    ]
    assert [[s.is_cut for s in film.night(n).servers] for n in (3, 4)] == [
        [False, False],
        [True, False],
    ]
    badges = {table.label: table.server_id for table in film.night(3).tables}
    first, second = (server.id for server in film.night(3).servers)
    assert badges == {"1": first, "2": first, "3": second, "4": second, "5": None}


def test_a_section_that_was_taken_back_is_whose_it_was_before(
    venue: Restaurant, clock: Clock
) -> None:
    clock.now = at("17:00")
    ana, ben = on_shift(venue, "Ana", "Ben")
    stand.give_section(ana, ids(venue, "1", "2"), by=HOST)
    clock.now = at("18:30")
    given = stand.give_section(ben, ids(venue, "2"), by=HOST)
    clock.advance(seconds=4)
    stand.undo(given.token, by=HOST)
    check_film(venue, clock.now)
    clock.now = at("18:40")
    late = stand.put_on_shift(venue.public_id, DATE, "Cem", by=HOST)
    clock.advance(seconds=4)
    stand.undo(late.token, by=HOST)
    check_film(venue, clock.now)
    film = shot(venue)
    assert [sections(film, number) for number in (2, 3, 4)] == [
        {"Ana": ["1", "2"], "Ben": []},
        {"Ana": ["1"], "Ben": ["2"]},
        {"Ana": ["1", "2"], "Ben": []},
    ]
    assert [len(film.evening(number).servers) for number in (4, 5, 6)] == [2, 3, 2]


def test_sections_given_a_week_ahead_are_in_the_film(venue: Restaurant, clock: Clock) -> None:
    clock.now = at("17:00") - dt.timedelta(days=7)
    (ana,) = on_shift(venue, "Ana")
    stand.give_section(ana, ids(venue, "5"), by=HOST)
    clock.now = at("17:00")
    booked(venue)
    check_film(venue, clock.now)
    assert sections(shot(venue), 2) == {"Ana": ["5"]}


def test_sections_of_before_they_were_told_are_said_to_be_unknown(
    venue: Restaurant, clock: Clock
) -> None:
    clock.now = at("17:00")
    (ana,) = on_shift(venue, "Ana")
    stand.give_section(ana, ids(venue, "1"), by=HOST)
    forget_states("server.on_shift", "server.section")
    film = shot(venue)
    assert film.evening(1).unknown == {ana}
    assert sections(film, 1) == {"Ana": []}


def test_who_moved_to_another_date_has_no_table_any_more(venue: Restaurant, clock: Clock) -> None:
    row = booked(venue)
    assert len(shot(venue).night(0).uses) == 1
    other = DATE + dt.timedelta(days=1)
    change_reservation(row.public_id, Change(service_date=other, time="19:00"), by=HOST)
    assert shot(venue).night(1).uses == ()
