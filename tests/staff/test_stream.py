"""The event stream of a house, from a real process: all of it, to all who may, and to no others."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
import redis
from django.conf import LazySettings
from django.contrib.sessions.models import Session
from django.db import connection, transaction

from accounts.models import User
from core import audit
from core.actors import SYSTEM, Actor, ActorKind
from core.models import AuditEntry
from core.wakeups import announce
from restaurants.models import Restaurant, Role
from staff.live import Grant
from staff.stream.application import Application
from staff.stream.hub import Hub
from tests.concurrency.together import at_once, until
from tests.fixtures.streams import PAGES_PORT, Screen, StreamServer, listen_until, session_of
from tests.staff.conftest import Cast

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

STAFF = Actor(ActorKind.STAFF, "user_1", "Mia")
Listen = Callable[..., Screen]


@pytest.fixture
def listen(stream: StreamServer) -> Iterator[Listen]:
    """Opens a screen for somebody, and waits until it is told where it stands."""
    screens: list[Screen] = []

    def opened(
        user: User | None, house: Restaurant, *, session: str = "", after: str = "", **headers: str
    ) -> Screen:
        key = session or (session_of(user) if user else "")
        query = f"?after={after}" if after else ""
        path = f"/staff/r/{house.slug}/stand/stream{query}"
        screen = Screen.open(stream.port, path, key, **headers)
        screens.append(screen)
        listen_until([screen], lambda: bool(screen.messages) or screen.is_over)
        return screen

    yield opened
    for screen in screens:
        screen.close()


def write(house: Restaurant, target: str = "res_1", verb: str = "reservation.changed") -> None:
    audit.record(verb, target, by=SYSTEM, restaurant_id=house.pk)


def test_a_change_is_told_with_who_and_when_and_no_guest(
    listen: Listen, cast: Cast, house: Restaurant
) -> None:
    screen = listen(cast.host, house)
    assert (screen.status, screen.headers["content-type"]) == (200, "text/event-stream")
    assert screen.headers["cache-control"] == "no-store"
    assert screen.headers["x-accel-buffering"] == "no"
    # Whoever says no place is told to look at everything.
    assert (screen.messages[0].data["all"], screen.messages[0].targets) == (True, [])
    audit.record(
        "reservation.seated",
        "res_9",
        by=STAFF,
        restaurant_id=house.pk,
        service_date="2025-11-15",
        name="Ada Guest",
    )
    listen_until([screen], lambda: len(screen.messages) == 2)
    told = screen.messages[1]
    event = {"verb": "reservation.seated", "target": "res_9", "date": "2025-11-15", "actor": "Mia"}
    assert told.data == {"place": told.place, "all": False, "events": [event]}


def test_a_transaction_is_one_message(listen: Listen, cast: Cast, house: Restaurant) -> None:
    screen = listen(cast.host, house)
    with transaction.atomic():
        for n in range(5):
            write(house, f"res_{n}")
    listen_until([screen], lambda: len(screen.targets) == 5)
    assert [each.targets for each in screen.messages[1:]] == [[f"res_{n}" for n in range(5)]]


def test_who_comes_back_hears_what_was_missed_and_nothing_twice(
    listen: Listen, cast: Cast, house: Restaurant
) -> None:
    screen, other = listen(cast.host, house), listen(cast.owner, house)
    write(house, "res_1")
    listen_until([screen], lambda: screen.targets == ["res_1"])
    screen.close()
    write(house, "res_2")
    listen_until([other], lambda: other.targets == ["res_1", "res_2"])
    by_address = listen(cast.host, house, after=screen.place)
    # A browser that reconnects by itself asks the first address, and says where it is besides.
    by_header = listen(cast.host, house, after=other.messages[0].place, Last_Event_ID=screen.place)
    write(house, "res_3")
    for again in (by_address, by_header):
        listen_until([again], lambda again=again: len(again.targets) == 2)  # type: ignore[misc]
        assert again.targets == ["res_2", "res_3"]
        assert not any(each.data["all"] for each in again.messages)


def test_writers_that_overlap_are_told_once_each_to_screens_that_come_and_go(
    listen: Listen, cast: Cast, house: Restaurant
) -> None:
    steady = listen(cast.host, house)
    restless = listen(cast.owner, house)
    heard, number = list[str](), 12

    def writer(one: int) -> Callable[[], None]:
        def work() -> None:
            for n in range(10):
                with transaction.atomic():
                    write(house, f"a{one}-{n}")
                    time.sleep(0.002 * (one % 4))
                    write(house, f"b{one}-{n}")

        return work

    writing = threading.Thread(target=at_once, args=([writer(n) for n in range(number)],))
    writing.start()

    def some_more(screen: Screen, messages: int, targets: int) -> Callable[[], bool]:
        return lambda: len(screen.messages) >= messages or len(screen.targets) >= targets

    while True:
        left = number * 20 - len(heard)
        listen_until([steady, restless], some_more(restless, len(restless.messages) + 3, left))
        heard += restless.targets
        if len(heard) == number * 20:
            break
        restless.close()
        restless = listen(cast.owner, house, after=restless.place)
    writing.join()
    listen_until([steady], lambda: len(steady.targets) == number * 20)
    every = {f"{letter}{one}-{n}" for letter in "ab" for one in range(number) for n in range(10)}
    assert Counter(steady.targets) == Counter(every)
    assert Counter(heard) == Counter(every)


def test_the_heart_beats_with_a_place_that_can_be_gone_on_from(
    listen: Listen, cast: Cast, house: Restaurant, elsewhere: Restaurant
) -> None:
    screen = listen(cast.host, house)
    write(elsewhere)
    listen_until([screen], lambda: screen.heard[-1].kind == "beat", patience=5)
    place = screen.heard[-1].place
    assert place
    write(house, "res_5")
    again = listen(cast.host, house, after=place)
    listen_until([again], lambda: again.targets == ["res_5"])


def test_it_works_without_redis(
    listen: Listen, cast: Cast, house: Restaurant, monkeypatch: pytest.MonkeyPatch
) -> None:
    screen = listen(cast.host, house)

    def away(alias: str) -> redis.Redis:
        raise redis.ConnectionError("away")

    monkeypatch.setattr("core.wakeups.get_redis_connection", away)
    began = time.monotonic()
    write(house, "res_6")
    listen_until([screen], lambda: screen.targets == ["res_6"])
    assert time.monotonic() - began < 2


def connections_to_the_database() -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            " AND backend_type = 'client backend' AND pid <> pg_backend_pid()"
        )
        return int(cursor.fetchone()[0])


def test_hundreds_listen_over_one_connection_to_the_database(
    own_stream: StreamServer, cast: Cast, house: Restaurant
) -> None:
    # It has asked whether it is ready, so its one connection is there.
    before = connections_to_the_database()
    people = [cast.host, cast.viewer, cast.owner, cast.operator]
    sessions = [session_of(people[n % 4]) for n in range(200)]
    path = f"/staff/r/{house.slug}/stand/stream"
    with ExitStack() as closing:
        screens = [Screen.open(own_stream.port, path, session) for session in sessions]
        for screen in screens:
            closing.callback(screen.close)
        listen_until(screens, lambda: all(each.messages for each in screens), patience=30)
        write(house, "res_7")
        listen_until(screens, lambda: all(each.targets == ["res_7"] for each in screens), 20)
        assert own_stream.reading("couvert_stream_listeners") == 200
        assert connections_to_the_database() == before
    until(lambda: own_stream.reading("couvert_stream_listeners") == 0, "all are gone")


def test_who_does_not_read_is_let_go_and_holds_up_nobody(
    own_stream: StreamServer, cast: Cast, house: Restaurant
) -> None:
    path = f"/staff/r/{house.slug}/stand/stream"
    stuck = Screen.open(own_stream.port, path, session_of(cast.owner))
    reader = Screen.open(own_stream.port, path, session_of(cast.host))
    listen_until([reader], lambda: bool(reader.messages))
    entry = {
        "verb": "reservation.changed",
        "restaurant_id": house.pk,
        "actor_kind": "staff",
        "actor_label": "x" * 120,
        "at": "2025-11-10T17:00Z",
    }
    for n in range(1, 400):
        AuditEntry.objects.bulk_create(
            [AuditEntry(target=f"res_{n}-{each}", **entry) for each in range(300)]
        )
        announce(house.pk)
        listen_until([reader], lambda n=n: reader.targets[-1:] == [f"res_{n}-299"])  # type: ignore[misc]
        reader.heard.clear()
        if own_stream.reading("couvert_stream_listeners") == 1:
            break
    assert own_stream.reading("couvert_stream_listeners") == 1
    stuck.close()
    reader.close()


# --- Who may -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("who", "status"),
    [
        *(("nobody", 401), ("guest", 401), ("charlie", 404)),
        *(("viewer", 200), ("host", 200), ("manager", 200), ("owner", 200), ("operator", 200)),
    ],
)
def test_who_may_listen(
    who: str, status: int, listen: Listen, cast: Cast, house: Restaurant
) -> None:
    screen = listen(getattr(cast, who, None), house)
    assert screen.status == status
    assert bool(screen.heard) == (status == 200)


@pytest.mark.parametrize(
    "key", [r'"\000aaaaaaaaaaaaaaaaaaaa"', r'"\377' + "a" * 31 + '"', "A" * 32, "a" * 31, "a" * 900]
)
def test_a_session_that_cannot_be_is_nobodys(key: str, listen: Listen, house: Restaurant) -> None:
    assert listen(None, house, session=key).status == 401


def test_what_goes_wrong_at_the_door_is_written_down_and_not_told(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, settings: LazySettings
) -> None:
    async def broken(self: Hub, session_key: str, slug: str) -> Grant:
        raise RuntimeError("relation sessions has no column")

    async def ask() -> list[dict[str, Any]]:
        sent: list[dict[str, Any]] = []
        page = Application(lambda *_: (404, b"", ""))
        page.hub = Hub(settings.REDIS_URL)
        headers = [(b"host", b"127.0.0.1"), (b"cookie", b"sessionid=" + b"a" * 32)]
        scope = {"type": "http", "method": "GET", "query_string": b"", "headers": headers}

        async def receive() -> dict[str, Any]:
            return {"type": "http.request"}

        async def send(message: dict[str, Any]) -> None:
            sent.append(message)

        await page(scope | {"path": "/staff/r/bella/stand/stream"}, receive, send)
        return sent

    settings.ALLOWED_HOSTS = ["127.0.0.1"]
    monkeypatch.setattr(Hub, "grant", broken)
    start, body = asyncio.run(ask())
    assert (start["status"], body["body"]) == (503, b"")
    assert "Nobody can be let in to the stream now" in caplog.text


def test_another_house_is_not_heard(
    listen: Listen, cast: Cast, house: Restaurant, elsewhere: Restaurant
) -> None:
    here, there = listen(cast.host, house), listen(cast.charlie, elsewhere)
    write(elsewhere, "res_there")
    write(house, "res_here")
    listen_until([here, there], lambda: bool(here.targets and there.targets))
    assert (here.targets, there.targets) == (["res_here"], ["res_there"])


def test_what_only_owners_decide_only_owners_hear(
    listen: Listen, cast: Cast, house: Restaurant
) -> None:
    host, owner = listen(cast.host, house), listen(cast.owner, house)
    write(house, "user_7", "staff.role_granted")
    write(house, "key_7", "key.rotated")
    write(house, "res_7")
    listen_until([host, owner], lambda: bool(host.targets) and len(owner.targets) == 3)
    assert (host.targets, owner.targets) == (["res_7"], ["user_7", "key_7", "res_7"])


def _sign_out(session: str, user: User) -> None:
    Session.objects.filter(pk=session).delete()


def _expire(session: str, user: User) -> None:
    Session.objects.filter(pk=session).update(expire_date="2020-01-01T00:00Z")


def _dismiss(session: str, user: User) -> None:
    user.memberships.all().delete()


def _lock(session: str, user: User) -> None:
    User.objects.filter(pk=user.pk).update(is_active=False)


def _change_password(session: str, user: User) -> None:
    user.set_password("another one entirely")
    user.save()


@pytest.mark.parametrize("withdraw", [_sign_out, _expire, _dismiss, _lock, _change_password])
def test_it_ends_with_the_session_and_with_the_right(
    withdraw: Callable[[str, User], None],
    listen: Listen,
    cast: Cast,
    house: Restaurant,
    stream: StreamServer,
) -> None:
    session = session_of(cast.host)
    screen = listen(None, house, session=session)
    withdraw(session, cast.host)
    listen_until([screen], lambda: screen.is_over, patience=5)
    why = "not-allowed" if withdraw is _dismiss else "signed-out"
    assert (screen.heard[-1].kind, screen.heard[-1].data) == ("end", {"why": why})
    again = listen(None, house, session=session)
    assert again.status == (404 if withdraw is _dismiss else 401)


def test_a_role_that_changes_changes_what_is_heard(
    listen: Listen, cast: Cast, house: Restaurant
) -> None:
    screen = listen(cast.host, house)
    cast.host.memberships.update(role=Role.OWNER)
    listen_until([screen], lambda: screen.heard[-1].kind == "beat", patience=5)
    write(house, "user_7", "staff.role_granted")
    listen_until([screen], lambda: bool(screen.targets))
    assert screen.targets == ["user_7"]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": f"http://127.0.0.1:{PAGES_PORT}"}, 200),
        ({"Origin": "http://127.0.0.1:3000"}, 403),
        ({"Origin": f"https://127.0.0.1:{PAGES_PORT}"}, 403),
        ({"Origin": f"http://evil.example:{PAGES_PORT}"}, 403),
        ({"Origin": "null"}, 403),
        ({"Host": "evil.example"}, 400),
    ],
)
def test_only_pages_of_this_host_may_read_it(
    headers: dict[str, str], status: int, listen: Listen, cast: Cast, house: Restaurant
) -> None:
    screen = listen(cast.host, house, **headers)
    assert screen.status == status
    allowed = headers.get("Origin") if status == 200 else None
    assert screen.headers.get("access-control-allow-origin") == allowed


def test_a_page_behind_the_same_proxy_needs_no_permission(
    listen: Listen, cast: Cast, house: Restaurant, stream: StreamServer
) -> None:
    screen = listen(cast.host, house, Origin=f"http://127.0.0.1:{stream.port}")
    assert screen.status == 200
    assert "access-control-allow-origin" not in screen.headers


def test_one_session_cannot_take_all_places(listen: Listen, cast: Cast, house: Restaurant) -> None:
    session = session_of(cast.host)
    statuses = [listen(None, house, session=session).status for _ in range(21)]
    assert statuses == [200] * 20 + [429]
    assert listen(cast.host, house).status == 200


# --- How it runs ---------------------------------------------------------------------------------


def test_it_lets_go_when_it_is_told_to_stop(
    own_stream: StreamServer, cast: Cast, house: Restaurant
) -> None:
    path, session = f"/staff/r/{house.slug}/stand/stream", session_of(cast.host)
    screens = [Screen.open(own_stream.port, path, session) for _ in range(3)]
    listen_until(screens, lambda: all(each.messages for each in screens))
    began = time.monotonic()
    assert own_stream.stop() == 0
    assert time.monotonic() - began < 5
    listen_until(screens, lambda: all(each.is_over for each in screens))
    assert "Traceback" not in own_stream.said()
    for screen in screens:
        screen.close()


def test_operators_see_how_it_is(
    listen: Listen, cast: Cast, house: Restaurant, stream: StreamServer
) -> None:
    listen(cast.host, house)
    assert stream.get("/healthz") == '{"status":"ok"}'
    assert stream.get("/readyz") == (
        '{"status":"ok","checks":{"database":{"ok":true}},"wakes":"redis","listeners":1}'
    )
    write(house)
    assert "couvert_stream_lag_seconds_count" in stream.get("/metrics")


def test_a_database_that_comes_back_is_read_again(
    listen: Listen, cast: Cast, house: Restaurant, stream: StreamServer
) -> None:
    screen = listen(cast.host, house)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    write(house, "res_8")
    listen_until([screen], lambda: bool(screen.targets))
    assert screen.targets == ["res_8"]


def test_without_a_listener_nothing_is_read(
    own_stream: StreamServer, cast: Cast, house: Restaurant
) -> None:
    polled = 'couvert_stream_wakes_total{why="polled"}'
    before = own_stream.get("/metrics")
    time.sleep(2.5)
    assert polled not in before
    assert polled not in own_stream.get("/metrics")
