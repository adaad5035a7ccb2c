"""What is asked once more at the stand: only where saying yes does it, and written down then."""

from __future__ import annotations

import datetime as dt
import importlib.util
import inspect
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from types import ModuleType
from typing import Any
from unittest.mock import MagicMock

import pytest

from core.errors import DomainError
from core.models import AuditEntry
from reservations.errors import LimitReached, ServerBusy
from reservations.models import Reservation
from reservations.services import stand
from restaurants.models import Restaurant
from staff.views.stand import deeds
from staff.views.stand.asked import Asked
from staff.views.stand.deeds import DEEDS, Deed, Done
from tests import factories
from tests.fixtures.domain import Clock
from tests.reservations.stand import DATE, HOST, at, booked, fresh, ids, tables_of
from tests.staff.conftest import As, Cast
from tests.staff.test_stand import tap, value

ASIDE = ("insist", "overbook")
Said = tuple[Callable[..., Any], Mapping[str, Any]]


@pytest.fixture
def called(monkeypatch: pytest.MonkeyPatch) -> list[Said]:
    """The services that were called, and with what; none of them does anything."""
    found: list[Said] = []

    def spy(service: Callable[..., Any]) -> Callable[..., Any]:
        def run(*args: Any, **kwargs: Any) -> Any:
            inspect.signature(service).bind(*args, **kwargs)
            found.append((service, kwargs))
            raise LimitReached

        return run

    for name in stand.__all__:
        if inspect.isfunction(getattr(stand, name)):
            monkeypatch.setattr(stand, name, spy(getattr(stand, name)))
    return found


@pytest.fixture
def afresh(called: list[Said]) -> ModuleType:
    """The deeds, with services that do nothing."""
    spec = importlib.util.find_spec(deeds.__name__)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def asked() -> Any:
    """A tap that says yes to everything."""
    now = dt.datetime(2025, 11, 10, tzinfo=dt.UTC)
    tapped = MagicMock(at=now, minutes=60, overbook=True, insist=True)
    tapped.number.return_value = 2
    tapped.instant.return_value = now
    tapped.text.return_value = "19:00"
    return tapped


@pytest.mark.parametrize("verb", sorted(DEEDS))
def test_a_deed_heeds_what_its_service_takes(
    verb: str, afresh: ModuleType, called: list[Said]
) -> None:
    if verb in ("cancel", "accept", "decline"):
        assert DEEDS[verb].heeds == frozenset()
        return
    with suppress(LimitReached):
        afresh.DEEDS[verb].run(asked())
    [(service, kwargs)] = called
    takes = {name for name in ASIDE if name in inspect.signature(service).parameters}
    assert {name for name in ASIDE if kwargs.get(name) is True} == takes
    assert DEEDS[verb].heeds == takes


@pytest.mark.django_db
def test_it_is_asked_once_and_only_where_it_is_heeded(
    as_: As, cast: Cast, house: Restaurant, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = as_(cast.manager)

    def offered(verb: str, deed: Deed, error: type[DomainError], **sent: str) -> str:
        def refuse(asked: Asked) -> Done:
            raise error("No.")

        monkeypatch.setitem(DEEDS, verb, replace(deed, run=refuse))
        answer = tap(client, verb, scripted=True, **sent).json()
        assert (answer["said"].startswith("No."), answer["ok"]) == (True, False)
        assert bool(answer["question"]) == bool(answer["insist"])
        return str(answer["insist"])

    for verb, deed in list(DEEDS.items()):
        for error, field in ((LimitReached, "overbook"), (ServerBusy, "insist")):
            assert offered(verb, deed, error) == (field if field in deed.heeds else "")
            assert offered(verb, deed, error, **{field: "1"}) == ""


@pytest.fixture
def joined(house: Restaurant, clock: Clock) -> Reservation:
    """A walk-in of six at both tables of four, pushed together."""
    factories.make_combination(*house.tables.all(), low=5, high=8)
    clock.now = at("18:55")
    done = stand.walk_in(house.public_id, DATE, 6, by=HOST)
    row = Reservation.objects.get(public_id=done.target)
    assert tables_of(row) == ["1", "2"]
    return row


def do_it(client: Any, do: str, **fields: Any) -> None:
    """Tap, be asked, and say yes."""
    said = tap(client, do, scripted=True, **fields).json()
    assert (said["ok"], said["insist"]) == (False, "overbook")
    done = tap(client, do, scripted=True, overbook="1", **fields).json()
    assert done["ok"], done["said"]


def is_written_down(row: Reservation) -> bool:
    return AuditEntry.objects.filter(verb="reservation.overbooked", target=row.public_id).exists()


@pytest.mark.django_db
def test_a_manager_gives_a_table_back_and_the_party_squeezes(
    as_: As, cast: Cast, joined: Reservation
) -> None:
    do_it(as_(cast.manager), value("split", joined, *ids(joined.restaurant, "1")))
    assert (tables_of(joined), fresh(joined).overbooked) == (["2"], ["table_seats"])
    assert is_written_down(joined)


@pytest.mark.django_db
def test_a_no_show_comes_to_a_full_house_after_all(
    as_: As, cast: Cast, house: Restaurant, clock: Clock
) -> None:
    row = booked(house)
    clock.now = at("19:20")
    stand.no_show(row.public_id, expected=fresh(row).version, by=HOST)
    house.services.update(max_covers=1)
    do_it(as_(cast.manager), value("arrive", row))
    assert (fresh(row).status, fresh(row).overbooked) == ("arrived", ["service_full"])
    assert is_written_down(row)


@pytest.mark.django_db
@pytest.mark.parametrize(("verb", "fields"), [("next", {}), ("state", {"to": "seated"})])
def test_a_party_that_grew_sits_at_its_table_all_the_same(
    verb: str, fields: dict[str, str], as_: As, cast: Cast, house: Restaurant, clock: Clock
) -> None:
    row = booked(house)
    house.tables.update(max_seats=1, min_seats=1)
    clock.now = at("19:00")
    stand.arrive(row.public_id, expected=fresh(row).version, by=HOST)
    do_it(as_(cast.manager), value(verb, row), **fields)
    assert (fresh(row).status, fresh(row).overbooked) == ("seated", ["table_seats"])
    assert is_written_down(row)
