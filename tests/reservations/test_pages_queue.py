"""The own page of a party at the door: its place and wait, coming, leaving, and nobody else's."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from reservations.models import QueueEntry, Reservation
from reservations.services import queue_replies, stand
from reservations.views.queue import about
from restaurants.models import Restaurant
from tests.fixtures.domain import Clock
from tests.reservations.stand import DATE, HOST, at, ids, make_house

pytestmark = pytest.mark.django_db


@pytest.fixture
def venue(db: None, clock: Clock) -> Restaurant:
    clock.now = at("18:30")
    found = make_house()
    for table in found.tables.all():
        stand.walk_in(found.public_id, DATE, 2, by=HOST, tables=[table.public_id])
    clock.now = at("19:00")
    return found


def joined(venue: Restaurant, name: str = "Ada", **more: Any) -> QueueEntry:
    done = stand.join_queue(venue.public_id, DATE, 2, name=name, by=HOST, **more)
    return QueueEntry.objects.get(public_id=done.target)


def page_of(entry: QueueEntry, **headers: str) -> Any:
    return Client().get(f"/queue/{queue_replies.queue_token(entry)}/", headers=headers)


def called(entry: QueueEntry, venue: Restaurant) -> None:
    entry.refresh_from_db()
    table = venue.tables.get(label="1")
    stand.cleared(venue.public_id, DATE, table.public_id, by=HOST)
    stand.call_party(entry.public_id, expected=entry.version, by=HOST, tables=ids(venue, "1"))


def free_a_table(venue: Restaurant) -> None:
    party = venue.tables.get(label="1").claims.get(released_at=None).reservation
    assert party is not None
    stand.leave(party.public_id, expected=party.version, by=HOST)


def test_it_says_the_place_and_the_wait_and_names_nobody(venue: Restaurant) -> None:
    joined(venue, "Bob")
    entry = joined(venue)
    page = page_of(entry)
    text = page.content.decode()
    assert page.status_code == 200
    assert "You are number 2 in the queue." in text
    assert "About 1 h 40" in text
    assert "Bob" not in text
    assert page.headers["Referrer-Policy"] == "strict-origin"
    assert "noindex" in page.headers["X-Robots-Tag"]


def test_it_is_sent_again_when_it_says_something_else(venue: Restaurant) -> None:
    entry = joined(venue)
    etag = page_of(entry).headers["ETag"]
    assert page_of(entry, if_none_match=etag).status_code == 304
    free_a_table(venue)
    fresh = page_of(entry, if_none_match=etag)
    assert fresh.status_code == 200
    assert "About 10 minutes" in fresh.content.decode()
    assert page_of(entry, if_none_match=etag, accept_language="fr").status_code == 200


def test_called_they_come_and_once_seated_the_page_is_over(venue: Restaurant) -> None:
    entry = joined(venue)
    free_a_table(venue)
    called(entry, venue)
    text = page_of(entry).content.decode()
    assert "Your table is ready" in text
    assert "We keep it until 19:10." in text
    client = Client()
    address = f"/queue/{queue_replies.queue_token(entry)}/"
    answer = client.post(address, {"answer": "coming"}, follow=True).content.decode()
    assert "See you in a moment" in answer
    entry.refresh_from_db()
    assert entry.status == "coming"
    stand.seat_queued(entry.public_id, expected=entry.version, by=HOST)
    text = page_of(entry).content.decode()
    assert "Enjoy your meal" in text
    assert "<form" not in text.partition("<main")[2].partition("</main>")[0]


def test_the_time_it_was_kept_for_ends(venue: Restaurant, clock: Clock) -> None:
    entry = joined(venue)
    free_a_table(venue)
    called(entry, venue)
    clock.advance(minutes=10)
    assert "The time it was kept for is over." in page_of(entry).content.decode()


def test_leaving_by_the_page_and_coming_too_early(venue: Restaurant) -> None:
    entry = joined(venue)
    client = Client()
    address = f"/queue/{queue_replies.queue_token(entry)}/"
    text = client.post(address, {"answer": "coming"}, follow=True).content.decode()
    assert "not ready yet" in text
    for _ in range(2):
        text = client.post(address, {"answer": "leave"}, follow=True).content.decode()
        assert "You have left the queue" in text
    entry.refresh_from_db()
    assert entry.status == "left"


def test_a_link_we_never_sent_opens_nothing(venue: Restaurant) -> None:
    for token in ("x" * 22, "queue_1", "%00"):
        assert Client().get(f"/queue/{token}/").status_code == 404


@pytest.mark.parametrize(
    ("minutes", "said"),
    [
        (1, "About 1 minute"),
        (55, "About 55 minutes"),
        (60, "About 1 h"),
        (65, "About 1 h 05"),
        (180, "About 3 h"),
    ],
)
def test_long_waits_are_said_in_hours(minutes: int, said: str) -> None:
    assert about(minutes) == said


def test_only_the_first_of_the_queue_is_next(venue: Restaurant) -> None:
    """A table is free for each of them, and they sit down in their order."""
    first, second = joined(venue, "Bob"), joined(venue)
    for party in Reservation.objects.filter(status="seated"):
        stand.leave(party.public_id, expected=party.version, by=HOST)
    for table in venue.tables.all():
        stand.cleared(venue.public_id, DATE, table.public_id, by=HOST)
    assert "You are next" in page_of(first).content.decode()
    text = page_of(second).content.decode()
    assert "Your turn comes soon" in text
    assert "You are number 2 in the queue." in text
