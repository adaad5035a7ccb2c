"""Two managers and one form of set-up: the second is told, and overwrites nothing unseen."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch

import pytest
from django.db import connection
from django.test import Client

from core.actors import Actor, ActorKind
from core.locks import lock
from reservations.selectors.today import service_date_at
from reservations.services.setup.shown import SetupChanged, save_as_shown
from reservations.services.setup.times import save_rules, save_service, save_special_day
from reservations.services.stand import pause_online
from restaurants.models import (
    Closure,
    DiningService,
    OpeningHours,
    Restaurant,
    SpecialDay,
    TurnTime,
)
from restaurants.services import add_closure, close_day, reopen_day
from staff.forms.shown import read
from staff.views.setup.preview import PreviewedView
from tests.fixtures.domain import Clock
from tests.staff.conftest import As, Cast
from tests.staff.test_setup import service_fields, service_of, text_of, url

pytestmark = pytest.mark.django_db
DATE = "2025-12-24"
DAY = dt.date.fromisoformat(DATE)
OTHER_DAY = dt.date(2025, 12, 27)
OLGA, THEO = (Actor(ActorKind.STAFF, name, f"{name}@example.com") for name in ("olga", "theo"))
NEUTRAL = "<strong>Somebody else has changed this since you opened it.</strong>"


@dataclass(frozen=True)
class Case:
    """A form, what each of two managers sends, and how one sees what is there now."""

    name: str
    address: Callable[[Restaurant], str]
    first: dict[str, Any]
    second: dict[str, Any]
    now: str
    """What the page says is there now."""
    typed: str
    """What stands in the form of who came second."""
    read: Callable[[Restaurant], Any]
    before: Callable[[Restaurant], object] = field(default=lambda _: None)


def on_one_date(house: Restaurant) -> None:
    DiningService.objects.filter(restaurant=house).update(date=DATE, weekdays=[])


def rules(**fields: str) -> dict[str, str]:
    sent = {"accepts_reservations": "on", "window_days": "30", "lead_minutes": "60"}
    sent |= {"min_party": "1", "max_party": "8", "buffer_minutes": "15", "hold_minutes": "10"}
    return sent | {"offer_minutes": "15", "queue_keep_minutes": "10"} | fields


def steps(house: Restaurant) -> list[tuple[int, int]]:
    return list(house.turn_times.order_by("up_to").values_list("up_to", "minutes"))


CASES = [
    Case(
        "service",
        lambda house: url(house, "setup_service", service_of(house).public_id),
        service_fields(name="Supper"),
        service_fields(name="Dîner & co"),
        "Name: now Supper; you typed Dîner &amp; co",
        'value="Dîner &amp; co"',
        lambda house: service_of(house).name,
    ),
    Case(
        "service of one date",
        lambda house: url(house, "setup_service", service_of(house).public_id),
        service_fields(name="Supper", weekdays=[], date=DATE),
        service_fields(name="Dîner", weekdays=[], date=DATE),
        "Name: now Supper; you typed Dîner",
        'value="Dîner"',
        lambda house: service_of(house).name,
        on_one_date,
    ),
    Case(
        "pacing",
        lambda house: url(house, "setup_pacing", service_of(house).public_id),
        {"usual-slot_covers": "8", "q1140-slot_covers": "4"},
        {"usual-slot_covers": "6"},
        "Guests in all, 19:00: now 4",
        'name="usual-slot_covers" value="6"',
        lambda house: service_of(house).slot_covers,
    ),
    Case(
        "turns",
        lambda house: url(house, "setup_turns"),
        {"up_to_0": "2", "minutes_0": "75"},
        {"up_to_0": "2", "minutes_0": "90"},
        "Step 1, Minutes: now 75; you typed 90",
        'name="minutes_0" value="90"',
        steps,
    ),
    Case(
        "hours",
        lambda house: url(house, "setup_hours"),
        {"venue_0": "12:00-14:30", "sure": "1"},
        {"venue_0": "11:00-15:00", "venue_1": "18-22", "sure": "1"},
        "Monday, Venue: now 12:00–14:30; you typed 11:00-15:00",
        'value="18-22"',
        lambda house: [
            f"{row.opens:%H:%M}" for row in OpeningHours.objects.filter(restaurant=house)
        ],
    ),
    Case(
        "day",
        lambda house: url(house, "setup_day", DATE),
        {"date": DATE, "opens": "12:00", "closes": "15:00", "note": "Christmas Eve"},
        {"date": DATE, "opens": "12:00", "closes": "20:00"},
        "Closes: now 15:00; you typed 20:00",
        'value="20:00"',
        lambda house: str(SpecialDay.objects.get(restaurant=house).closes),
        lambda house: SpecialDay.objects.create(restaurant=house, date=DATE),
    ),
    Case(
        "closures",
        lambda house: url(house, "setup_closures"),
        {"kind": "slot", "date": DATE, "starts": "18:00", "ends": "20:00", "note": "Party"},
        {"kind": "slot", "date": DATE, "starts": "19:00", "ends": "22:00", "note": "Full"},
        "The whole restaurant: now Wed 24 Dec",
        'value="Full"',
        lambda house: [row.note for row in Closure.objects.filter(restaurant=house)],
    ),
    Case(
        "closed days",
        lambda house: url(house, "setup_closures"),
        {"kind": "day", "date": DATE, "note": "Party"},
        {"kind": "day", "date": "2025-12-23", "until_date": "2025-12-26", "note": "Holiday"},
        "Wednesday 24 December 2025: now Closed",
        'value="Holiday"',
        lambda house: [row.note for row in SpecialDay.objects.filter(restaurant=house)],
    ),
    Case(
        "rules",
        lambda house: url(house, "setup_rules"),
        rules(window_days="60"),
        rules(window_days="90", max_party="10"),
        "Days ahead guests may book: now 60; you typed 90",
        'value="90"',
        lambda house: Restaurant.objects.get(pk=house.pk).window_days,
    ),
]
every_form = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


def opened(client: Client, address: str) -> dict[str, str]:
    """What a browser sends along that has opened the form."""
    return {"shown": client.get(address).context["shown"]}


def sent_again(page: Any) -> dict[str, str]:
    return {"shown": page.context["shown"]}


@every_form
def test_who_comes_second_is_told_and_keeps_what_was_typed(
    case: Case, as_: As, cast: Cast, house: Restaurant
) -> None:
    case.before(house)
    first, second = as_(cast.manager), as_(cast.owner)
    address = case.address(house)
    saw, saw_too = opened(first, address), opened(second, address)
    assert first.post(address, {**case.first, **saw}).status_code == 302
    there = case.read(house)
    page = second.post(address, {**case.second, **saw_too})
    assert (page.status_code, case.read(house)) == (409, there)
    text = text_of(page)
    assert re.search(r"<strong>[^<]+ has saved this at \d\d:\d\d, after you opened it.", text)
    assert "Nothing of yours is saved yet." in text
    assert (page.context["form"].errors, page.context["box"].problems) == ({}, ())
    plain = re.sub(r"</?strong>", "", text).replace(" :", ":")
    assert case.now in plain
    assert case.typed in text
    # They have seen it now: what they save is saved.
    assert second.post(address, {**case.second, **sent_again(page)}).status_code == 302
    assert case.read(house) != there


@every_form
def test_negative_control_unseen_the_second_would_overwrite(
    case: Case, as_: As, cast: Cast, house: Restaurant
) -> None:
    case.before(house)
    client, address = as_(cast.manager), case.address(house)
    saw = opened(client, address)
    assert client.post(address, {**case.first, **saw}).status_code == 302
    there = case.read(house)
    module = "staff.views.setup.preview.PreviewedView.is_as_shown"
    with patch(module, lambda *_: True), _closures_unguarded():
        assert client.post(address, {**case.second, **saw}).status_code == 302
    assert case.read(house) != there


@contextmanager
def _closures_unguarded() -> Iterator[None]:
    with patch("staff.views.setup.hours.ClosuresView.is_as_shown", PreviewedView.is_as_shown):
        yield


@every_form
def test_alone_one_saves_as_often_as_one_likes(
    case: Case, as_: As, cast: Cast, house: Restaurant
) -> None:
    case.before(house)
    client, address = as_(cast.manager), case.address(house)
    assert client.post(address, {**case.first, **opened(client, address)}).status_code == 302
    where = "/days/" if case.name == "day" else address
    answer = client.post(address, {**case.second, **opened(client, address)}, follow=True)
    assert where in answer.redirect_chain[0][0] or case.name.startswith("service")


def test_a_look_at_the_preview_does_not_make_a_stale_form_fresh(
    as_: As, cast: Cast, house: Restaurant
) -> None:
    client, address = as_(cast.manager), url(house, "setup_turns")
    saw = opened(client, address)
    TurnTime.objects.create(restaurant=house, up_to=4, minutes=60)
    sent = {"up_to_0": "2", "minutes_0": "90"}
    page = client.post(address, {**sent, **saw, "look": "1"})
    assert page.status_code == 200
    page = client.post(address, {**sent, **sent_again(page)})
    assert (page.status_code, (2, 90) in steps(house)) == (409, False)
    assert "Somebody else has changed this since you opened it." in text_of(page)


def test_what_was_not_touched_takes_what_is_there_now(
    as_: As, cast: Cast, house: Restaurant
) -> None:
    """One changes the notice, the other the buffer: neither takes the other's back."""
    client, address = as_(cast.manager), url(house, "setup_rules")
    assert client.post(address, rules() | opened(client, address)).status_code == 302
    saw = opened(client, address)
    assert client.post(address, rules(lead_minutes="180") | saw).status_code == 302
    page = client.post(address, rules(buffer_minutes="20") | saw)
    form = page.context["form"]
    assert (form["lead_minutes"].value(), form["buffer_minutes"].value()) == ("180", "20")
    # A tick that somebody took away is away, also for who never touched it.
    saw = opened(client, address)
    unticked = {k: v for k, v in rules().items() if k != "accepts_reservations"}
    assert client.post(address, unticked | saw | {"sure": "1"}).status_code == 302
    page = client.post(address, rules(hold_minutes="12") | saw)
    assert page.context["form"]["accepts_reservations"].value() is False
    assert "Guests can book</strong>: now no" in text_of(page)


