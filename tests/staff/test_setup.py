"""Set-up: who may look and change, what each page saves, and what it shows before."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from core.models import AuditEntry
from reservations.guests import Guest
from reservations.services.holds import HoldRequest, place_hold
from restaurants.models import (
    Closure,
    DiningService,
    DiningTable,
    OpeningHours,
    PacingStep,
    Restaurant,
    SpecialDay,
    TurnTime,
)
from tests.factories import make_bella, make_user
from tests.fixtures.domain import Clock
from tests.staff.conftest import As, Cast
from tests.staff.rights import SETUP
from tests.staff.test_sources import book

pytestmark = pytest.mark.django_db

DATE = dt.date(2025, 11, 10)


def url(house: Restaurant, name: str, *args: object) -> str:
    return reverse(f"staff:{name}", args=[house.slug, *args])


def service_of(house: Restaurant) -> DiningService:
    return DiningService.objects.get(restaurant=house)


def text_of(page: Any) -> str:
    return " ".join(page.content.decode().split())


def pages(house: Restaurant) -> dict[str, str]:
    """The address of every page of set-up, with something of the house behind it."""
    service = service_of(house).public_id
    day = SpecialDay.objects.get_or_create(restaurant=house, date=DATE)[0]
    closure = Closure.objects.get_or_create(
        restaurant=house,
        starts_at=dt.datetime(2025, 12, 1, tzinfo=dt.UTC),
        ends_at=dt.datetime(2025, 12, 2, tzinfo=dt.UTC),
    )[0]
    table = DiningTable.objects.filter(restaurant=house).order_by("pk")[0]
    arguments: dict[str, tuple[object, ...]] = {
        **dict.fromkeys(("setup_service", "setup_service_remove", "setup_pacing"), (service,)),
        "setup_day": (day.date.isoformat(),),
        "setup_closure_end": (closure.pk,),
        "setup_floor_part": ("table", table.public_id),
    }
    return {name: url(house, name, *arguments.get(name, ())) for name in SETUP}


def state(house: Restaurant) -> tuple[Any, ...]:
    models = (DiningTable, DiningService, TurnTime, OpeningHours, SpecialDay, Closure)
    rows = [
        list(m._default_manager.filter(restaurant=house).order_by("pk").values()) for m in models
    ]
    return (rows, AuditEntry.objects.count(), Restaurant.objects.filter(pk=house.pk).values().get())


REDIRECTS = {"setup_floor_undo", "setup_closure_end"}


@pytest.mark.parametrize("who", ["nobody", "viewer", "host", "charlie", "manager", "owner"])
def test_everybody_here_looks_and_managers_change(
    who: str, as_: As, cast: Cast, house: Restaurant
) -> None:
    addresses, client = pages(house), as_(getattr(cast, who, None))
    before = state(house)
    for name, address in sorted(addresses.items()):
        looked = client.get(address)
        seen = {"nobody": 302, "charlie": 404}.get(who, 302 if name in REDIRECTS else 200)
        assert looked.status_code == seen, (name, who)
        if who not in ("manager", "owner"):
            sent = client.post(address, {"sure": "1", "name": "x", "window_days": "1"})
            refused = {"nobody": 302, "charlie": 404}.get(who, 403)
            assert sent.status_code == refused, (name, who)
    assert state(house) == before


def test_what_belongs_to_another_house_is_not_there(
    as_: As, cast: Cast, house: Restaurant, elsewhere: Restaurant
) -> None:
    client, before = as_(cast.manager), state(elsewhere)
    theirs = pages(elsewhere)
    before = state(elsewhere)
    named = ("setup_service", "setup_service_remove", "setup_pacing", "setup_closure_end")
    for name in (*named, "setup_floor_part"):
        address = theirs[name].replace(f"/r/{elsewhere.slug}/", f"/r/{house.slug}/")
        assert client.get(address).status_code == 404, name
        assert client.post(address, {"remove": "1", "sure": "1"}).status_code == 404, name
    assert client.get(url(house, "setup_turns") + "?service=serv_x").status_code == 404
    assert client.get(url(house, "setup_day", "2025-13-01")).status_code == 404
    assert client.get(url(house, "setup_floor_part", "plan", "nope")).status_code == 404
    assert client.get(url(house, "setup_floor_part", "nothing", "new")).status_code == 404
    assert state(elsewhere) == before


# --- The overview --------------------------------------------------------------------------------


def test_the_overview_says_what_is_missing(as_: As, cast: Cast, house: Restaurant) -> None:
    client = as_(cast.viewer)
    page = text_of(client.get(url(house, "setup")))
    assert "All day has no pacing: everybody may arrive at once." in page
    assert "the largest place they can have is for 4" in page
    DiningTable.objects.filter(restaurant=house).delete()
    DiningService.objects.filter(restaurant=house).delete()
    page = text_of(client.get(url(house, "setup")))
    assert "There are no tables in use yet." in page
    assert "There is no service yet" in page
    assert url(house, "setup") in as_(cast.host).get(url(house, "house")).content.decode()


# --- Services and their preview ------------------------------------------------------------------


def opened(client: Client) -> Client:
    """A browser that opens every form before it sends it, so that it says what it showed."""
    send = client.post

    def post(address: str, data: Any = None, **more: Any) -> Any:
        shown = (client.get(address).context or {}).get("shown", "")
        return send(address, {"shown": shown, **(data or {})}, **more)

    setattr(client, "post", post)  # noqa: B010 - its own method, on this one client
    return client


def service_fields(**fields: Any) -> dict[str, Any]:
    return {
        "name": "Dinner",
        "weekdays": [str(day) for day in range(7)],
        "min_party": "1",
        "first_seating": "18:00",
        "last_seating": "00:30",
        "slot_minutes": "30",
        "is_active": "on",
        "auto_confirm": "on",
        **fields,
    }


def test_a_service_past_midnight_is_shown_before_it_is_saved(
    as_: As, cast: Cast, house: Restaurant
) -> None:
    client, address = as_(cast.manager), url(house, "setup_service_new")
    asked = {"preview-date": "2025-11-14", "preview-party": "2", "preview-channel": "online"}
    page = client.post(address, service_fields(preview="1", **asked))
    text = text_of(page)
    assert page.status_code == 200
    assert "<html" not in text
    assert "Friday 14 November 2025, 2 guests" in text
    assert text.count("· new") == 14
    assert "after midnight" in text
    assert not DiningService.objects.filter(name="Dinner").exists()
    assert not AuditEntry.objects.filter(verb="diningservice.added").exists()
    assert client.post(address, service_fields(**asked)).status_code == 302
    made = DiningService.objects.get(name="Dinner")
    assert (made.last_seating, made.slot_minutes) == (dt.time(0, 30), 30)
    entry = AuditEntry.objects.get(verb="diningservice.added")
    assert (entry.actor_id, entry.data["after"]["name"]) == (cast.manager.public_id, "Dinner")


def test_without_a_script_the_preview_is_a_button(as_: As, cast: Cast, house: Restaurant) -> None:
    client, address = as_(cast.manager), url(house, "setup_service_new")
    page = client.post(address, service_fields(look="1"))
    assert page.status_code == 200
    assert 'value="Dinner"' in text_of(page)
    assert "· new" in text_of(page)
    page = client.post(address, service_fields(look="1", weekdays=[], slot_minutes="1"))
    assert page.status_code == 422
    assert "Choose weekdays, or one date: one of both." in text_of(page)
    assert DiningService.objects.filter(restaurant=house).count() == 1


def test_a_preview_leaves_no_trace_in_what_guests_see(
    as_: As, cast: Cast, house: Restaurant
) -> None:
    """The rules of the change that was taken back must not be kept for the next reader."""
    service, client = service_of(house), opened(as_(cast.manager))
    address = url(house, "setup_service", service.public_id)
    closed = service_fields(name="All day", first_seating="17:00", is_active="", preview="1")
    assert "gone" in text_of(client.post(address, closed))
    guest = Guest.with_account(make_user().public_id)
    asked = HoldRequest(house.public_id, DATE, "18:00", 2)
    assert place_hold(asked, guest, by=guest.actor).public_id
    # And when something is really saved afterwards, that counts.
    assert client.post(address, {**closed, "sure": "1"} | {"preview": ""}).status_code == 200


def test_bookings_that_would_stand_outside_are_listed_before_saving(
    as_: As, cast: Cast, house: Restaurant, clock: Clock
) -> None:
    book(house, "18:00", 2, "Ada")
    service, client = service_of(house), opened(as_(cast.manager))
    address = url(house, "setup_service", service.public_id)
    later = service_fields(name="All day", first_seating="19:00", last_seating="22:00")
    page = client.post(address, later)
    assert page.status_code == 409
    assert "Mon 10 Nov 18:00: Ada, 2 guests" in text_of(page)
    service.refresh_from_db()
    assert service.first_seating == dt.time(11)
    assert client.post(address, {**later, "sure": "1"}).status_code == 302
    service.refresh_from_db()
    assert service.first_seating == dt.time(19)


def test_a_booked_service_is_not_removed(
    as_: As, cast: Cast, house: Restaurant, clock: Clock
) -> None:
    service, client = service_of(house), opened(as_(cast.manager))
    book(house, "18:00", 2, "Ada")
    address = url(house, "setup_service_remove", service.public_id)
    page = client.post(address, follow=True)
    assert "Switch it off instead" in text_of(page)
    assert DiningService.objects.filter(pk=service.pk).exists()


def test_turn_times_by_party_size(as_: As, cast: Cast, house: Restaurant) -> None:
    client, address = opened(as_(cast.manager)), url(house, "setup_turns")
    sent = {"up_to_0": "2", "minutes_0": "75", "up_to_1": "99", "minutes_1": "120"}
    assert client.post(address, sent).status_code == 302
    rows = TurnTime.objects.filter(restaurant=house, service=None).order_by("up_to")
    assert list(rows.values_list("up_to", "minutes")) == [(2, 75), (99, 120)]
    for wrong in ({**sent, "up_to_1": "2"}, {**sent, "minutes_1": ""}, {**sent, "minutes_0": "5"}):
        assert client.post(address, wrong).status_code == 422
    service = service_of(house)
    its = f"{address}?service={service.public_id}"
    assert client.post(its, {"up_to_0": "99", "minutes_0": "60"}).headers["Location"] == its
    assert service.turn_times.get().minutes == 60
    assert AuditEntry.objects.filter(verb="turntimes.changed").count() == 2


def test_the_pacing_grid(as_: As, cast: Cast, house: Restaurant) -> None:
    service, client = service_of(house), opened(as_(cast.manager))
    address = url(house, "setup_pacing", service.public_id)
    wall = 19 * 60
    sent = {"usual-slot_covers": "8", f"q{wall}-slot_covers": "1"}
    asked = {"preview-date": "2025-11-14", "preview-party": "2", "preview-channel": "online"}
    page = text_of(client.post(address, {**sent, **asked, "preview": "1"}))
    assert "Pacing: 0 of 1 guests arrive in this quarter of an hour." in page
    assert page.count("· closes") == 1
    assert client.post(address, sent).status_code == 302
    service.refresh_from_db()
    assert (service.slot_covers, service.slot_parties) == (8, None)
    step = PacingStep.objects.get(service=service)
    assert (step.at, step.slot_covers, step.slot_parties) == (dt.time(19), 1, None)
    assert client.get(address).context["form"][f"q{wall}-slot_covers"].value() == 1
    wrong = client.post(address, {**sent, f"q{wall}-online_slot_covers": "5"})
    assert wrong.status_code == 422
    assert "More online than in all." in text_of(wrong)
    assert client.post(address, {"usual-slot_covers": ""}).status_code == 302
    assert not PacingStep.objects.exists()
    assert AuditEntry.objects.filter(verb="pacing.changed").count() == 2


# --- Hours, days, closures, rules ----------------------------------------------------------------


def test_hours_are_typed_as_people_write_them(as_: As, cast: Cast, house: Restaurant) -> None:
    client, address = opened(as_(cast.manager)), url(house, "setup_hours")
    sent = {"venue_0": "12:00-14:30, 19h – 1", "kitchen_0": "19.00–22:30"}
    assert client.post(address, {**sent, "sure": "1"}).status_code == 302
    rows = OpeningHours.objects.filter(restaurant=house).order_by("part", "opens")
    assert [(r.part, f"{r.opens:%H:%M}-{r.closes:%H:%M}") for r in rows] == [
        ("kitchen", "19:00-22:30"),
        ("venue", "12:00-14:30"),
        ("venue", "19:00-01:00"),
    ]
    assert client.get(address).context["form"]["venue_0"].value() == "12:00–14:30, 19:00–01:00"
    for wrong in ("12", "noon", "12:00-14:00, 13:00-15:00", "25:00-26:00", "19-1, 23-24"):
        page = client.post(address, {"venue_0": wrong})
        assert (page.status_code, wrong) == (422, wrong)


def test_a_special_day_is_shown_saved_and_taken_back(
    as_: As, cast: Cast, house: Restaurant
) -> None:
    client, address = opened(as_(cast.manager)), url(house, "setup_day_new")
    asked = {"preview-date": "2025-12-24", "preview-party": "2", "preview-channel": "online"}
    sent = {"date": "2025-12-24", "opens": "12:00", "closes": "15:00", "note": "Christmas Eve"}
    page = text_of(client.post(address, {**sent, **asked, "preview": "1"}))
    assert "The special day closes it. “Christmas Eve”" in page
    assert client.post(address, sent).status_code == 302
    assert SpecialDay.objects.get(restaurant=house).opens == dt.time(12)
    assert client.post(address, sent).status_code == 422
    assert client.post(address, {"date": "2025-12-25", "opens": "12:00"}).status_code == 422
    day = url(house, "setup_day", "2025-12-24")
    assert client.post(day, {**sent, "is_closed": "on"}).status_code == 302
    assert SpecialDay.objects.get(restaurant=house).is_closed
    assert client.post(day, {"remove": "1"}).status_code == 302
    assert not SpecialDay.objects.filter(restaurant=house).exists()


def test_every_kind_of_closure(as_: As, cast: Cast, house: Restaurant, clock: Clock) -> None:
    client, address = opened(as_(cast.manager)), url(house, "setup_closures")
    table = DiningTable.objects.get(restaurant=house, label="1")
    room = house.rooms.get()
    hours = {"date": "2025-11-20", "starts": "23:00", "ends": "00:30"}
    for sent in (
        {"kind": "now", "note": "Full"},
        {"kind": "slot", **hours, "online_only": "on"},
        {"kind": "room", "room": room.public_id, "date": "2025-11-21"},
        {"kind": "table", "table": table.public_id, "date": "2025-11-22"}
        | {"until_date": "2025-11-24", "online_only": "on"},
    ):
        assert client.post(address, sent).status_code == 302, sent
    now, slot, of_room, of_table = Closure.objects.filter(restaurant=house).order_by("pk")
    assert (now.starts_at, now.ends_at.astimezone(house.tz).hour) == (clock.now, 5)
    assert slot.online_only
    assert (slot.ends_at - slot.starts_at) == dt.timedelta(minutes=90)
    assert of_room.room == room
    assert (of_table.table, of_table.online_only) == (table, False)
    assert (of_table.ends_at - of_table.starts_at) == dt.timedelta(days=3)
    day = {"kind": "day", "date": "2025-11-27", "until_date": "2025-11-28", "note": "Holiday"}
    assert client.post(address, day).status_code == 302
    assert SpecialDay.objects.filter(restaurant=house, is_closed=True).count() == 2
    for wrong in ({}, {"kind": "slot"}, {"kind": "room", "date": "2025-11-21"}, {"kind": "x"}):
        assert client.post(address, wrong).status_code == 422, wrong
    clock.advance(hours=1)
    for row in (now, slot):
        assert client.post(url(house, "setup_closure_end", row.pk)).status_code == 302
    now.refresh_from_db()
    assert now.ends_at == clock.now
    assert not Closure.objects.filter(pk=slot.pk).exists()


def test_a_closure_names_the_guests_it_meets_and_cancels_nobody(
    as_: As, cast: Cast, house: Restaurant, clock: Clock
) -> None:
    made = book(house, "18:00", 2, "Ada")
    client, address = opened(as_(cast.manager)), url(house, "setup_closures")
    claim = made.claims.get()
    sent = {"kind": "table", "table": claim.table.public_id, "date": "2025-11-10"}
    page = client.post(address, sent)
    assert page.status_code == 409
    assert "Ada, 2 guests" in text_of(page)
    other = DiningTable.objects.filter(restaurant=house).exclude(pk=claim.table_id).get()
    assert client.post(address, {**sent, "table": other.public_id}).status_code == 302
    assert client.post(address, {**sent, "sure": "1"}).status_code == 302
    made.refresh_from_db()
    assert made.status == "confirmed"


def test_hours_on_the_night_the_clocks_change(
    as_: As, cast: Cast, house: Restaurant, clock: Clock
) -> None:
    """In New York 02:30 of 8 March 2026 is no time; the closure ends when the clocks jump."""
    client = as_(cast.manager)
    sent = {"kind": "slot", "date": "2026-03-07", "starts": "23:00", "ends": "03:30"}
    client.post(url(house, "setup_closures"), sent)
    row = Closure.objects.get(restaurant=house)
    assert row.ends_at - row.starts_at == dt.timedelta(hours=3, minutes=30)
    service = service_fields(last_seating="03:00", preview="1")
    asked = {"preview-date": "2026-03-07", "preview-party": "2", "preview-channel": "in_house"}
    text = text_of(client.post(url(house, "setup_service_new"), {**service, **asked}))
    assert ">01:30<" in text
    assert ">02:30<" not in text
    assert ">03:00<" in text


def test_rules_of_booking(as_: As, cast: Cast, house: Restaurant) -> None:
    client, address = opened(as_(cast.manager)), url(house, "setup_rules")
    sent = {"accepts_reservations": "on", "window_days": "30", "lead_minutes": "60"}
    sent |= {"min_party": "1", "max_party": "8", "buffer_minutes": "15", "hold_minutes": "10"}
    sent |= {"offer_minutes": "15", "queue_keep_minutes": "10"}
    before = Restaurant.objects.get(pk=house.pk).plan_version
    assert client.post(address, sent).status_code == 302
    house.refresh_from_db()
    assert (house.window_days, house.max_party, house.buffer_minutes) == (30, 8, 15)
    assert house.plan_version > before
    entry = AuditEntry.objects.get(verb="restaurant.changed")
    assert entry.data["before"]["window_days"] == 365
    assert client.post(address, {**sent, "max_party": "0"}).status_code == 422


# --- Why is it closed? ---------------------------------------------------------------------------


def test_why_is_it_closed(as_: As, cast: Cast, house: Restaurant, clock: Clock) -> None:
    client, address = as_(cast.viewer), url(house, "setup_why")
    asked = {"date": "2025-11-14", "time": "19:00", "party": "2", "channel": "online"}
    assert "the party would sit at table 1" in text_of(client.get(address, asked))
    service = service_of(house)
    PacingStep.objects.create(service=service, at=dt.time(19), slot_covers=1)
    text = text_of(client.get(address, asked))
    assert "Pacing: 0 of 1 guests arrive in this quarter of an hour." in text
    assert "Let 2 guests arrive in this quarter of an hour." in text
    assert url(house, "setup_pacing", service.public_id) in text
    assert "time=18%3A30" in text
    text = text_of(client.get(address, {**asked, "party": "40"}))
    assert "Online parties end with 12 guests." in text
    assert "No change of a rule is enough" in text
    for odd in ({"date": "x"}, {**asked, "time": "99"}, {**asked, "date": "0001-01-01"}):
        assert client.get(address, odd).status_code == 200


def test_another_house_in_seats_mode(as_: As, cast: Cast, clock: Clock) -> None:
    pool = make_bella(tables=1, slug="pool", seats=20)
    DiningTable.objects.filter(restaurant=pool).delete()
    Restaurant.objects.filter(pk=pool.pk).update(capacity_mode="seats")
    client = as_(cast.operator)
    for name in ("setup", "setup_rules", "setup_why", "setup_floor"):
        assert client.get(url(pool, name)).status_code == 200
    asked = {"date": "2025-11-14", "time": "19:00", "party": "2", "channel": "online"}
    assert "has seats for this party" in text_of(client.get(url(pool, "setup_why"), asked))
