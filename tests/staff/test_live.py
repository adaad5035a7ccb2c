"""The live line by ordinary requests: what pages ask without a stream, and the way to it."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from django.conf import LazySettings
from django.test import Client

from core import audit
from core.actors import SYSTEM
from core.changes import now_mark
from restaurants.models import Restaurant
from tests.staff.conftest import As, Cast

pytestmark = pytest.mark.django_db(transaction=True)

SECRETS = "key.rotated"


def changes(client: Client, house: Restaurant, after: str) -> tuple[int, str, list[str]]:
    """Status, the new place and the targets told of."""
    answer = client.get(f"/staff/r/{house.slug}/stand/changes", {"after": after})
    if answer.status_code == 204:
        assert answer.content == b""
        return 204, answer.headers["Couvert-Place"], []
    told = answer.json()
    assert told["all"] is False
    return answer.status_code, told["place"], [each["target"] for each in told["events"]]


def write(house: Restaurant, target: str, verb: str = "reservation.changed") -> None:
    audit.record(verb, target, by=SYSTEM, restaurant_id=house.pk)


def test_what_happened_is_told_once_and_then_nothing(
    as_: As, cast: Cast, house: Restaurant, elsewhere: Restaurant
) -> None:
    client, place = as_(cast.viewer), str(now_mark())
    assert changes(client, house, place)[0] == 204
    write(house, "res_1")
    write(elsewhere, "res_there")
    write(house, "res_2")
    status, later, told = changes(client, house, place)
    assert (status, told) == (200, ["res_1", "res_2"])
    status, last, told = changes(client, house, later)
    assert (status, told) == (204, [])
    write(house, "res_3")
    assert changes(client, house, last)[2] == ["res_3"]


def test_the_answer_is_the_streams_message(as_: As, cast: Cast, house: Restaurant) -> None:
    place = str(now_mark())
    write(house, "res_1")
    answer = as_(cast.host).get(f"/staff/r/{house.slug}/stand/changes", {"after": place})
    event = {"verb": "reservation.changed", "target": "res_1", "date": None, "actor": None}
    told = answer.json()
    assert told == {"place": told["place"], "all": False, "events": [event]}
    assert "no-store" in answer.headers["Cache-Control"]


@pytest.mark.parametrize("after", ["", "nonsense", "%00", "x" * 9000])
def test_a_place_nobody_knows_means_look_at_everything(
    after: str, as_: As, cast: Cast, house: Restaurant
) -> None:
    answer = as_(cast.host).get(f"/staff/r/{house.slug}/stand/changes", {"after": after})
    told = answer.json()
    assert (told["all"], told["events"]) == (True, [])
    assert changes(as_(cast.host), house, told["place"])[0] == 204


def test_who_may_not_see_keys_hears_nothing_of_them(as_: As, cast: Cast, house: Restaurant) -> None:
    place = str(now_mark())
    write(house, "key_1", SECRETS)
    assert changes(as_(cast.host), house, place)[0] == 204
    assert changes(as_(cast.manager), house, place)[2] == ["key_1"]


def test_the_page_begins_where_it_was_read(as_: As, cast: Cast, house: Restaurant) -> None:
    page = as_(cast.host).get(f"/staff/r/{house.slug}/").content.decode()
    place = page.partition('data-place="')[2].partition('"')[0]
    write(house, "res_1")
    assert changes(as_(cast.host), house, place)[2] == ["res_1"]
    assert f'data-stream="/staff/r/{house.slug}/stand/stream"' in page


def test_the_part_that_follows_the_book_comes_alone(as_: As, cast: Cast, house: Restaurant) -> None:
    headers = {"HX-Request": "true"}
    part = as_(cast.host).get(f"/staff/r/{house.slug}/", headers=headers).content.decode()
    assert "Next arrivals" in part
    assert "<html" not in part
    assert "data-live-badge" not in part


def test_without_a_proxy_browsers_are_led_to_the_stream(
    as_: As, cast: Cast, house: Restaurant, settings: LazySettings
) -> None:
    settings.WEB_PORT, settings.STREAM_PORT = 8123, 18123
    path = f"/staff/r/{house.slug}/stand/stream"
    for host in ("127.0.0.1", "localhost"):
        answer = as_(cast.host).get(path, {"after": "abc"}, headers={"host": f"{host}:8123"})
        assert answer.status_code == 307
        assert answer.headers["Location"] == f"http://{host}:18123{path}?after=abc"
        page = as_(cast.host).get(f"/staff/r/{house.slug}/", headers={"host": f"{host}:8123"})
        policy = page.headers["Content-Security-Policy"]
        assert f"connect-src 'self' http://{host}:18123;" in f"{policy};"


@pytest.mark.parametrize("secure", [False, True])
def test_behind_a_proxy_nobody_is_led_anywhere(
    secure: bool, as_: As, cast: Cast, house: Restaurant, settings: LazySettings
) -> None:
    settings.WEB_PORT = 443
    host = "localhost:443" if secure else "localhost"
    answer = as_(cast.host).get(
        f"/staff/r/{house.slug}/stand/stream", headers={"host": host}, secure=secure
    )
    assert (answer.status_code, answer.content) == (204, b"")
    page = as_(cast.host).get(f"/staff/r/{house.slug}/", headers={"host": host}, secure=secure)
    assert "connect-src" not in page.headers["Content-Security-Policy"]


def test_a_foreign_host_is_never_a_way_out(
    as_: As, cast: Cast, house: Restaurant, settings: LazySettings
) -> None:
    settings.WEB_PORT = 8123
    answer = as_(cast.host).get(
        f"/staff/r/{house.slug}/stand/stream", headers={"host": "evil.example:8123"}
    )
    assert answer.status_code == 400
    assert urlsplit(answer.headers.get("Location", "")).hostname is None