def test_a_form_that_shows_nothing_overwrites_nothing(
    as_: As, cast: Cast, house: Restaurant
) -> None:
    client, address = as_(cast.manager), url(house, "setup_rules")
    for odd in ({}, {"shown": ""}, {"shown": "["}, {"shown": "[1]"}, {"shown": '{"a": {}}'}):
        assert client.post(address, rules() | odd).status_code == 409, odd
    assert Restaurant.objects.get(pk=house.pk).window_days == 365
    closures = url(house, "setup_closures")
    sent = {"kind": "slot", "date": DATE, "starts": "18:00", "ends": "20:00"}
    for number, odd_mark in enumerate(('{"newest": "x"}', '{"newest": "9999999999999999999"}')):
        sent["date"] = f"2025-12-0{number + 1}"
        assert client.post(closures, {**sent, "shown": odd_mark}).status_code == 302


def test_closing_another_evening_is_nobodys_business(
    as_: As, cast: Cast, house: Restaurant
) -> None:
    client, address = as_(cast.manager), url(house, "setup_closures")
    saw = opened(client, address)
    sent = {"kind": "slot", "starts": "18:00", "ends": "20:00"}
    assert client.post(address, {**sent, **saw, "date": DATE}).status_code == 302
    assert client.post(address, {**sent, **saw, "date": "2025-12-23"}).status_code == 302


