"""Notes are appended, tags are data, consents are a log, names are found without accents."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, connection, transaction

from accounts.models import Organization
from core.actors import Actor, ActorKind
from core.errors import Invalid
from core.models import AuditEntry
from customers.errors import NoteNotFound, TagTaken
from customers.models import ConsentEntry, Customer, GuestNote, GuestTag
from customers.selectors import Wanted, search_customers
from customers.services import remember
from customers.services.notes import add_note, pin_note, withdraw_note
from customers.services.records import CustomerChange, forget_customer, update_customer
from customers.services.tags import TagValues, remove_tag, save_tag
from tests.fixtures.domain import Clock

pytestmark = pytest.mark.django_db

MIA = Actor(ActorKind.STAFF, "user_1", "mia@house.example")


@pytest.fixture
def guest() -> Customer:
    group = Organization.objects.create(name="Group")
    return Customer.objects.create(organization=group, name="Ada", email="ada@example.com")


def test_a_note_keeps_its_author_and_instant_and_never_changes(
    guest: Customer, clock: Clock
) -> None:
    note = add_note(guest, "  Likes the bench ", by=MIA, restaurant_id=7)
    assert (note.text, note.at, note.actor_label) == ("Likes the bench", clock.now, MIA.label)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        GuestNote.objects.update(text="Never said")
    clock.advance(minutes=5)
    pin_note(guest, note.public_id, pin=True, by=MIA)
    withdrawn = withdraw_note(guest, note.public_id, by=MIA)
    assert (withdrawn.withdrawn_at, withdrawn.pinned_at) == (clock.now, None)
    with pytest.raises(NoteNotFound):
        withdraw_note(guest, note.public_id, by=MIA)
    trail = AuditEntry.objects.order_by("id").values_list("verb", "data")
    assert list(trail) == [
        (f"customer.note_{verb}", {"note": note.public_id})
        for verb in ("added", "pinned", "withdrawn")
    ]


@pytest.mark.parametrize("text", ["", "  ", "x" * 2001])
def test_a_note_says_something_and_not_too_much(guest: Customer, text: str) -> None:
    with pytest.raises(Invalid):
        add_note(guest, text, by=MIA)
    assert GuestNote.objects.count() == 0


def test_a_tag_is_renamed_and_removed_on_every_guest_of_the_group(guest: Customer) -> None:
    group = guest.organization_id
    elsewhere = Organization.objects.create(name="Other")
    other = Customer.objects.create(organization=elsewhere, name="Bob", tags=["Press"])
    tag = save_tag(group, TagValues("Press", "People", "gold"), by=MIA)
    Customer.objects.filter(pk=guest.pk).update(tags=["Press", "Quiet"])
    save_tag(group, TagValues(" The  press "), by=MIA, public_id=tag.public_id)
    guest.refresh_from_db()
    assert guest.tags == ["The press", "Quiet"]
    with pytest.raises(TagTaken):
        save_tag(group, TagValues("THE PRESS"), by=MIA)
    assert remove_tag(group, tag.public_id, by=MIA) == "The press"
    guest.refresh_from_db()
    other.refresh_from_db()
    assert (guest.tags, other.tags) == (["Quiet"], ["Press"])
    assert GuestTag.objects.count() == 0


def test_every_consent_is_an_entry_that_stays(guest: Customer, clock: Clock) -> None:
    remember(guest.pk, consents=True, by=MIA, because="res_1", words="Send me offers.")
    clock.advance(days=1)
    change = CustomerChange(consents=False, consent_words="By telephone")
    update_customer(guest.organization_id, guest.public_id, change, by=MIA, country="GB")
    fields = ("kind", "given", "source", "text", "actor_label")
    assert list(ConsentEntry.objects.order_by("id").values_list(*fields)) == [
        ("marketing", True, "res_1", "Send me offers.", MIA.label),
        ("marketing", False, "staff", "By telephone", MIA.label),
    ]
    for statement in (
        "UPDATE customers_consententry SET given = true",
        "DELETE FROM customers_consententry",
    ):
        with (
            pytest.raises(DatabaseError, match="append-only"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement)


def test_erasing_takes_the_notes_and_leaves_the_log_about_nobody(guest: Customer) -> None:
    add_note(guest, "Likes the bench", by=MIA)
    change = CustomerChange(is_vip=True, birthday="02-29", dietary=("vegan",), consents=True)
    update_customer(guest.organization_id, guest.public_id, change, by=MIA, country="GB")
    forget_customer(guest)
    guest.refresh_from_db()
    assert (guest.is_vip, guest.birthday, guest.dietary) == (False, "", [])
    assert (GuestNote.objects.count(), ConsentEntry.objects.count()) == (0, 1)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Élodie Dupré", "elodie"),
        ("Élodie Dupré", "dup ELO"),
        ("Søren Ørsted", "soren orsted"),
        ("Jürgen Groß", "jurgen gross"),
        ("Jean-Pierre O’Neill", "pierre"),
        ("Jean-Pierre O’Neill", "o'nei"),
        ("Łukasz Żak", "lukasz zak"),
        ("Ελένη Παππά", "ελε"),
        ("ВЕРА Новак", "вера"),  # noqa: RUF001
    ],
)
def test_names_are_found_by_the_beginnings_of_their_words(name: str, words: str) -> None:
    group = Organization.objects.create(name="Group")
    Customer.objects.create(organization=group, name=name)
    Customer.objects.create(organization=group, name="Somebody Else")
    found = search_customers(group.pk, Wanted(words=words), country="FR")
    assert [each.name for each in found.customers] == [name]


@pytest.mark.parametrize("words", ["'", "\\", ":*", "a & b | !c", "%", "_", "--", "ada:*'"])
def test_signs_in_a_search_are_only_signs(guest: Customer, words: str) -> None:
    found = search_customers(guest.organization_id, Wanted(words=words), country="FR")
    assert found.total in (0, 1)


@pytest.mark.parametrize("words", ["01 99 00", "+33 1 99 00", "0033199", "4807", "00 48 07"])
def test_a_part_of_a_number_finds(words: str) -> None:
    group = Organization.objects.create(name="Group")
    Customer.objects.create(organization=group, name="Ada", phone="+33199004807")
    found = search_customers(group.pk, Wanted(words=words), country="FR")
    assert [each.name for each in found.customers] == ["Ada"]
