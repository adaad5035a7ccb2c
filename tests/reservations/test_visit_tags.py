"""Tags of visits: given at the stand, taken back, renamed for the group, gone with the guest."""

from __future__ import annotations

import pytest

from core.actors import Actor, ActorKind
from core.errors import Invalid
from core.models import AuditEntry
from customers.errors import TagTaken
from customers.models import Customer, GuestTag
from customers.selectors import sight_of
from customers.services.tags import TagValues, remove_tag, save_tag
from reservations.engine.stand import AlertKind
from reservations.errors import StaleParty
from reservations.models import Reservation
from reservations.selectors.night import night_of
from reservations.services import stand
from reservations.services.guest_records import erase
from restaurants.models import Restaurant
from tests.fixtures.domain import Clock
from tests.reservations.stand import (
    DATE,
    HOST,
    at,
    booked,
    fingerprint,
    fresh,
    make_house,
    read,
)

pytestmark = pytest.mark.django_db

VISIT = GuestTag.Kind.VISIT


@pytest.fixture
def venue(db: None) -> Restaurant:
    found = make_house()
    for name in ("Stroller", "Business", "Window"):
        save_tag(found.organization_id, TagValues(name, kind=VISIT), by=HOST)
    save_tag(found.organization_id, TagValues("Regular at the bar"), by=HOST)
    return found


def test_a_visit_carries_tags_and_undo_takes_them_back(venue: Restaurant, clock: Clock) -> None:
    row = fresh(booked(venue))
    before = fingerprint()
    done = stand.tag(row.public_id, ["Window", "Business"], expected=row.version, by=HOST)
    assert done.said == "Ada: tags saved"
    assert fresh(row).tags == ["Business", "Window"]
    assert fresh(row).version == row.version + 1
    assert read(venue, clock).parties[0].tags == ("Business", "Window")
    entry = AuditEntry.objects.get(verb="reservation.tagged")
    assert (entry.data["before"], entry.data["after"]) == ([], ["Business", "Window"])
    stand.undo(done.token, by=HOST)
    assert fresh(row).tags == []
    assert fingerprint() == before


def test_all_of_them_are_taken_off(venue: Restaurant, clock: Clock) -> None:
    row = fresh(booked(venue))
    stand.tag(row.public_id, ["Window"], expected=row.version, by=HOST)
    stand.tag(row.public_id, [], expected=fresh(row).version, by=HOST)
    assert fresh(row).tags == []


@pytest.mark.parametrize("name", ["Regular at the bar", "window", "Whatever"])
def test_only_the_groups_tags_of_visits(venue: Restaurant, clock: Clock, name: str) -> None:
    row = fresh(booked(venue))
    with pytest.raises(Invalid, match=f"There is no tag “{name}” for visits."):
        stand.tag(row.public_id, [name], expected=row.version, by=HOST)
    assert fresh(row).tags == []


def test_two_hosts_do_not_overwrite_each_other(venue: Restaurant, clock: Clock) -> None:
    row = fresh(booked(venue))
    stand.tag(row.public_id, ["Window"], expected=row.version, by=HOST)
    with pytest.raises(StaleParty):
        stand.tag(row.public_id, ["Business"], expected=row.version, by=HOST)
    assert fresh(row).tags == ["Window"]


def test_a_renamed_tag_is_renamed_on_bookings_of_the_group_only(
    venue: Restaurant, clock: Clock
) -> None:
    row, elsewhere = fresh(booked(venue)), make_house()
    other = booked(elsewhere)
    Reservation.objects.filter(pk=other.pk).update(tags=["Window"])
    stand.tag(row.public_id, ["Window", "Stroller"], expected=row.version, by=HOST)
    tag = GuestTag.objects.get(name="Window")
    save_tag(
        venue.organization_id,
        TagValues("By the window", kind=GuestTag.Kind.GUEST),
        by=HOST,
        public_id=tag.public_id,
    )
    assert fresh(row).tags == ["Stroller", "By the window"]
    assert fresh(other).tags == ["Window"]
    tag.refresh_from_db()
    assert tag.kind == VISIT
    entry = AuditEntry.objects.get(verb="guest_tag.saved", data__before="Window")
    assert entry.data["renamed"] == 1