def test_a_day_that_was_changed_is_not_removed_unseen(
    as_: As, cast: Cast, house: Restaurant
) -> None:
    SpecialDay.objects.create(restaurant=house, date=DATE)
    client, address = as_(cast.manager), url(house, "setup_day", DATE)
    saw = opened(client, address)
    day = {"date": DATE, "opens": "12:00", "closes": "15:00"}
    assert client.post(address, {**day, **saw}).status_code == 302
    page = client.post(address, {"date": DATE, "remove": "1", **saw})
    assert page.status_code == 409
    assert SpecialDay.objects.get(restaurant=house).opens == dt.time(12)
    assert client.post(address, {**sent_again(page), "remove": "1"}).status_code == 302
    assert not SpecialDay.objects.filter(restaurant=house).exists()


def test_a_day_that_is_changed_while_it_is_removed_stays(
    as_: As, cast: Cast, house: Restaurant
) -> None:
    SpecialDay.objects.create(restaurant=house, date=DATE)
    client, address = as_(cast.manager), url(house, "setup_day", DATE)
    saw = opened(client, address)

    def lock_after_another(*of: Any) -> None:
        SpecialDay.objects.filter(restaurant=house).update(note="Christmas Eve")
        lock(*of)

    with patch("reservations.services.setup.shown.lock", lock_after_another):
        page = client.post(address, {"date": DATE, "remove": "1", **saw})
    assert page.status_code == 409
    assert SpecialDay.objects.filter(restaurant=house).exists()


