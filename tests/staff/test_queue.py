"""The queue on the stand: who may what, its forms without scripts, its drawer, its words."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from reservations.engine.waiting import Verdict
from reservations.models import QueueEntry, Reservation, WaitlistEntry
from reservations.selectors.night import WaitRow, night_of
from reservations.services import stand
from restaurants.models import Restaurant
from staff.views.stand.deeds import DEEDS
from staff.views.stand.queue_words import offer_words
from tests.fixtures.domain import Clock
from tests.reservations.stand import DATE, HOST, at, fingerprint, ids
from tests.staff.conftest import As, AtTablet, Cast
from tests.staff.rights import PEOPLE, client_of

pytestmark = pytest.mark.django_db

STAND = "/staff/r/bella/stand/"
SCRIPTED = {"X-Stand": "1"}


@pytest.fixture
def evening(house: Restaurant, clock: Clock) -> QueueEntry:
    """Ada, two guests, waits since five to seven."""
    clock.now = at("18:55")
    return joined(house)


def joined(venue: Restaurant, name: str = "Ada", size: int = 2, **more: Any) -> QueueEntry:
    done = stand.join_queue(venue.public_id, DATE, size, name=name, by=HOST, **more)
    return QueueEntry.objects.get(public_id=done.target)


def tap(client: Client, do: str, *, slug: str = "bella", scripted: bool = True, **more: Any) -> Any:
    said = {"do": do, "date": DATE.isoformat(), "once": more.pop("once", "one")} | more
    headers = SCRIPTED if scripted else None
    return client.post(f"/staff/r/{slug}/stand/do/", said, headers=headers)


def of(verb: str, entry: QueueEntry) -> str:
    entry.refresh_from_db()
    return f"{verb} {entry.public_id} {entry.version}"


# Who may

DEEDS_OF_THE_QUEUE: dict[str, dict[str, Any]] = {
    "queue_add": {"name": "Bo", "size": "3"},
    "queue_change": {"name": "Ada L.", "size": "3"},
    "queue_call": {},
    "queue_coming": {},
    "queue_seat": {},
    "queue_no_answer": {},
    "queue_left": {},
}
"""Every deed, and the fields it brings."""
RUNS = ("host", "manager", "owner", "operator", "pin")
REFUSED = {"nobody": 302, "guest": 302, "charlie": 404}
"""All others may look at most: 403."""


def test_the_table_knows_every_deed_of_the_queue() -> None:
    assert {verb for verb in DEEDS if verb.startswith("queue")} == set(DEEDS_OF_THE_QUEUE)


def asked_for(verb: str, entry: QueueEntry) -> str:
    return verb if verb == "queue_add" else of(verb, entry)


@pytest.mark.parametrize("verb", sorted(DEEDS_OF_THE_QUEUE))
def test_who_may_do_it(
    verb: str, as_: As, at_tablet: AtTablet, cast: Cast, house: Restaurant, evening: QueueEntry
) -> None:
    if verb in ("queue_coming", "queue_no_answer"):
        stand.call_party(evening.public_id, expected=evening.version, by=HOST)
    for who in PEOPLE:
        client = client_of(who, as_, at_tablet, cast)
        before = fingerprint()
        answer = tap(client, asked_for(verb, evening), once=who, **DEEDS_OF_THE_QUEUE[verb])
        if who not in RUNS:
            assert answer.status_code == REFUSED.get(who, 403), who
            assert fingerprint() == before, who
            continue
        assert (answer.status_code, answer.json()["ok"]) == (200, True), who
        stand.undo(answer.json()["undo"]["token"], by=HOST)


@pytest.mark.parametrize("verb", sorted(set(DEEDS_OF_THE_QUEUE) - {"queue_add"}))
def test_a_party_of_another_house_is_not_found(
    verb: str,
    as_: As,
    cast: Cast,
    house: Restaurant,
    elsewhere: Restaurant,
    evening: QueueEntry,
) -> None:
    theirs, before = joined(elsewhere, "Zoé"), None
    before = fingerprint()
    for who in (cast.host, cast.owner, cast.operator):
        answer = tap(as_(who), of(verb, theirs), **DEEDS_OF_THE_QUEUE[verb])
        assert answer.status_code == 404, who
    ours = tap(as_(cast.charlie), of(verb, evening), slug="maison", **DEEDS_OF_THE_QUEUE[verb])
    assert ours.status_code == 404
    assert fingerprint() == before
    client = as_(cast.host)
    for address in ("drawer", "where"):
        asked = {"party": theirs.public_id, "mode": "queue_seat"}
        answer = client.get(f"{STAND}{address}/", asked)
        assert "Zoé" not in answer.content.decode()


@pytest.mark.parametrize("who", ["viewer", "server"])
def test_who_only_looks_sees_the_queue_and_no_buttons(
    who: str, as_: As, cast: Cast, evening: QueueEntry
) -> None:
    page = as_(getattr(cast, who)).get(f"{STAND}?party={evening.public_id}").content.decode()
    assert f'id="q-{evening.public_id}"' in page
    assert 'value="queue_' not in page
    assert "Their own page" not in page


# With and without scripts


def test_without_scripts_a_party_is_added_changed_called_and_seated(
    as_: As, cast: Cast, house: Restaurant, clock: Clock
) -> None:
    clock.now = at("18:55")
    client = as_(cast.host)
    page = client.get(f"{STAND}?tab=waitlist&size=4").content.decode()
    assert 'name="do" value="queue_add"' in page
    assert 'name="size" min="1" max="99" value="4"' in page
    answer = tap(client, "queue_add", scripted=False, name="Ada", size="2", tab="waitlist")
    assert answer.status_code == 302
    entry = QueueEntry.objects.get()
    page = client.get(f"{STAND}?party={entry.public_id}&tab=waitlist").content.decode()
    assert f'value="queue_change {entry.public_id} {entry.version}"' in page
    tap(
        client,
        of("queue_change", entry),
        scripted=False,
        once="two",
        name="Ada Lo",
        size="2",
        phone="(212) 555-0123",
        quoted="25",
    )
    entry.refresh_from_db()
    assert (entry.name, entry.phone, entry.quoted_minutes, entry.promised_at) == (
        "Ada Lo",
        "+12125550123",
        25,
        at("19:20"),
    )
    table = ids(house, "2")[0]
    page = client.get(f"{STAND}?mode=queue_call&party={entry.public_id}").content.decode()
    assert f'value="queue_call {entry.public_id} {entry.version} {table}"' in page
    tap(client, f"{of('queue_call', entry)} {table}", scripted=False, once="three")
    page = client.get(f"{STAND}?tab=waitlist").content.decode()
    assert f'value="queue_seat {entry.public_id} {entry.version + 1} {table}"' in page
    tap(client, f"{of('queue_seat', entry)} {table}", scripted=False, once="four")
    party = Reservation.objects.get()
    assert (party.guest_name, party.status) == ("Ada Lo", "seated")


def test_a_row_counts_names_its_table_and_says_why(
    as_: As, cast: Cast, house: Restaurant, evening: QueueEntry
) -> None:
    six = joined(house, "Six", 6, note="By the window", step_free=True)
    page = as_(cast.host).get(f"{STAND}?tab=waitlist").content.decode()
    row = page.partition(f'id="q-{evening.public_id}"')[2].partition("</li>")[0]
    assert f'data-at="{int(at("18:55").timestamp())}"' in row
    assert "Ready · 1" in row
    assert "table 1 is free" in row
    far = page.partition(f'id="q-{six.public_id}"')[2].partition("</li>")[0]
    for text in ("not tonight", "no table seats so many", "By the window", "Step-free"):
        assert text in far, text
    assert "row__do" not in far


def test_the_wait_of_every_size_is_said_before_anybody_is_added(
    as_: As, cast: Cast, house: Restaurant, clock: Clock
) -> None:
    clock.now = at("18:55")
    client = as_(cast.host)
    for label in ("1", "2"):
        stand.walk_in(house.public_id, DATE, 2, by=HOST, tables=ids(house, label))
    page = client.get(f"{STAND}?tab=waitlist").content.decode()
    said = re.findall(r'data-said="(\d)"[^>]*>.*?<span>([^<]+)</span></a>', page)
    turn = said[0][1]
    assert re.fullmatch(r"~ \d+ h \d\d", turn)
    assert said == [(str(n), turn if n <= 4 else "not tonight") for n in range(1, 9)]


def test_a_queue_is_of_tonight(as_: As, cast: Cast, evening: QueueEntry) -> None:
    page = as_(cast.host).get(f"{STAND}?date=2025-11-11&tab=waitlist").content.decode()
    assert "data-queue-add" not in page


def test_the_drawer_tells_everything_about_a_party(
    as_: As, cast: Cast, house: Restaurant, evening: QueueEntry
) -> None:
    entry = joined(house, "Beatrix", 2, phone="+12125550188", note="Pram")
    stand.call_party(entry.public_id, expected=entry.version, by=HOST)
    client = as_(cast.host)
    page = client.get(f"{STAND}drawer/", {"party": entry.public_id}).content.decode()
    for text in (
        "table 1 is ready",
        "kept until",
        "Pram",
        "+1 212-555-0188",
        "Called",
        "No answer",
    ):
        assert text in page, text
    assert "<html" not in page
    own = re.findall(r'href="[^"]*(/queue/[^"]+)"', page)[0]
    assert "Beatrix" not in Client().get(own).content.decode()
    stand.leave_queue(entry.public_id, expected=None, by=HOST)
    page = client.get(f"{STAND}drawer/", {"party": entry.public_id}).content.decode()
    assert "Choose a party or a table." in page


def test_seating_at_a_chosen_table_says_of_each_yes_or_why_not(
    as_: As, cast: Cast, house: Restaurant, evening: QueueEntry
) -> None:
    stand.walk_in(house.public_id, DATE, 2, by=HOST, name="Bo", tables=ids(house, "1"))
    client = as_(cast.host)
    mode = client.get(f"{STAND}where/", {"mode": "queue_seat", "party": evening.public_id}).json()
    by_label = {place["label"]: place for place in mode["places"].values()}
    assert (by_label["1"]["ok"], by_label["1"]["reason"]) == (False, "Taken · Bo")
    assert (by_label["2"]["ok"], by_label["2"]["best"]) == (True, True)
    assert tap(client, by_label["2"]["value"]).json()["ok"] is True
    timeline = client.get(
        f"{STAND}where/", {"mode": "queue_seat", "party": evening.public_id, "view": "timeline"}
    )
    assert timeline.status_code == 404


def test_two_hosts_get_a_clear_conflict(as_: As, cast: Cast, evening: QueueEntry) -> None:
    shown = of("queue_seat", evening)
    stand.leave_queue(evening.public_id, expected=None, by=HOST)
    answer = tap(as_(cast.host), shown)
    assert (answer.status_code, answer.json()["kind"]) == (409, "stale")
    assert answer.json()["said"].startswith("Ada was changed by Hanna Host")


@pytest.mark.parametrize(
    "odd",
    [
        {"name": "", "size": "2"},
        {"name": "Bo", "size": "0"},
        {"name": "Bo", "size": "two"},
        {"name": "Bo", "size": "2", "quoted": "601"},
        {"name": "Bo", "size": "2", "phone": "12"},
        {"name": "Bo", "size": "2", "room": "999999"},
    ],
)
def test_forms_that_make_no_sense_are_refused_in_words(
    odd: dict[str, Any], as_: As, cast: Cast, evening: QueueEntry
) -> None:
    for do in ("queue_add", of("queue_change", evening)):
        answer = tap(as_(cast.host), do, **odd)
        assert (answer.status_code, bool(answer.json()["said"])) == (409, True), do
    assert QueueEntry.objects.count() == 1


# The waitlist's words


def test_every_verdict_has_its_words(house: Restaurant, clock: Clock) -> None:
    night = night_of(house.pk, DATE, clock.now)
    facts = {
        "until": clock.now.isoformat(),
        "time": "19:00",
        "position": 2,
        "passed": [2, 2],
        "by_size": 6,
        "reasons": {"tables_taken": 3},
    }
    said = {each: offer_words(_wait(str(each), facts), night) for each in Verdict}
    assert all(said.values())
    assert len(set(said.values())) == len(said) - 1  # full and never give the reason alike
    assert said[Verdict.OFFERED] == (
        f"Offered 19:00 until {clock.now.astimezone(night.zone):%H:%M}; number 2 in line; "
        "went before 2 parties that fit worse"
    )
    assert said[Verdict.FULL] == "Not asked: all tables that fit are taken"
    assert offer_words(_wait("", {}), night) == ""


def _wait(verdict: str, facts: dict[str, Any]) -> WaitRow:
    seven = at("19:00").time()
    return WaitRow(
        *("wait_1", "Ada", 2, seven, seven, "waiting", False, "", "", "website", at("12:00")),
        verdict,
        facts,
    )


def test_who_cannot_be_written_to_can_be_called(
    as_: As, cast: Cast, house: Restaurant, clock: Clock
) -> None:
    clock.now = at("18:55")
    WaitlistEntry.objects.create(
        restaurant=house,
        service_date=DATE,
        earliest=at("18:00").time(),
        latest=at("20:00").time(),
        party_size=2,
        name="Cy",
        phone="+12125550144",
        language="en",
        nonce="c",
        digest="c",
        verdict="unreachable",
        created_at=clock.now,
        updated_at=clock.now,
    )
    joined(house)
    page = as_(cast.host).get(f"{STAND}?tab=waitlist").content.decode()
    assert 'href="tel:+12125550144">+1 212-555-0144' in page
    assert "Please telephone" in page
    assert page.index("At the door") < page.index("Told when a table comes free")
