"""Reading the audit trail: no entry skipped, none read twice, however transactions overlap."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, connections, transaction

from core import audit, feed
from core.actors import SYSTEM
from tests.concurrency.together import at_once, until_readable
from tests.webhooks.conftest import Reserve, tell
from webhooks.models import Delivery, Endpoint, Event
from webhooks.services.feed import pump

pytestmark = pytest.mark.django_db(transaction=True)


def in_another_transaction(
    work: Callable[[], Any],
) -> tuple[Callable[[], None], Callable[[], None]]:
    """Begins it now, in a thread of its own; the first result commits it, the second rolls back."""
    begun, ended = threading.Event(), threading.Event()
    outcome: list[bool] = []

    def life() -> None:
        try:
            with transaction.atomic():
                work()
                begun.set()
                assert ended.wait(30)
                transaction.set_rollback(not outcome[0])
        finally:
            connections.close_all()

    thread = threading.Thread(target=life)
    thread.start()
    assert begun.wait(30)

    def end(*, commit: bool) -> None:
        outcome.append(commit)
        ended.set()
        thread.join(30)

    return lambda: end(commit=True), lambda: end(commit=False)


def entry(target: str) -> None:
    audit.record("test.happened", target, by=SYSTEM)


def everything(place: feed.Place, limit: int = 100) -> tuple[list[str], feed.Place]:
    until_readable()
    return at_once_from(place, limit)


def at_once_from(place: feed.Place, limit: int = 100) -> tuple[list[str], feed.Place]:
    with transaction.atomic():
        entries, after = feed.read(place, limit)
    return [each.target for each in entries], after


def test_an_entry_that_commits_late_is_not_skipped() -> None:
    """The control: by id alone it would be, since a later id was there before."""
    place = feed.now_place()
    commit, _ = in_another_transaction(lambda: entry("slow"))
    entry("quick")
    found, place = at_once_from(place)
    assert found == [], "held back: what is still running began before"
    with connection.cursor() as cursor:
        cursor.execute("SELECT target FROM core_auditentry ORDER BY id")
        assert cursor.fetchall() == [("quick",)]
    commit()
    found, place = everything(place)
    assert sorted(found) == ["quick", "slow"]
    assert everything(place)[0] == []


def test_an_entry_that_is_rolled_back_holds_nobody_for_long() -> None:
    place = feed.now_place()
    _, roll_back = in_another_transaction(lambda: entry("never"))
    entry("quick")
    roll_back()
    assert everything(place)[0] == ["quick"]


def test_what_runs_while_the_place_is_taken_will_be_read() -> None:
    entry("before")
    until_readable()
    commit, _ = in_another_transaction(lambda: entry("running"))
    place = feed.now_place()
    commit()
    entry("after")
    assert everything(place)[0] == ["running", "after"]


def test_pages_come_in_order_and_without_gaps() -> None:
    place = feed.now_place()
    for number in range(25):
        entry(str(number))
    found = []
    while True:
        page, place = everything(place, 7)
        if not page:
            break
        found += page
    assert found == [str(number) for number in range(25)]


def test_many_writers_and_a_reader_all_the_while() -> None:
    until_readable()
    place, found = feed.now_place(), list[str]()

    def write(writer: int) -> None:
        try:
            for number in range(20):
                with transaction.atomic():
                    entry(f"{writer}:{number}a")
                    entry(f"{writer}:{number}b")
        finally:
            connections.close_all()

    threads = [threading.Thread(target=write, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        page, place = at_once_from(place, 10)
        found += page
    while True:
        page, place = everything(place, 10)
        if not page:
            break
        found += page
    expected = {
        f"{writer}:{number}{each}" for writer in range(6) for number in range(20) for each in "ab"
    }
    assert sorted(found) == sorted(expected)


def test_a_dump_that_is_restored_into_another_cluster_loses_and_repeats_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its transaction numbers begin anew: all entries there have higher ones than any to come."""
    place = feed.now_place()
    entry("told before the dump")
    found, place = everything(place)
    entry("not told before the dump")
    ahead = 10_000_000
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE core_auditentry DISABLE TRIGGER audit_append_only")
        cursor.execute(
            "UPDATE core_auditentry SET xid = (xid::text::bigint + %s)::text::xid8", [ahead]
        )
        cursor.execute("ALTER TABLE core_auditentry ENABLE TRIGGER audit_append_only")
    place = feed.Place(xid=place.xid + ahead, id=place.id, highest=place.highest, cluster="another")
    entry("after the restore")

    found = []
    for _ in range(6):
        page, place = everything(place, 1)
        found += page
    assert found == ["not told before the dump", "after the restore"]
    entry("much later")
    assert everything(place)[0] == ["much later"]

    # The control: without noticing the other cluster it would not be seen.
    stuck = feed.Place(xid=place.xid + ahead, id=0, highest=0, cluster=place.cluster)
    assert everything(stuck)[0] == []


def test_a_batch_that_fails_is_told_again(
    endpoint: Endpoint, reserve: Reserve, monkeypatch: pytest.MonkeyPatch
) -> None:
    reserve()
    with monkeypatch.context() as broken:
        broken.setattr(Delivery.objects, "bulk_create", lambda *_: 1 / 0)
        until_readable()
        with pytest.raises(ZeroDivisionError):
            pump()
    assert Event.objects.count() == 0
    tell()
    assert Delivery.objects.count() == 1


def test_two_pumps_at_once_tell_everything_once(endpoint: Endpoint, reserve: Reserve) -> None:
    times = [f"{hour}:{minute}" for hour in range(12, 20) for minute in ("00", "30")]
    made = [reserve(time).public_id for time in times]
    until_readable()
    at_once([pump, pump, pump])
    tell()
    assert sorted(Event.objects.values_list("subject", flat=True)) == sorted(made)
