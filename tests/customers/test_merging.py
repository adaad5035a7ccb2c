"""Two records become one, and two again exactly as they were."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from accounts.models import Organization
from core.actors import SYSTEM, Actor, ActorKind
from customers.errors import CannotUndoMerge, ContactTaken, MergeNotFound
from customers.models import ConsentEntry, Customer, CustomerMerge, GuestNote
from customers.selectors import customer_of
from customers.services.merging import (
    forget_merges,
    merge_customers,
    merges_of,
    plan_merge,
    undo_merge,
)
from customers.services.notes import add_note
from customers.services.records import CustomerChange, update_customer
from tests.factories import make_user
from tests.fixtures.domain import Clock

pytestmark = pytest.mark.django_db

MIA = Actor(ActorKind.STAFF, "user_1", "mia@house.example")


@pytest.fixture
def group() -> Organization:
    return Organization.objects.create(name="Group")


def known(group: Organization, name: str, **fields: Any) -> Customer:
    return Customer.objects.create(organization=group, name=name, **fields)


def as_it_is(guest: Customer) -> dict[str, Any]:
    values = Customer.objects.filter(pk=guest.pk).values().get()
    return {name: value for name, value in values.items() if name != "updated_at"}


@pytest.fixture
def kept(group: Organization) -> Customer:
    return known(group, "Ada Okafor", phone="+447700900000", tags=["Quiet"], allergies=["nuts"])


@pytest.fixture
def other(group: Organization, clock: Clock) -> Customer:
    guest = known(
        group,
        "A. Okafor",
        phone="+447700900001",
        email="ada@example.com",
        user=make_user(),
        tags=["Quiet", "Press"],
        birthday="11-28",
        is_vip=True,
        notes="From the import",
        marketing_consent_at=clock.now + dt.timedelta(microseconds=123456),
    )
    add_note(guest, "Likes the bench", by=MIA)
    return guest


def merged(kept: Customer, other: Customer) -> CustomerMerge:
    merge_customers(kept.organization_id, kept.public_id, other.public_id, by=MIA)
    return CustomerMerge.objects.latest("pk")


def test_the_plan_says_what_the_merge_does(kept: Customer, other: Customer) -> None:
    plan = plan_merge(kept.organization_id, kept.public_id, other.public_id)
    assert plan.moved == {"guestnote": 1}
    assert (plan.result["email"], plan.result["phone"]) == ("ada@example.com", "+447700900000")
    assert (plan.left["email"], plan.left["phone"]) == ("", "+447700900001")
    merged(kept, other)
    kept.refresh_from_db()
    assert {name: getattr(kept, name) for name in plan.result} == plan.result
    other.refresh_from_db()
    assert {name: getattr(other, name) for name in plan.left} == plan.left


def test_undoing_restores_both_exactly(kept: Customer, other: Customer, clock: Clock) -> None:
    before = [as_it_is(kept), as_it_is(other), list(GuestNote.objects.values())]
    merge = merged(kept, other)
    assert GuestNote.objects.get().customer == kept
    clock.advance(days=29)
    back = undo_merge(kept.organization_id, merge.public_id, by=MIA)
    assert back == other
    assert [as_it_is(kept), as_it_is(other), list(GuestNote.objects.values())] == before
    assert merges_of(kept) == []


def test_what_somebody_changed_since_stays(kept: Customer, other: Customer) -> None:
    merge = merged(kept, other)
    change = CustomerChange(tags=("Press", "Slow"))
    update_customer(kept.organization_id, kept.public_id, change, by=MIA, country="GB")
    add_note(customer_of(kept.organization_id, kept.public_id), "New since", by=MIA)
    undo_merge(kept.organization_id, merge.public_id, by=MIA)
    kept.refresh_from_db()
    other.refresh_from_db()
    assert (kept.tags, kept.is_vip, kept.email) == (["Press", "Slow"], False, "")
    assert (other.tags, other.email) == (["Quiet", "Press"], "ada@example.com")
    assert list(kept.guest_notes.values_list("text", flat=True)) == ["New since"]


def agrees(guest: Customer, *, wish: bool, words: str = "") -> None:
    change = CustomerChange(consents=wish, consent_words=words)
    update_customer(guest.organization_id, guest.public_id, change, by=MIA, country="GB")


def test_a_consent_taken_back_since_stays_taken_back_on_both(
    kept: Customer, other: Customer, clock: Clock
) -> None:
    clock.advance(minutes=1)
    merge = merged(kept, other)
    clock.advance(days=2)
    agrees(kept, wish=False, words="On the telephone")
    clock.advance(days=1)
    undo_merge(kept.organization_id, merge.public_id, by=MIA)
    for row in (kept, other):
        row.refresh_from_db()
        assert row.marketing_consent_at is None
        entry = ConsentEntry.objects.get(customer=row)
        assert (entry.kind, entry.given, entry.text) == ("marketing", False, "On the telephone")


def test_a_consent_given_again_since_is_the_kept_records_alone(
    kept: Customer, other: Customer, clock: Clock
) -> None:
    merge = merged(kept, other)
    clock.advance(days=1)
    agrees(kept, wish=False)
    agrees(kept, wish=True)
    undo_merge(kept.organization_id, merge.public_id, by=MIA)
    kept.refresh_from_db()
    other.refresh_from_db()
    assert (kept.marketing_consent_at, other.marketing_consent_at) == (clock.now, None)
    assert not ConsentEntry.objects.filter(customer=other).get().given


def test_a_consent_taken_back_before_the_merge_changes_nothing_of_the_other(
    kept: Customer, other: Customer, clock: Clock
) -> None:
    agrees(kept, wish=True)
    agrees(kept, wish=False)
    clock.advance(days=1)
    merge = merged(kept, other)
    kept.refresh_from_db()
    assert kept.marketing_consent_at is None
    before = other.marketing_consent_at
    undo_merge(kept.organization_id, merge.public_id, by=MIA)
    other.refresh_from_db()
    assert other.marketing_consent_at == before
    assert not ConsentEntry.objects.filter(customer=other).exists()


def test_later_merges_are_undone_first(
    group: Organization, kept: Customer, other: Customer
) -> None:
    third = known(group, "Third", phone="+447700900003")
    first, second = merged(kept, other), merged(kept, third)
    with pytest.raises(CannotUndoMerge):
        undo_merge(group.pk, first.public_id, by=MIA)
    undo_merge(group.pk, second.public_id, by=MIA)
    undo_merge(group.pk, first.public_id, by=MIA)
    assert Customer.objects.filter(merged_into=None).count() == 3


def test_it_cannot_be_undone_twice_or_after_thirty_days(
    kept: Customer, other: Customer, clock: Clock
) -> None:
    merge = merged(kept, other)
    clock.advance(days=30)
    with pytest.raises(CannotUndoMerge):
        undo_merge(kept.organization_id, merge.public_id, by=MIA)
    assert forget_merges() == 1
    assert forget_merges() == 0
    merge.refresh_from_db()
    assert (merge.before, merge.after, merge.moved) == ({}, {}, {})


def test_an_address_somebody_else_has_by_now_stays_theirs(
    group: Organization, kept: Customer, other: Customer
) -> None:
    merge = merged(kept, other)
    change = CustomerChange(email="new@example.com")
    update_customer(group.pk, kept.public_id, change, by=MIA, country="GB")
    known(group, "Somebody", email="ada@example.com")
    with pytest.raises(ContactTaken):
        undo_merge(group.pk, merge.public_id, by=MIA)
    other.refresh_from_db()
    assert other.merged_into == kept


def test_another_groups_merge_is_not_found(kept: Customer, other: Customer) -> None:
    merge = merged(kept, other)
    elsewhere = Organization.objects.create(name="Other")
    with pytest.raises(MergeNotFound):
        undo_merge(elsewhere.pk, merge.public_id, by=SYSTEM)
