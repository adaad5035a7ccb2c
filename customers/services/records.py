"""Keeping guests' records: changed, and made nobody's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext

from core import audit, clock
from core.actors import Actor
from core.errors import Invalid
from core.locks import Space, lock_all
from core.phone import to_e164
from customers.errors import ContactTaken, CustomerChanged
from customers.models import Customer, CustomerMerge, GuestNote
from customers.selectors import customer_of, sight_of
from customers.services.consents import log_consent

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
    keeps_hidden: bool = False
    """Whoever says ``tags`` does not see those for managers: they stay as they are."""
    notes: str | None = None
    is_vip: bool | None = None
    birthday: str | None = None
    """``11-28``, or empty."""
    anniversary: str | None = None
    dietary: tuple[str, ...] | None = None
    language: str | None = None
    favourite_tables: tuple[str, ...] | None = None
    """Public ids."""
    consents: bool | None = None
    """To offers by e-mail. False withdraws."""
    sms_consents: bool | None = None
    """To offers by SMS. False withdraws."""
    consent_words: str = ""
    """How consent was given or taken back, for the log."""


_CONSENTS = {"consents": "marketing_consent_at", "sms_consents": "sms_consent_at"}
_LISTS = ("allergies", "tags", "dietary", "favourite_tables")
_PLAIN = (
    *("name", "family_name", "notes", "is_vip", "birthday", "anniversary", "language"),
    *_LISTS,
)


def update_customer(
    organization_id: int,
    public_id: str,
    change: CustomerChange,
    *,
    by: Actor,
    country: str,
    restaurant_id: int | None = None,
    is_as_shown: Callable[[Customer], bool] | None = None,
) -> Customer:
    """Change what the group knows of a guest. Repeatable; audited by field, without the values.

    Consent keeps the instant it was first given; both giving and withdrawing are audited. Locks
    the guest's row and, for a new address or number, those. Raises CustomerNotFound, Invalid for
    a number that cannot be one and a tag one does not see, ContactTaken when another guest has the
    address or number, CustomerChanged when ``is_as_shown`` says no of the locked record.
    """
    with transaction.atomic():
        found = customer_of(organization_id, public_id)
        values = _new_values(found, change, country)
        contact = {name: values[name] for name in ("email", "phone") if values.get(name)}
        lock_all(Space.GUEST, [("customer", organization_id, what) for what in contact.values()])
        guest = Customer.objects.select_for_update(of=("self",)).get(pk=found.pk)
        if is_as_shown is not None and not is_as_shown(guest):
            raise CustomerChanged
        check_free(guest, contact)
        if change.keeps_hidden and "tags" in values:
            values["tags"] = _with_hidden(guest, values["tags"])
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
    for name in _LISTS:
        if name in values:
            values[name] = list(dict.fromkeys(values[name]))
    if change.email is not None:
        values["email"] = change.email.strip().lower()
    if change.phone is not None:
        values["phone"] = to_e164(change.phone, country) if change.phone.strip() else ""
    if not (values.get("email", guest.email) or values.get("phone", guest.phone)):
        raise Invalid(contact=gettext("Leave an e-mail address or a telephone number."))
    return values


def _with_hidden(guest: Customer, wanted: list[str]) -> list[str]:
    """What a guest carries when somebody wants these who does not see tags for managers.

    Raises Invalid for one that is neither the group's nor seen on the guest: of a hidden name
    nothing else is said than of any word.
    """
    sight = sight_of(guest.organization_id, sees_all=False)
    seen = sight.of_guest(guest.tags)
    unknown = set(wanted) - sight.guests.union(seen)
    if unknown:
        raise Invalid(gettext("There is no tag “%(name)s” for guests.") % {"name": min(unknown)})
    if set(wanted) == set(seen):
        return guest.tags
    return [*wanted, *(name for name in guest.tags if name not in seen)]


def check_free(guest: Customer, contact: dict[str, str]) -> None:
    """Raise ContactTaken when another guest of the group has one of these."""
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
        log_consent(
            guest,
            column.removesuffix("_consent_at"),
            given=wish,
            by=by,
            restaurant_id=restaurant_id,
            text=change.consent_words,
        )
    return changed


def forget_customer(guest: Customer) -> None:
    """Blank a guest's record and those merged into it, in the caller's transaction. Repeatable.

    The rows stay, for what is counted; nothing in them says who it was. Notes go; the log of
    consents stays as the proof it is, about nobody. Audited by the caller, who erases what other
    apps know.
    """
    now = clock.now()
    everyone = Customer.objects.filter(Q(pk=guest.pk) | Q(merged_into=guest))
    keys = list(everyone.values_list("pk", flat=True))
    GuestNote.objects.filter(customer__in=keys).delete()
    merges = CustomerMerge.objects.filter(Q(kept__in=keys) | Q(absorbed__in=keys))
    merges.update(before={}, after={}, moved={})
    everyone.update(
        name=ERASED_NAME,
        **dict.fromkeys(_BLANK, ""),
        **{key: [] for key in _LISTS},
        user=None,
        is_vip=False,
        marketing_consent_at=None,
        sms_consent_at=None,
        erased_at=now,
        updated_at=now,
    )


_BLANK = ("family_name", "email", "phone", "notes", "birthday", "anniversary", "language")