def test_who_renamed_a_tag_is_named_and_every_house_of_the_group_is_told(
    venue: Restaurant, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    row, sister = fresh(booked(venue)), make_house()
    Restaurant.objects.filter(pk=sister.pk).update(organization=venue.organization)
    other = booked(sister)
    Reservation.objects.filter(pk__in=[row.pk, other.pk]).update(tags=["Window"])
    version = fresh(row).version
    told: list[int | None] = []
    monkeypatch.setattr("core.wakeups.announce", told.append)
    tag = GuestTag.objects.get(name="Window")
    max_ = Actor(ActorKind.STAFF, "user_max", "Max")
    save_tag(venue.organization_id, TagValues("View"), by=max_, public_id=tag.public_id)
    assert {venue.pk, sister.pk} <= set(told)
    with pytest.raises(StaleParty, match="changed by Max"):
        stand.arrive(row.public_id, expected=version, by=HOST)
    entry = AuditEntry.objects.get(verb="reservation.tagged", target=row.public_id)
    assert (entry.data["before"], entry.data["after"]) == (["Window"], ["View"])


@pytest.mark.parametrize("name", ["View", "WINDOW", ""])
def test_a_visit_has_the_new_name_once_however_the_old_one_was_written(
    venue: Restaurant, clock: Clock, name: str
) -> None:
    row, other, only = (fresh(booked(venue)) for _ in range(3))
    Reservation.objects.filter(pk=only.pk).update(tags=["WINdow"])
    before = ["window", "Stroller", "Window", "Business", "View"]
    Reservation.objects.filter(pk=row.pk).update(tags=before)
    Reservation.objects.filter(pk=other.pk).update(tags=["View", "Stroller"])
    version = fresh(other).version
    tag = GuestTag.objects.get(name="Window")
    if name:
        save_tag(venue.organization_id, TagValues(name), by=HOST, public_id=tag.public_id)
    else:
        remove_tag(venue.organization_id, tag.public_id, by=HOST)
    left = {
        "View": ["View", "Stroller", "Business"],
        "WINDOW": ["WINDOW", "Stroller", "Business", "View"],
        "": ["Stroller", "Business", "View"],
    }
    assert fresh(row).tags == left[name]
    assert fresh(only).tags == ([name] if name else [])
    assert (fresh(other).tags, fresh(other).version) == (["View", "Stroller"], version)


@pytest.mark.parametrize(("was", "is_now", "entries"), [(False, True, 1), (True, True, 0)])
def test_who_reads_a_tag_is_news_for_every_house_of_the_group(
    venue: Restaurant, monkeypatch: pytest.MonkeyPatch, was: bool, is_now: bool, entries: int
) -> None:
    sister, elsewhere = make_house(), make_house()
    Restaurant.objects.filter(pk=sister.pk).update(organization=venue.organization)
    GuestTag.objects.filter(name="Window").update(for_managers=was)
    tag = GuestTag.objects.get(name="Window")
    heard: list[int | None] = []
    monkeypatch.setattr("core.wakeups.announce", heard.append)
    save_tag(
        venue.organization_id,
        TagValues("Window", for_managers=is_now),
        by=HOST,
        public_id=tag.public_id,
        restaurant_id=venue.pk,
    )
    # Their screens ask what is new in the trail of their own house when they wake.
    told = AuditEntry.objects.filter(verb="guest_tag.saved", target=tag.public_id)
    assert told.filter(restaurant_id=venue.pk).count() == 1
    assert told.filter(restaurant_id=sister.pk).count() == entries
    assert not told.filter(restaurant_id=elsewhere.pk).exists()
    assert (venue.pk in heard, heard.count(sister.pk)) == (True, entries)


def test_a_removed_tag_is_off_every_booking(venue: Restaurant, clock: Clock) -> None:
    row = fresh(booked(venue))
    stand.tag(row.public_id, ["Window", "Stroller"], expected=row.version, by=HOST)
    tag = GuestTag.objects.get(name="Window")
    assert remove_tag(venue.organization_id, tag.public_id, by=HOST) == "Window"
    assert fresh(row).tags == ["Stroller"]
    assert AuditEntry.objects.get(verb="guest_tag.removed").data["visits"] == 1


def test_a_guests_tag_of_the_same_name_stays(venue: Restaurant, clock: Clock) -> None:
    guest = Customer.objects.create(
        organization=venue.organization, name="Ada", phone="+12125550123", tags=["Window"]
    )
    tag = GuestTag.objects.get(name="Window")
    remove_tag(venue.organization_id, tag.public_id, by=HOST)
    guest.refresh_from_db()
    assert guest.tags == ["Window"]


def test_one_name_is_one_tag(venue: Restaurant) -> None:
    with pytest.raises(TagTaken):
        save_tag(venue.organization_id, TagValues("window"), by=HOST)


def test_a_tag_that_the_group_gave_up_may_stay(venue: Restaurant, clock: Clock) -> None:
    row = fresh(booked(venue))
    Reservation.objects.filter(pk=row.pk).update(tags=["Old"])
    row = fresh(row)
    stand.tag(row.public_id, ["Old", "Window"], expected=row.version, by=HOST, sees_all=True)
    assert fresh(row).tags == ["Window", "Old"]


def test_a_name_the_group_has_no_more_is_for_managers(venue: Restaurant, clock: Clock) -> None:
    """It may be what a tag for managers was called before."""
    row = fresh(booked(venue))
    Reservation.objects.filter(pk=row.pk).update(tags=["Old"])
    sight = sight_of(venue.organization_id, sees_all=False)
    assert night_of(venue.pk, DATE, clock.now, sight).parties[0].tags == ()
    assert read(venue, clock).parties[0].tags == ("Old",)
    version = fresh(row).version
    with pytest.raises(Invalid, match=r"There is no tag “Old” for visits\."):
        stand.tag(row.public_id, ["Old"], expected=version, by=HOST)
    stand.tag(row.public_id, ["Window"], expected=version, by=HOST)
    assert fresh(row).tags == ["Window", "Old"]
    stand.tag(row.public_id, ["Window"], expected=fresh(row).version, by=HOST, sees_all=True)
    assert fresh(row).tags == ["Window"]


# Tags for managers


def hide(venue: Restaurant, name: str, kind: str = VISIT) -> GuestTag:
    return save_tag(venue.organization_id, TagValues(name, kind=kind, for_managers=True), by=HOST)


def test_who_does_not_see_a_tag_neither_gives_it_nor_takes_it_off(
    venue: Restaurant, clock: Clock
) -> None:
    hide(venue, "Complains")
    row = fresh(booked(venue))
    with pytest.raises(Invalid, match=r"There is no tag “Complains” for visits\."):
        stand.tag(row.public_id, ["Complains"], expected=row.version, by=HOST)
    both = ["Window", "Complains"]
    done = stand.tag(row.public_id, both, expected=row.version, by=HOST, sees_all=True)
    assert "Complains" not in done.said
    row = fresh(row)
    assert row.tags == ["Complains", "Window"]
    with pytest.raises(Invalid, match=r"There is no tag “Complains” for visits\."):
        stand.tag(row.public_id, both, expected=row.version, by=HOST)
    stand.tag(row.public_id, [], expected=row.version, by=HOST)
    assert fresh(row).tags == ["Complains"]
    stand.tag(row.public_id, [], expected=fresh(row).version, by=HOST, sees_all=True)
    assert fresh(row).tags == []


@pytest.mark.parametrize("sees_all", [False, True])
def test_undo_restores_hidden_tags_exactly(venue: Restaurant, clock: Clock, sees_all: bool) -> None:
    hide(venue, "Complains")
    row = fresh(booked(venue))
    Reservation.objects.filter(pk=row.pk).update(tags=["Window", "Complains"])
    row, before = fresh(row), fingerprint()
    done = stand.tag(row.public_id, ["Stroller"], expected=row.version, by=HOST, sees_all=sees_all)
    kept = [] if sees_all else ["Complains"]
    assert fresh(row).tags == [*kept, "Stroller"]
    said = stand.undo(done.token, by=HOST)
    assert (said, fresh(row).tags) == ("Ada: tags saved", ["Window", "Complains"])
    assert fingerprint() == before


def test_a_hidden_tag_is_renamed_and_removed_and_erased_like_any(
    venue: Restaurant, clock: Clock
) -> None:
    tag = hide(venue, "Complains")
    row = fresh(booked(venue))
    Reservation.objects.filter(pk=row.pk).update(tags=["Complains"])
    group = venue.organization_id
    saved = save_tag(group, TagValues("Careful"), by=HOST, public_id=tag.public_id)
    assert (saved.for_managers, fresh(row).tags) == (True, ["Careful"])
    opened = TagValues("Careful", for_managers=False)
    assert not save_tag(group, opened, by=HOST, public_id=tag.public_id).for_managers
    remove_tag(group, tag.public_id, by=HOST)
    assert fresh(row).tags == []


def test_a_vip_by_a_hidden_tag_is_one_for_managers_only(venue: Restaurant, clock: Clock) -> None:
    hide(venue, "Vip", GuestTag.Kind.GUEST)
    guest_of(venue, booked(venue), tags=["VIP"])
    clock.now = at("18:50")
    sight = sight_of(venue.organization_id, sees_all=False)
    theirs, all_of_it = night_of(venue.pk, DATE, clock.now, sight), read(venue, clock)
    assert [party.is_vip for party in theirs.parties] == [False]
    assert [party.is_vip for party in all_of_it.parties] == [True]
    kinds = [{alert.kind for alert in night.alerts} for night in (theirs, all_of_it)]
    assert [AlertKind.VIP_SOON in each for each in kinds] == [False, True]


def test_erasing_a_guest_takes_them_off(venue: Restaurant, clock: Clock) -> None:
    guest = Customer.objects.create(
        organization=venue.organization, name="Ada", phone="+12125550123"
    )
    row = fresh(booked(venue))
    Reservation.objects.filter(pk=row.pk).update(
        customer=guest, tags=["Window"], status="completed", service_date=DATE
    )
    erase(venue.organization_id, guest.public_id, by=HOST)
    assert fresh(row).tags == []


# What the stand knows of a guest


def guest_of(venue: Restaurant, row: Reservation, **values: object) -> Customer:
    guest = Customer.objects.create(
        organization=venue.organization, name="Ada", phone="+12125550123", **values
    )
    Reservation.objects.filter(pk=row.pk).update(customer=guest)
    return guest


@pytest.mark.parametrize(
    ("values", "is_vip"),
    [({"is_vip": True}, True), ({"tags": ["Vip"]}, True), ({"tags": ["Press"]}, False)],
)
def test_who_the_record_calls_a_vip_is_one(
    venue: Restaurant, clock: Clock, values: dict[str, object], is_vip: bool
) -> None:
    guest_of(venue, booked(venue), **values)
    assert read(venue, clock).parties[0].is_vip is is_vip


def test_what_the_record_says_is_of_who_booked_and_not_of_who_comes(
    venue: Restaurant, clock: Clock
) -> None:
    row = fresh(booked(venue))
    guest_of(venue, row, birthday="11-10", dietary=["vegan"], allergies=["nuts"])
    party = read(venue, clock).parties[0]
    assert (party.birthday, party.dietary, party.allergens) == ("11-10", ("vegan",), ("nuts",))
    Reservation.objects.filter(pk=row.pk).update(diner_name="Bob")
    party = read(venue, clock).parties[0]
    assert (party.birthday, party.dietary, party.allergens) == ("", (), ())
