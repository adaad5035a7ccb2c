"""One tag however its name is written: hidden, taken, renamed, removed; and what it was called."""

from __future__ import annotations

import pytest

from accounts.models import Organization
from core.actors import Actor, ActorKind
from core.errors import Invalid
from customers.errors import TagTaken
from customers.models import Customer, CustomerMerge, GuestTag
from customers.selectors import sight_of
from customers.services.merging import merge_customers, undo_merge
from customers.services.records import CustomerChange, update_customer
from customers.services.tags import TagValues, remove_tag, save_tag
from customers.tag_names import renamed, tag_key, tag_name

MIA = Actor(ActorKind.STAFF, "user_1", "mia@house.example")
TWINS = [
    ("Straße", "STRASSE"),
    ("Proc\u00e9durier", "Proce\u0301durier"),
    ("Istanbul", "\u0130stanbul"),
    ("k\u0131rm\u0131z\u0131", "KIRMIZI"),
    ("Litigious", "Liti\u200bgious"),
    ("Litigious", "Liti\u00adgious\ufeff"),
    ("Kelvin", "\u212aelvin"),
    ("Sues often", "\uff33ues\u00a0  OFTEN "),
    ("O\ufb03ce", "OFFICE"),
]
"""Pairs that are read as one name."""


@pytest.fixture
def group(db: None) -> Organization:
    return Organization.objects.create(name="Group")


@pytest.fixture
def litigious(group: Organization) -> GuestTag:
    """A tag for managers."""
    return save_tag(group.pk, TagValues("Litigious", for_managers=True), by=MIA)


def guest_of(group: Organization, name: str, *tags: str) -> Customer:
    return Customer.objects.create(
        organization=group, name=name, email=f"{name.lower()}@example.com", tags=[*tags]
    )


def tags_on(guest: Customer) -> list[str]:
    guest.refresh_from_db()
    return guest.tags


def told(group: Organization, *names: str) -> tuple[str, ...]:
    """Those of these words beside a guest that hosts read."""
    return sight_of(group.pk, sees_all=False).of_guest(names)


@pytest.mark.parametrize(("one", "other"), TWINS)
def test_what_people_read_as_one_name_is_one(one: str, other: str) -> None:
    assert tag_key(one) == tag_key(other)
    assert tag_key(tag_key(one)) == tag_key(one)


def test_other_names_are_other_ones() -> None:
    names = ("Press", "Presse", "Window", "Cafe", "Caf\u00e9", "1", "2", "\u2b50", "\u2764")
    assert len({tag_key(name) for name in names}) == len(names)
    assert tag_key("\u200b \u00ad") == ""


def test_names_are_kept_composed_and_with_single_blanks() -> None:
    assert tag_name("  Proce\u0301durier\u00a0 X ") == "Proc\u00e9durier X"


def test_a_renaming_keeps_the_order_and_makes_no_doubles() -> None:
    words = ["A", "x", "B", "X", "C", "y"]
    assert renamed(words, {"x", "X", "y"}, "Y") == ["A", "Y", "B", "C"]
    assert renamed(words, {"x", "X"}, "") == ["A", "B", "C", "y"]


@pytest.mark.parametrize(("one", "other"), TWINS)
def test_a_hidden_tag_has_no_open_twin_and_hides_every_way_to_write_it(
    group: Organization, one: str, other: str
) -> None:
    for name, twin in ((one, other), (other, one)):
        tag = save_tag(group.pk, TagValues(name, for_managers=True), by=MIA)
        assert told(group, name, twin, "Word") == ("Word",)
        with pytest.raises(TagTaken):
            save_tag(group.pk, TagValues(twin), by=MIA)
        remove_tag(group.pk, tag.public_id, by=MIA)


def test_a_tag_is_kept_composed_and_has_a_name_of_the_length_there_is(group: Organization) -> None:
    tag = save_tag(group.pk, TagValues("Proce\u0301durier" + "x" * 29), by=MIA)
    assert (len(tag.name), tag.name[:5]) == (40, "Proc\u00e9")
    # Forty signs that composing makes eighty of.
    for name in ("\u0958" * 40, "x" * 41, "\u200b"):
        with pytest.raises(Invalid):
            save_tag(group.pk, TagValues(name), by=MIA)


@pytest.mark.parametrize(("name", "left"), [("Careful", ["A", "Careful", "B"]), ("", ["A", "B"])])
def test_renaming_and_removing_reach_every_way_to_write_it(
    group: Organization, litigious: GuestTag, name: str, left: list[str]
) -> None:
    guest = guest_of(group, "Ada", "A", "LITIGIOUS", "B", "Litigious", "liti\u200bgious")
    only = guest_of(group, "Bob", "LITIGIOUS")
    not_it = guest_of(group, "Cid", "CAREFUL", "Litigiously")
    other = Organization.objects.create(name="Other")
    elsewhere = guest_of(other, "Dan", "LITIGIOUS")
    if name:
        save_tag(group.pk, TagValues(name), by=MIA, public_id=litigious.public_id)
    else:
        remove_tag(group.pk, litigious.public_id, by=MIA)
    assert (tags_on(guest), tags_on(only)) == (left, ["Careful"] if name else [])
    assert tags_on(not_it) == ["CAREFUL", "Litigiously"]
    assert tags_on(elsewhere) == ["LITIGIOUS"]