@pytest.mark.parametrize("name", ["service", "day"])
def test_what_was_removed_meanwhile_is_said_and_what_was_typed_is_kept(
    name: str, as_: As, cast: Cast, house: Restaurant
) -> None:
    case = next(each for each in CASES if each.name == name)
    case.before(house)
    client, address = as_(cast.manager), case.address(house)
    saw = opened(client, address)
    service_of(house).delete() if name == "service" else SpecialDay.objects.all().delete()
    page = client.post(address, {**case.second, **saw})
    assert page.status_code == 409
    assert "Somebody else has removed this since you opened it." in text_of(page)
    assert case.typed in text_of(page)
    assert client.post(address, {**case.second, **sent_again(page)}).status_code == 302
    assert case.read(house)
    # Whoever only looks, or sends no form, finds nothing there.
    gone = url(house, "setup_day", "2026-01-01")
    assert client.get(gone).status_code == client.post(gone, {"remove": "1"}).status_code == 404


@pytest.mark.django_db(transaction=True)
def test_two_who_save_at_once_come_one_after_the_other(house: Restaurant) -> None:
    rows = TurnTime.objects.filter(restaurant=house)

    def save(minutes: int) -> str:
        def write() -> None:
            TurnTime.objects.create(restaurant=house, up_to=minutes, minutes=minutes)

        try:
            save_as_shown(house, lambda: not rows.all().exists(), write)
        except SetupChanged:
            return "told"
        else:
            return "saved"
        finally:
            connection.close()

    rows.delete()
    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(save, range(60, 66)))
    assert sorted(found) == ["saved", *["told"] * 5]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('{"name": "Dinner", "weekdays": ["0", 1]}', {"name": "Dinner", "weekdays": ["0", "1"]}),
        ("", {}),
        ("{", {}),
        ("[1]", {}),
        ("[" * 200_000, {}),
    ],
)
def test_what_a_form_says_it_showed_is_read_with_care(text: str, found: object) -> None:
    assert read(text) == found


def told(page: Any) -> str:
    assert page.status_code == 409
    return str(page.context["stale"].text)


def test_a_day_closed_at_the_desk_names_who_closed_it_not_who_made_it(
    as_: As, cast: Cast, house: Restaurant, clock: Clock
) -> None:
    values = {"date": DAY, "opens": dt.time(12), "closes": dt.time(15)}
    save_special_day(house, None, values, by=OLGA)
    client, address = as_(cast.manager), url(house, "setup_day", DATE)
    sent = {"date": DATE, "opens": "12:00", "closes": "20:00"}
    clock.advance(minutes=30)
    saw = opened(client, address)
    clock.advance(minutes=5)
    close_day(house, DAY, by=THEO)
    close_day(house, OTHER_DAY, by=OLGA)
    time = f"{clock.now.astimezone(house.tz):%H:%M}"
    page = client.post(address, {**sent, **saw})
    assert told(page) == f"theo@example.com has saved this at {time}, after you opened it."
    reopen_day(house, DAY, by=OLGA)
    assert told(client.post(address, {**sent, **sent_again(page)})).startswith("olga@example.com ")


