"""Finding guests' records, changing them and making two of them one."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.models import Organization
from core.actors import SYSTEM
from core.errors import Invalid
from core.models import AuditEntry
from customers.errors import CannotMerge, ContactTaken, CustomerNotFound
from customers.models import Customer
from customers.selectors import Wanted, customer_of, search_customers
from customers.services import Contact, recognise
from customers.services.merging import merge_customers
from customers.services.records import CustomerChange, update_customer
from tests.factories import make_user
from tests.fixtures.domain import Clock

pytestmark = pytest.mark.django_db


@pytest.fixture
def group() -> Organization:
    return Organization.objects.create(name="Group")


def known(group: Organization, name: str = "John Smith", **fields: object) -> Customer:
    defaults = {"name": name, "email": "", "phone": "+447700900000"}
    return Customer.objects.create(organization=group, **(defaults | fields))


def found(group: Organization, **wanted: Any) -> list[str]:
    result = search_customers(group.pk, Wanted(**wanted), country="GB")
    assert result.total == len(result.customers)
    return [customer.name for customer in result.customers]


# Finding


@pytest.mark.parametrize(
    "number",
    [
        "07700900000",
        "+447700900000",
        "447700900000",
        "7700900000",
        "07700 900 000",
        "(07700) 900-000",
        "+44 (0)7700 900000",
        "0044 7700 900000",
    ],
)
def test_any_form_of_a_british_number_finds_its_guest(group: Organization, number: str) -> None:
    known(group)
    known(group, "Jane Jones", phone="+447700900001")
    assert found(group, phone=number) == ["John Smith"]
    assert found(group, words=number) == ["John Smith"]


def test_a_part_of_a_number_a_name_or_an_address_finds_too(group: Organization) -> None:
    known(group, email="john@example.com")
    known(group, "Jane Smith", phone="+447700900001", email="jane@example.com")
    assert found(group, words="900000") == ["John Smith"]
    assert found(group, words="smith") == ["Jane Smith", "John Smith"]
    assert found(group, words="SMITH jo") == ["John Smith"]
    assert found(group, words="Jane@") == ["Jane Smith"]
    assert found(group, email="JANE@example.com") == ["Jane Smith"]
    assert found(group, words="smith", phone="07700900001") == ["Jane Smith"]
    assert found(group, words="nobody") == []


def test_a_number_that_cannot_be_one_is_said_to_be(group: Organization) -> None:
    with pytest.raises(Invalid):
        found(group, phone="hello")


def test_another_groups_guests_are_not_there(group: Organization) -> None:
    other = Organization.objects.create(name="Other")
    theirs = known(other)
    assert found(group, phone="07700900000") == []
    with pytest.raises(CustomerNotFound):
        customer_of(group.pk, theirs.public_id)


def test_pages_go_by_name(group: Organization) -> None:
    for name in ("Cy", "Ann", "Bob"):
        known(group, name, phone="")
    page = search_customers(group.pk, Wanted(), country="GB", offset=1, limit=1)
    assert ([each.name for each in page.customers], page.total) == (["Bob"], 3)


@pytest.mark.parametrize(
    ("name", "family", "first", "last"),
    [
        ("John Smith", "", "John", "Smith"),
        ("Mary Ann Watson", "Watson", "Mary Ann", "Watson"),
        ("Vincent van Gogh", "van Gogh", "Vincent", "van Gogh"),
        ("Cher", "", "Cher", ""),
    ],
)
def test_a_name_has_two_parts(name: str, family: str, first: str, last: str) -> None:
    guest = Customer(name=name, family_name=family)
    assert (guest.first_name, guest.last_name) == (first, last)


# Changing


def change(guest: Customer, **values: object) -> Customer:
    return update_customer(
        guest.organization_id,
        guest.public_id,
        CustomerChange(**values),  # type: ignore[arg-type]
        by=SYSTEM,
        country="GB",
    )


def test_what_is_given_changes_and_the_trail_names_fields_not_values(group: Organization) -> None:
    guest = change(known(group, tags=["vip"]), phone="07700 900 123", notes="Likes the window")
    guest.refresh_from_db()
    assert (guest.phone, guest.notes, guest.name) == (
        "+447700900123",
        "Likes the window",
        "John Smith",
    )
    entry = AuditEntry.objects.get(verb="customer.updated")
    assert entry.data == {"fields": ["notes", "phone"]}
    change(guest, phone="+447700900123")
    assert AuditEntry.objects.count() == 1


def test_consent_keeps_its_first_instant_and_can_be_withdrawn(
    group: Organization, clock: Clock
) -> None:
    guest = known(group)
    given = change(guest, sms_consents=True).sms_consent_at
    clock.advance(days=1)
    assert change(guest, sms_consents=True).sms_consent_at == given
    assert change(guest, sms_consents=False).sms_consent_at is None
    assert list(AuditEntry.objects.order_by("id").values_list("verb", "data")) == [
        ("customer.consented", {"to": "sms"}),
        ("customer.consent_withdrawn", {"to": "sms"}),
    ]


def test_another_guests_number_is_refused_and_says_whose_it_is(group: Organization) -> None:
    john, jane = known(group), known(group, "Jane", phone="+447700900001")
    with pytest.raises(ContactTaken) as refused:
        change(jane, phone="07700900000")
    assert refused.value.details == {"field": "phone", "customer_id": john.public_id}


def test_nobody_is_left_without_a_way_to_reach_them(group: Organization) -> None:
    with pytest.raises(Invalid):
        change(known(group), phone="")


# Merging


def test_the_kept_record_gets_what_it_lacks_and_the_other_becomes_a_pointer(
    group: Organization, clock: Clock
) -> None:
    user = make_user()
    kept = known(group, notes="A", tags=["vip"], allergies=["nuts"])
    other = known(
        group,
        "J. Smith",
        phone="+447700900001",
        email="john@example.com",
        user=user,
        notes="B",
        tags=["vip", "regular"],
        allergies=["milk"],
        sms_consent_at=clock.now,
    )
    merge_customers(group.pk, kept.public_id, other.public_id, by=SYSTEM)
    kept.refresh_from_db()
    assert (kept.name, kept.phone, kept.email) == (
        "John Smith",
        "+447700900000",
        "john@example.com",
    )
    assert (kept.notes, kept.tags, kept.allergies) == (
        "A\nB",
        ["vip", "regular"],
        ["nuts", "milk"],
    )
    assert (kept.user, kept.sms_consent_at) == (user, clock.now)
    other.refresh_from_db()
    assert (other.merged_into, other.user, other.email, other.phone) == (
        kept,
        None,
        "",
        "+447700900001",
    )
    assert customer_of(group.pk, other.public_id) == kept
    assert found(group) == ["John Smith"]
    assert found(group, phone="07700900001") == ["John Smith"]


def test_both_numbers_recognise_the_guest_afterwards(group: Organization) -> None:
    kept, other = known(group), known(group, "J.", phone="+447700900001")
    merge_customers(group.pk, kept.public_id, other.public_id, by=SYSTEM)
    again = recognise(group.pk, contact=Contact(name="J", phone="07700900001"), country="GB")
    assert again == kept


def test_a_merged_number_of_a_guest_with_an_account_is_not_a_strangers(group: Organization) -> None:
    kept = known(group, user=make_user())
    other = known(group, "J.", phone="+447700900001")
    merge_customers(group.pk, kept.public_id, other.public_id, by=SYSTEM)
    stranger = make_user(phone="+447700900001")
    assert recognise(group.pk, user=stranger) not in (kept, other)


def test_merges_follow_one_another_to_the_end(group: Organization) -> None:
    a, b, c = (known(group, name, phone=f"+44770090000{n}") for n, name in enumerate("ABC"))
    merge_customers(group.pk, b.public_id, a.public_id, by=SYSTEM)
    merge_customers(group.pk, c.public_id, b.public_id, by=SYSTEM)
    assert customer_of(group.pk, a.public_id) == c
    assert merge_customers(group.pk, c.public_id, a.public_id, by=SYSTEM) == c


def test_withdrawn_consent_does_not_come_back_with_a_merge(
    group: Organization, clock: Clock
) -> None:
    kept = known(group, sms_consent_at=clock.now)
    change(kept, sms_consents=False)
    other = known(group, "J.", phone="+447700900001", sms_consent_at=clock.now)
    merged = merge_customers(group.pk, kept.public_id, other.public_id, by=SYSTEM)
    assert merged.sms_consent_at is None


def test_two_accounts_are_two_people_and_one_record_is_not_two(group: Organization) -> None:
    one = known(group, user=make_user())
    two = known(group, "Twin", phone="+447700900001", user=make_user())
    with pytest.raises(CannotMerge):
        merge_customers(group.pk, one.public_id, two.public_id, by=SYSTEM)
    with pytest.raises(Invalid):
        merge_customers(group.pk, one.public_id, one.public_id, by=SYSTEM)
