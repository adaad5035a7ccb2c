"""Reading the trail by snapshots: once each, none skipped, nobody waited for."""

from __future__ import annotations

import base64
import threading
from collections.abc import Callable

import pytest
from django.db import connection, transaction

from core import audit, feed
from core.actors import SYSTEM, Actor, ActorKind
from core.changes import Change, Mark, now_mark, read_changes

pytestmark = pytest.mark.django_db(transaction=True)

HOUSE = 71
STAFF = Actor(ActorKind.STAFF, "user_1", "Mia")
GUEST = Actor(ActorKind.GUEST, "user_2", "Ada Guest")


def write(target: str, house: int = HOUSE) -> None:
    audit.record("reservation.changed", target, by=SYSTEM, restaurant_id=house)


class Other:
    """A transaction in another connection, that goes on when it is told."""

    def __init__(self, *steps: Callable[[], None]) -> None:
        self._steps = steps
        self._go = threading.Semaphore(0)
        self._done = threading.Semaphore(0)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            with transaction.atomic():
                for step in self._steps:
                    self._go.acquire()
                    step()
                    self._done.release()
                self._go.acquire()
        finally:
            connection.close()
            self._done.release()

    def step(self) -> None:
        self._go.release()
        assert self._done.acquire(timeout=10)

    commit = step


def targets(entries: tuple[Change, ...]) -> list[str]:
    return [entry.target for entry in entries]


def test_an_entry_says_what_and_who_of_staff_but_nobody_elses_name() -> None:
    start = now_mark()
    audit.record(
        "reservation.seated", "res_1", by=STAFF, restaurant_id=HOUSE, service_date="2025-11-15"
    )
    audit.record("reservation.cancelled", "res_2", by=GUEST, restaurant_id=HOUSE, why="Ada is ill")
    audit.record("reservation.seated", "res_3", by=STAFF, restaurant_id=HOUSE + 1)
    found = read_changes(start, [HOUSE])
    assert [(e.verb, e.target, e.service_date, e.actor) for e in found.entries] == [
        ("reservation.seated", "res_1", "2025-11-15", "Mia"),
        ("reservation.cancelled", "res_2", "", ""),
    ]
    assert found.is_whole
    assert read_changes(found.mark, [HOUSE]).entries == ()


def test_nobody_waits_for_a_transaction_that_began_before() -> None:
    start = now_mark()
    slow = Other(lambda: write("slow"))
    slow.step()
    write("quick")
    first = read_changes(start, [HOUSE])
    assert targets(first.entries) == ["quick"]
    # The control: the ordered feed has to wait.
    assert [entry.target for entry in feed.read(feed.Place(cluster=feed.cluster()), 10)[0]] == []
    slow.commit()
    second = read_changes(first.mark, [HOUSE])
    assert targets(second.entries) == ["slow"]
    assert read_changes(second.mark, [HOUSE]).entries == ()


def test_overlapping_transactions_are_told_once_each_however_they_end() -> None:
    """Twelve of them, begun in one order, written in another and ended in a third."""
    places, told = now_mark(), list[str]()
    others = [Other(lambda n=n: write(f"a{n}"), lambda n=n: write(f"b{n}")) for n in range(12)]  # type: ignore[misc]

    def look() -> None:
        nonlocal places
        found = read_changes(Mark.parse(str(places)), [HOUSE])
        assert found.is_whole
        told.extend(targets(found.entries))
        places = found.mark

    for n in (3, 0, 7, 11, 5, 1, 2, 4, 6, 8, 9, 10):
        others[n].step()
        look()
    for n in (0, 1, 2, 3, 11, 10, 9, 8, 4, 5, 6, 7):
        others[n].step()
    for n in (9, 2, 4, 11, 0, 1, 3, 5, 10, 6, 8, 7):
        others[n].commit()
        look()
        assert f"a{n}" in told
    assert sorted(told) == sorted([f"{letter}{n}" for letter in "ab" for n in range(12)])


def test_what_was_rolled_back_is_never_told() -> None:
    start = now_mark()
    with transaction.atomic():
        write("gone")
        transaction.set_rollback(True)
    write("kept")
    assert targets(read_changes(start, [HOUSE]).entries) == ["kept"]


def test_up_to_a_common_place_nothing_later_is_told() -> None:
    start = now_mark()
    write("before")
    common = now_mark()
    write("after")
    found = read_changes(start, [HOUSE], until=common)
    assert (targets(found.entries), found.mark) == (["before"], common)
    assert targets(read_changes(common, [HOUSE]).entries) == ["after"]


def test_too_much_at_once_is_not_listed_but_said() -> None:
    start = now_mark()
    for n in range(4):
        write(f"r{n}")
    assert len(read_changes(start, [HOUSE], limit=4).entries) == 4
    found = read_changes(start, [HOUSE], limit=3)
    assert (found.entries, found.is_whole) == ((), False)
    assert read_changes(found.mark, [HOUSE], limit=3).is_whole


def test_a_place_of_another_cluster_or_of_the_future_is_not_believed() -> None:
    here = now_mark()
    for other in (None, Mark("12345", here.snapshot), Mark(here.cluster, "10000000:10000000:")):
        found = read_changes(other, [HOUSE])
        assert (found.entries, found.is_whole) == ((), False)
        assert read_changes(found.mark, [HOUSE]).is_whole


def _made_of(plain: str) -> str:
    return base64.urlsafe_b64encode(plain.encode()).rstrip(b"=").decode()


@pytest.mark.parametrize(
    "text",
    [
        *("", "x", "%", "é", "a" * 30_000, "AAAA", "null"),
        *map(_made_of, ["7|9:5:", "7|0:0:", "7|5:9:8,6", "7|5:9:9", "7|5:9:4", "7|5:9:6,6"]),
        *map(
            _made_of, ["7|5:9:6,", "7|5:9", "|", "x|5:9:", "7|-5:9:", "7|5:99999999999999999999:"]
        ),
        *map(_made_of, ["7|\u0665:\u0669:", "7|9223372036854775807:9223372036854775808:"]),
    ],
)
def test_what_is_no_place_is_none(text: str) -> None:
    assert Mark.parse(text) is None


@pytest.mark.parametrize("snapshot", ["5:5:", "5:9:5,6,8", "731:4294967299:731,733"])
def test_a_place_is_what_postgresql_takes(snapshot: str) -> None:
    mark = Mark("7", snapshot)
    assert Mark.parse(str(mark)) == mark
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::pg_snapshot::text", [snapshot])
        assert cursor.fetchone() == (snapshot,)