def test_nobody_is_named_for_what_was_saved_before_the_form_was_opened(
    as_: As, cast: Cast, house: Restaurant
) -> None:
    day = save_special_day(house, None, {"date": DAY, "opens": None}, by=OLGA)
    client, address = as_(cast.manager), url(house, "setup_day", DATE)
    saw = opened(client, address)
    SpecialDay.objects.filter(pk=day.pk).update(note="Christmas Eve")
    sent = {"date": DATE, "is_closed": "on"}
    assert NEUTRAL in text_of(client.post(address, {**sent, **saw}))
    # Nor where the form does not say when it was opened, or says nonsense.
    for odd in ("{}", '{"_since": "-1"}', '{"_since": "x"}', '{"_since": ["1"]}'):
        assert told(client.post(address, {**sent, "shown": odd})) in NEUTRAL, odd
    # A look at the preview does not make what happened before it forgotten.
    saw = opened(client, address)
    save_special_day(house, day, {"note": "Closed"}, by=THEO)
    page = client.post(address, {**sent, **saw, "look": "1"})
    page = client.post(address, {**sent, **sent_again(page)})
    assert told(page).startswith("theo@example.com has saved this at ")


def test_who_saved_other_fields_of_the_same_row_is_not_named(
    as_: As, cast: Cast, house: Restaurant
) -> None:
    client = as_(cast.manager)
    of_rules, of_service = (
        url(house, "setup_rules"),
        url(house, "setup_service", service_of(house).public_id),
    )
    of_pacing = url(house, "setup_pacing", service_of(house).public_id)
    saw = [opened(client, each) for each in (of_rules, of_service, of_pacing)]
    save_rules(house, {"window_days": 60}, by=OLGA)
    save_rules(house, {"name": "Bella Sera"}, by=THEO)
    save_service(house, service_of(house), {"name": "Supper", "slot_covers": 9}, [], by=OLGA)
    save_service(house, service_of(house), {"online_slot_covers": 8}, [], by=THEO)
    assert told(client.post(of_rules, rules() | saw[0])).startswith("olga@")
    assert told(client.post(of_service, service_fields() | saw[1])).startswith("olga@")
    assert told(client.post(of_pacing, {"usual-slot_covers": "4"} | saw[2])).startswith("theo@")


def test_who_closed_at_that_time_is_named_and_not_who_closed_last(
    as_: As, cast: Cast, house: Restaurant, clock: Clock
) -> None:
    client, address = as_(cast.manager), url(house, "setup_closures")
    close_day(house, OTHER_DAY, by=THEO)
    slot = {"kind": "slot", "date": DATE, "starts": "18:00", "ends": "23:00"}
    evening = dt.datetime.combine(DAY, dt.time(19), tzinfo=house.tz)
    hours: dict[str, Any] = {"starts_at": evening, "ends_at": evening + dt.timedelta(hours=2)}
    later: dict[str, Any] = {name: at + dt.timedelta(days=3) for name, at in hours.items()}
    saw = opened(client, address)
    add_closure(house, **hours, by=OLGA)
    add_closure(house, **later, by=THEO)
    assert told(client.post(address, {**slot, **saw})).startswith("olga@example.com ")
    # A pause at the stand.
    saw = opened(client, address)
    today = service_date_at(house, clock.now)
    pause_online(house.public_id, today, by=OLGA)
    close_day(house, DAY, by=THEO)
    assert told(client.post(address, {"kind": "now", **saw})).startswith("olga@example.com ")
    # A special day that is closed, and one that is not.
    saw = opened(client, address)
    closed = {"date": dt.date(2025, 12, 29), "is_closed": True}
    day = save_special_day(house, None, closed, by=OLGA)
    save_special_day(house, None, {"date": dt.date(2025, 12, 30)}, by=THEO)
    save_special_day(house, day, {"note": "Holiday"}, by=THEO)
    sent = {"kind": "day", "date": "2025-12-29", "until_date": "2025-12-30", **saw}
    assert told(client.post(address, sent)).startswith("olga@example.com ")
    # What nobody wrote down.
    saw = opened(client, address)
    Closure.objects.create(restaurant=house, **hours)
    assert NEUTRAL in text_of(client.post(address, {**slot, **saw}))


def test_what_is_no_text_in_what_a_form_showed_is_sent_back_as_it_came(
    as_: As, cast: Cast, house: Restaurant
) -> None:
    client, address = as_(cast.manager), url(house, "setup_rules")
    odd = r'{"a": "\ud800"}'
    page = client.post(address, rules(window_days="x") | {"shown": odd})
    assert (page.status_code, read(page.context["shown"])) == (422, {"a": "\ud800"})