def test_who_has_the_new_name_already_has_it_once(group: Organization, litigious: GuestTag) -> None:
    guest = guest_of(group, "Ada", "CAREFUL", "Word", "Litigious")
    save_tag(group.pk, TagValues("Careful"), by=MIA, public_id=litigious.public_id)
    assert tags_on(guest) == ["Careful", "Word"]


@pytest.mark.parametrize(("name", "left"), [("Careful", ["Careful"]), ("", [])])
def test_undoing_a_merge_brings_no_way_to_write_it_back(
    group: Organization, litigious: GuestTag, name: str, left: list[str]
) -> None:
    kept, absorbed = guest_of(group, "Ada", "Press"), guest_of(group, "Bob", "LITIGIOUS")
    merge_customers(group.pk, kept.public_id, absorbed.public_id, by=MIA)
    if name:
        save_tag(group.pk, TagValues(name), by=MIA, public_id=litigious.public_id)
    else:
        remove_tag(group.pk, litigious.public_id, by=MIA)
    assert tags_on(kept) == ["Press", *left]
    undo_merge(group.pk, CustomerMerge.objects.get().public_id, by=MIA)
    assert (tags_on(kept), tags_on(absorbed)) == (["Press"], left)


# What it was called


def test_an_old_list_brings_a_former_name_back_that_hosts_do_not_read(
    group: Organization, litigious: GuestTag
) -> None:
    guest = guest_of(group, "Ada", "Litigious")
    for name in ("Careful", "Wary"):
        save_tag(group.pk, TagValues(name), by=MIA, public_id=litigious.public_id)
    old = CustomerChange(tags=("LITIGIOUS", "Careful", "Word"))
    update_customer(group.pk, guest.public_id, old, by=MIA, country="GB")
    assert told(group, *tags_on(guest)) == ("Word",)
    litigious.refresh_from_db()
    assert litigious.former == ["litigious", "careful"]
    # A host who saves the guest takes none of them off.
    change = CustomerChange(tags=(), keeps_hidden=True)
    update_customer(group.pk, guest.public_id, change, by=MIA, country="GB")
    assert tags_on(guest) == ["LITIGIOUS", "Careful"]


def test_it_is_not_former_when_the_tag_has_it_again(
    group: Organization, litigious: GuestTag
) -> None:
    for name in ("Careful", "litigious"):
        save_tag(group.pk, TagValues(name), by=MIA, public_id=litigious.public_id)
    litigious.refresh_from_db()
    assert litigious.former == ["careful"]


def test_a_former_name_that_an_open_tag_has_is_read(
    group: Organization, litigious: GuestTag
) -> None:
    save_tag(group.pk, TagValues("Careful"), by=MIA, public_id=litigious.public_id)
    assert told(group, "Litigious") == ()
    opened = save_tag(group.pk, TagValues("Litigious"), by=MIA)
    assert told(group, "Litigious", "Careful") == ("Litigious",)
    # And it stays with who carries it when the other tag goes.
    guest = guest_of(group, "Ada", "Litigious", "Careful")
    remove_tag(group.pk, litigious.public_id, by=MIA)
    assert tags_on(guest) == ["Litigious"]
    assert opened.former == []


def test_what_an_open_tag_was_called_is_a_word_like_any(group: Organization) -> None:
    tag = save_tag(group.pk, TagValues("Press"), by=MIA)
    save_tag(group.pk, TagValues("Media"), by=MIA, public_id=tag.public_id)
    assert told(group, "Press", "Media") == ("Press", "Media")
    hidden = TagValues("Media", for_managers=True)
    save_tag(group.pk, hidden, by=MIA, public_id=tag.public_id)
    assert told(group, "Press", "Media") == ()


@pytest.mark.parametrize("way", ["removed", "opened", "renamed"])
def test_a_former_name_goes_with_the_tag(
    group: Organization, litigious: GuestTag, way: str
) -> None:
    """Nobody would hide it any more."""
    save_tag(group.pk, TagValues("Careful"), by=MIA, public_id=litigious.public_id)
    guest = guest_of(group, "Ada", "Word", "Litigious")
    if way == "removed":
        remove_tag(group.pk, litigious.public_id, by=MIA)
    else:
        name = "Careful" if way == "opened" else "Wary"
        values = TagValues(name, for_managers=way != "opened")
        save_tag(group.pk, values, by=MIA, public_id=litigious.public_id)
    expected = {"removed": ["Word"], "opened": ["Word", "Careful"], "renamed": ["Word", "Wary"]}
    assert tags_on(guest) == expected[way]
