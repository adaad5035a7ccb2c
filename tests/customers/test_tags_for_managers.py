"""Tags for managers: who reads them, what stays on a guest, what merges bring back."""

from __future__ import annotations

import pytest

from accounts.models import Organization
from core.actors import Actor, ActorKind
from core.errors import Invalid
from core.models import AuditEntry
from customers.models import Customer, CustomerMerge, GuestTag
from customers.selectors import EVERY_TAG, sight_of, tags_of
from customers.services.merging import merge_customers, undo_merge
from customers.services.records import CustomerChange, forget_customer, update_customer
from customers.services.tags import TagValues, remove_tag, save_tag

pytestmark = pytest.mark.django_db

MIA = Actor(ActorKind.STAFF, "user_1", "mia@house.example")
VISIT = GuestTag.Kind.VISIT


@pytest.fixture
def group() -> Organization:
    """Two tags of guests and two of visits, one of each for managers."""
    found = Organization.objects.create(name="Group")
    for name, kind, hides in (
        ("Press", GuestTag.Kind.GUEST, False),
        ("Litigious", GuestTag.Kind.GUEST, True),
        ("Window", VISIT, False),
        ("Complains", VISIT, True),
    ):
        save_tag(found.pk, TagValues(name, kind=kind, for_managers=hides), by=MIA)
    return found


def guest_of(group: Organization, name: str, *tags: str) -> Customer:
    return Customer.objects.create(
        organization=group, name=name, email=f"{name.lower()}@example.com", tags=[*tags]
    )


def test_who_does_not_see_all_reads_open_names_and_words_of_programs(group: Organization) -> None:
    names = ("Litigious", "LITIGIOUS", "Complains", "Press", "Any word", "Window")
    sight = sight_of(group.pk, sees_all=False)
    assert sight.of_guest(names) == ("Press", "Any word", "Window")
    assert sight.of_visit(names) == ("Window",)
    assert EVERY_TAG.of_guest(names) == EVERY_TAG.of_visit(names) == names
    kinds = (GuestTag.Kind.GUEST, VISIT)
    shown = [[tag.name for tag in tags_of(group.pk, kind, sight)] for kind in kinds]
    assert shown == [["Press"], ["Window"]]
    every = [[tag.name for tag in tags_of(group.pk, kind)] for kind in kinds]
    assert every == [["Litigious", "Press"], ["Complains", "Window"]]


def test_another_groups_tags_hide_nothing_here(group: Organization) -> None:
    other = Organization.objects.create(name="Other")
    assert sight_of(other.pk, sees_all=False).of_guest(["Litigious"]) == ("Litigious",)


def test_who_sees_all_takes_no_query(
    group: Organization,
    django_assert_num_queries: pytest.FixtureRequest,
) -> None:
    with django_assert_num_queries(0):  # type: ignore[operator]
        assert sight_of(group.pk, sees_all=True) is EVERY_TAG
    with django_assert_num_queries(1):  # type: ignore[operator]
        sight_of(group.pk, sees_all=False)


@pytest.mark.parametrize(
    ("said", "kept", "replaced"),
    [
        ((), ["Litigious"], []),
        (("Word",), ["Word", "Litigious"], ["Word"]),
        # The same as was shown: nothing changes, not even the order.
        (("Press", "Word"), ["Word", "Litigious", "Press"], ["Press", "Word"]),
        (("Press",), ["Press", "Litigious"], ["Press"]),
    ],
)
def test_what_was_not_shown_stays_on_the_guest(
    group: Organization, said: tuple[str, ...], kept: list[str], replaced: list[str]
) -> None:
    for keeps, expected in ((True, kept), (False, replaced)):
        guest = guest_of(group, f"Ada{keeps}", "Word", "Litigious", "Press")
        change = CustomerChange(tags=said, keeps_hidden=keeps)
        update_customer(group.pk, guest.public_id, change, by=MIA, country="GB")
        guest.refresh_from_db()
        assert guest.tags == expected


@pytest.mark.parametrize("name", ["Litigious", "LITIGIOUS", "Complains", "Whatever", "Window"])
def test_what_one_does_not_see_is_refused_in_the_same_words(group: Organization, name: str) -> None:
    """Whether it is a tag for managers, carried or not, one of visits, or none at all."""
    tags = ["Word", "Litigious"]
    guest = guest_of(group, "Ada", *tags)
    change = CustomerChange(tags=("Word", name), keeps_hidden=True)
    with pytest.raises(Invalid, match=f"^There is no tag “{name}” for guests.$"):
        update_customer(group.pk, guest.public_id, change, by=MIA, country="GB")
    guest.refresh_from_db()
    assert guest.tags == tags


def test_a_change_of_something_else_asks_and_touches_no_tags(group: Organization) -> None:
    guest = guest_of(group, "Ada", "Litigious")
    change = CustomerChange(name="Ada L", keeps_hidden=True)
    update_customer(group.pk, guest.public_id, change, by=MIA, country="GB")
    guest.refresh_from_db()
    assert (guest.name, guest.tags) == ("Ada L", ["Litigious"])
    assert AuditEntry.objects.get(verb="customer.updated").data == {"fields": ["name"]}


def test_the_mark_stays_unless_it_is_said_and_stands_in_the_trail(group: Organization) -> None:
    tag = GuestTag.objects.get(name="Litigious")
    guest = guest_of(group, "Ada", "Litigious")
    save_tag(group.pk, TagValues("Careful"), by=MIA, public_id=tag.public_id)
    guest.refresh_from_db()
    tag.refresh_from_db()
    assert (guest.tags, tag.for_managers) == (["Careful"], True)
    opened = TagValues("Careful", for_managers=False)
    save_tag(group.pk, opened, by=MIA, public_id=tag.public_id)
    tag.refresh_from_db()
    assert not tag.for_managers
    entries = AuditEntry.objects.filter(verb="guest_tag.saved", target=tag.public_id)
    told = [entry.data["for_managers"] for entry in entries.order_by("pk")]
    assert told == [True, True, False]


def test_merging_and_erasing_take_hidden_tags_along(group: Organization) -> None:
    kept, other = guest_of(group, "Ada", "Press"), guest_of(group, "Bob", "Litigious")
    merge_customers(group.pk, kept.public_id, other.public_id, by=MIA)
    kept.refresh_from_db()
    assert kept.tags == ["Press", "Litigious"]
    forget_customer(kept)
    kept.refresh_from_db()
    assert kept.tags == []


@pytest.mark.parametrize(("name", "left"), [("Careful", ["Careful"]), ("", [])])
def test_no_old_name_comes_back_by_undoing_a_merge(
    group: Organization, name: str, left: list[str]
) -> None:
    """What it was called before would be a plain word, which everybody reads."""
    kept, other = guest_of(group, "Ada", "Press"), guest_of(group, "Bob", "Litigious")
    stays = guest_of(group, "Eve", "Litigious")
    merge_customers(group.pk, kept.public_id, other.public_id, by=MIA)
    tag = GuestTag.objects.get(name="Litigious")
    if name:
        save_tag(group.pk, TagValues(name), by=MIA, public_id=tag.public_id)
    else:
        remove_tag(group.pk, tag.public_id, by=MIA)
    undo_merge(group.pk, CustomerMerge.objects.get().public_id, by=MIA)
    for guest in (kept, other, stays):
        guest.refresh_from_db()
    assert (kept.tags, other.tags, stays.tags) == (["Press"], left, left)
