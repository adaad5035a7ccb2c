"""Keeping guests' records: changed, merged, and made nobody's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext

from core import audit, clock
from core.actors import Actor
from core.errors import Invalid
from core.locks import Space, lock_all
from core.models import AuditEntry
from core.phone import to_e164
from customers.errors import CannotMerge, ContactTaken
from customers.models import Customer
from customers.selectors import customer_of

ERASED_NAME = "Erased guest"
"""What stands where a name was."""


@dataclass(frozen=True, slots=True)
class CustomerChange:
    """What should be different; None leaves it as it is."""

    name: str | None = None
    family_name: str | None = None
    email: str | None = None
    phone: str | None = None
    allergies: tuple[str, ...] | None = None
    tags: tuple[str, ...] | None = None
    notes: str | None = None
    consents: bool | None = None
    """To offers by e-mail. False withdraws."""
    sms_consents: bool | None = None
    """To offers by SMS. False withdraws."""


_CONSENTS = {"consents": "marketing_consent_at", "sms_consents": "sms_consent_at"}
_PLAIN = ("name", "family_name", "allergies", "tags", "notes")


def update_customer(
    organization_id: int,
    public_id: str,
    change: CustomerChange,
    *,
    by: Actor,
    country: str,
    restaurant_id: int | None = None,
) -> Customer:
    """Change what the group knows of a guest. Repeatable; audited by field, without the values.

    Consent keeps the instant it was first given; both giving and withdrawing are audited. Locks
    the guest's row and, for a new address or number, those. Raises CustomerNotFound, Invalid for
    a number that cannot be one, ContactTaken when another guest has the address or number.
    """
    with transaction.atomic():
        found = customer_of(organization_id, public_id)
        values = _new_values(found, change, country)
        contact = {name: values[name] for name in ("email", "phone") if values.get(name)}
        lock_all(Space.GUEST, [("customer", organization_id, what) for what in contact.values()])
        guest = Customer.objects.select_for_update(of=("self",)).get(pk=found.pk)
        _check_free(guest, contact)
        changed = [name for name, value in values.items() if getattr(guest, name) != value]
        for name in changed:
            setattr(guest, name, values[name])
        given = _apply_consents(guest, change, by, restaurant_id)
        if changed or given:
            guest.save(update_fields=[*changed, *given, "updated_at"])
        if changed:
            audit.record(
                "customer.updated",
                guest.public_id,
                by=by,
                restaurant_id=restaurant_id,
                fields=sorted(changed),
            )
    return guest


def _new_values(guest: Customer, change: CustomerChange, country: str) -> dict[str, Any]:
    values: dict[str, Any] = {
        name: value for name in _PLAIN if (value := getattr(change, name)) is not None
    }
    for name in ("allergies", "tags"):
        if name in values:
            values[name] = list(dict.fromkeys(values[name]))
    if change.email is not None:
        values["email"] = change.email.strip().lower()
    if change.phone is not None:
        values["phone"] = to_e164(change.phone, country) if change.phone.strip() else ""
    if not (values.get("email", guest.email) or values.get("phone", guest.phone)):
        raise Invalid(contact=gettext("Leave an e-mail address or a telephone number."))
    return values


def _check_free(guest: Customer, contact: dict[str, str]) -> None:
    for name, value in contact.items():
        others = Customer.objects.filter(organization=guest.organization_id, **{name: value})
        others = others.exclude(pk=guest.pk).exclude(merged_into=guest)
        taken = others.values_list("public_id", "merged_into__public_id").first()
        if taken is not None:
            raise ContactTaken(field=name, customer_id=taken[1] or taken[0])


def _apply_consents(
    guest: Customer, change: CustomerChange, by: Actor, restaurant_id: int | None
) -> list[str]:
    """Give or withdraw, each with its entry in the trail; which columns changed."""
    changed = []
    for name, column in _CONSENTS.items():
        wish, since = getattr(change, name), getattr(guest, column)
        if wish is None or wish == (since is not None):
            continue
        setattr(guest, column, clock.now() if wish else None)
        changed.append(column)
        audit.record(
            "customer.consented" if wish else "customer.consent_withdrawn",
            guest.public_id,
            by=by,
            restaurant_id=restaurant_id,
            to=column.removesuffix("_consent_at"),
        )
    return changed


def merge_customers(
    organization_id: int, keep: str, absorb: str, *, by: Actor, restaurant_id: int | None = None
) -> Customer:
    """Make two records of one guest (by public id) one; everything of the other moves along.

    Whatever points at the absorbed record points at the kept one afterwards, its account
    included. What the kept one has stays; gaps, allergies, tags, notes and consents are filled
    from the other, consents only where neither was withdrawn later. The absorbed record remains as
    a pointer with its own address and number, which recognise the guest from now on. Repeatable:
    a record that was merged before counts as the one it became. Locks both rows, and both
    addresses and numbers. Raises CustomerNotFound, Invalid for one and the same, CannotMerge when
    each has an account.
    """
    with transaction.atomic():
        first, second = customer_of(organization_id, keep), customer_of(organization_id, absorb)
        if first.pk == second.pk:
            if keep == absorb:
                raise Invalid(absorb=gettext("Name two different guests."))
            return first
        known = [first.email, first.phone, second.email, second.phone]
        lock_all(Space.GUEST, [("customer", organization_id, what) for what in known if what])
        rows = Customer.objects.select_for_update(of=("self",)).in_bulk(
            sorted([first.pk, second.pk])
        )
        kept, absorbed = rows[first.pk], rows[second.pk]
        if kept.user_id and absorbed.user_id:
            raise CannotMerge
        moved = _move_all(absorbed, kept)
        _fill(kept, absorbed)
        audit.record(
            "customer.merged",
            kept.public_id,
            by=by,
            restaurant_id=restaurant_id,
            absorbed=absorbed.public_id,
            moved=moved,
        )
    return kept


def _move_all(absorbed: Customer, kept: Customer) -> dict[str, int]:
    """Point everything at the kept record, whatever app it is of; how many, by kind."""
    moved = {}
    for relation in Customer._meta.related_objects:
        model, name = relation.related_model, relation.field.name
        rows = model._base_manager.filter(**{name: absorbed})
        if count := rows.update(**{name: kept}):
            moved[str(model._meta.model_name)] = count
    return moved


def _fill(kept: Customer, absorbed: Customer) -> None:
    """Gaps of the kept record from the other, which becomes a pointer."""
    user, absorbed.user = absorbed.user_id, None
    absorbed.merged_into = kept
    for column in _CONSENTS.values():
        if getattr(kept, column) is None and not _withdrew(kept, column):
            setattr(kept, column, getattr(absorbed, column))
        setattr(absorbed, column, None)
    kept.allergies = list(dict.fromkeys([*kept.allergies, *absorbed.allergies]))
    kept.tags = list(dict.fromkeys([*kept.tags, *absorbed.tags]))
    kept.notes = "\n".join(filter(None, [kept.notes, absorbed.notes]))
    # Its own address goes on recognising the guest, so only gaps are filled.
    kept.email, absorbed.email = (
        (kept.email, absorbed.email) if kept.email else (absorbed.email, "")
    )
    kept.phone, absorbed.phone = (
        (kept.phone, absorbed.phone) if kept.phone else (absorbed.phone, "")
    )
    absorbed.allergies, absorbed.tags, absorbed.notes = [], [], ""
    absorbed.save()
    kept.user_id = kept.user_id or user
    kept.save()


def _withdrew(guest: Customer, column: str) -> bool:
    return AuditEntry.objects.filter(
        target=guest.public_id,
        verb="customer.consent_withdrawn",
        data__to=column.removesuffix("_consent_at"),
    ).exists()


def forget_customer(guest: Customer) -> None:
    """Blank a guest's record and those merged into it, in the caller's transaction. Repeatable.

    The rows stay, for what is counted; nothing in them says who it was. Audited by the caller,
    who erases what other apps know.
    """
    now = clock.now()
    everyone = Customer.objects.filter(Q(pk=guest.pk) | Q(merged_into=guest))
    everyone.update(
        name=ERASED_NAME,
        family_name="",
        email="",
        phone="",
        user=None,
        allergies=[],
        tags=[],
        notes="",
        marketing_consent_at=None,
        sms_consent_at=None,
        erased_at=now,
        updated_at=now,
    )
