"""Two records of one guest become one, and within thirty days two again."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db import transaction
from django.utils.translation import gettext

from core import audit, clock
from core.actors import Actor
from core.errors import Invalid
from core.locks import Space, lock, lock_all
from core.models import AuditEntry
from customers.errors import CannotMerge, CannotUndoMerge, MergeNotFound
from customers.models import ConsentEntry, Customer, CustomerMerge
from customers.selectors import customer_of
from customers.services.consents import log_consent
from customers.services.records import check_free

UNDO_FOR = dt.timedelta(days=30)

_ADDED = ("allergies", "tags", "dietary", "favourite_tables")
_GAPS = ("email", "phone", "birthday", "anniversary", "language")
_CONSENTS = ("marketing_consent_at", "sms_consent_at")
_CONSENT_ROWS = "consententry.customer.customers"
"""Where a merge keeps which entries of the log changed hands."""
_FIELDS = (*_ADDED, *_GAPS, *_CONSENTS, "notes", "is_vip", "user_id")
"""All that a merge changes, apart from the pointer itself. The name of the kept record stays."""


@dataclass(frozen=True, slots=True)
class MergePlan:
    """What a merge would leave: read, not done."""

    kept: Customer
    absorbed: Customer
    result: Mapping[str, Any]
    """Fields of the kept record afterwards."""
    left: Mapping[str, Any]
    """Fields of the absorbed one afterwards: what it goes on being recognised by."""
    moved: Mapping[str, int]
    """Rows that change hands, by model."""


def plan_merge(organization_id: int, keep: str, absorb: str) -> MergePlan:
    """What :func:`merge_customers` would do now; raises what it would raise. Locks nothing."""
    kept, absorbed = customer_of(organization_id, keep), customer_of(organization_id, absorb)
    if kept.pk == absorbed.pk:
        raise Invalid(absorb=_same())
    if kept.user_id and absorbed.user_id:
        raise CannotMerge
    result, left = _outcome(kept, absorbed)
    moved = {
        str(model._meta.model_name): count
        for model, name in _pointers()
        if (count := model._base_manager.filter(**{name: absorbed}).count())
    }
    return MergePlan(kept, absorbed, result, left, moved)


def merge_customers(
    organization_id: int, keep: str, absorb: str, *, by: Actor, restaurant_id: int | None = None
) -> Customer:
    """Make two records of one guest (by public id) one; everything of the other moves along.

    Whatever points at the absorbed record points at the kept one afterwards, its account
    included. What the kept one has stays; gaps, allergies, tags, notes and consents are filled
    from the other, consents only where neither was withdrawn later. The absorbed record remains as
    a pointer with its own address and number, which recognise the guest from now on. For thirty
    days :func:`undo_merge` takes it back. Repeatable: a record that was merged before counts as
    the one it became. Locks the group's tags, for no name to come back that they lost meanwhile,
    both rows, and both addresses and numbers. Raises CustomerNotFound, Invalid for one and the
    same, CannotMerge when each has an account.
    """
    with transaction.atomic():
        lock(Space.GUEST, "tags", organization_id)
        first, second = customer_of(organization_id, keep), customer_of(organization_id, absorb)
        if first.pk == second.pk:
            if keep == absorb:
                raise Invalid(absorb=_same())
            return first
        kept, absorbed = _locked(first, second)
        if kept.user_id and absorbed.user_id:
            raise CannotMerge
        before = {"kept": _told(kept), "absorbed": _told(absorbed)}
        moved = _move_all(absorbed, kept)
        result, left = _outcome(kept, absorbed)
        # The pointer first: an account belongs to one record at a time.
        _write(absorbed, left, merged_into=kept)
        _write(kept, result)
        now = clock.now()
        merge = CustomerMerge.objects.create(
            kept=kept,
            absorbed=absorbed,
            before=before,
            after={"kept": _told(kept)},
            moved=moved,
            at=now,
            until=now + UNDO_FOR,
            actor_label=by.label,
        )
        audit.record(
            "customer.merged",
            kept.public_id,
            by=by,
            restaurant_id=restaurant_id,
            absorbed=absorbed.public_id,
            merge=merge.public_id,
            moved={name.split(".")[0]: len(keys) for name, keys in moved.items()},
        )
    return kept


def merges_of(guest: Customer) -> list[CustomerMerge]:
    """What can still be taken back, latest first: only the first of them at once. One query."""
    rows = CustomerMerge.objects.filter(kept=guest, undone_at=None, until__gt=clock.now())
    return list(rows.select_related("absorbed").order_by("-pk"))


def undo_merge(
    organization_id: int, merge_id: str, *, by: Actor, restaurant_id: int | None = None
) -> Customer:
    """Make the two records of a merge two again, as they were; returns the one that comes back.

    Every field the merge wrote goes back to what it was; one that somebody changed since stays as
    they left it. A consent the guest took back since is taken back of both, which the log says.
    Rows that moved go back, those that came later stay with the kept record. Locks as
    :func:`merge_customers`. Raises MergeNotFound (another group's too), CannotUndoMerge when
    the time is over, it was undone before, one of the two was erased, or a later merge stands in
    front; ContactTaken when somebody else has the address by now.
    """
    with transaction.atomic():
        lock(Space.GUEST, "tags", organization_id)
        merge = (
            CustomerMerge.objects.select_for_update(of=("self",))
            .filter(public_id=merge_id, kept__organization=organization_id)
            .select_related("kept", "absorbed")
            .first()
        )
        if merge is None:
            raise MergeNotFound
        kept, absorbed = _locked(merge.kept, merge.absorbed)
        _check_undoable(merge, kept, absorbed)
        withdrawn = _withdrawn_since(merge, kept)
        stayed = _restore(merge, kept, absorbed, withdrawn)
        _move_back(merge.moved, absorbed, kept)
        for kind, words in withdrawn.items():
            log_consent(absorbed, kind, given=False, by=by, restaurant_id=restaurant_id, text=words)
        merge.undone_at, merge.undone_by = clock.now(), by.label
        merge.before = merge.after = merge.moved = {}
        merge.save()
        audit.record(
            "customer.merge_undone",
            kept.public_id,
            by=by,
            restaurant_id=restaurant_id,
            absorbed=absorbed.public_id,
            merge=merge.public_id,
            stayed=stayed,
        )
    return absorbed


def forget_merges(limit: int = 500) -> int:
    """Empty what was kept for undoing once the time for it is over; how many. Repeatable."""
    due = CustomerMerge.objects.filter(until__lte=clock.now()).exclude(before={})
    keys = list(due.values_list("pk", flat=True)[:limit])
    return CustomerMerge.objects.filter(pk__in=keys).update(before={}, after={}, moved={})


def _check_undoable(merge: CustomerMerge, kept: Customer, absorbed: Customer) -> None:
    is_over = merge.undone_at is not None or merge.until <= clock.now() or not merge.before
    is_elsewhere = absorbed.merged_into_id != kept.pk or kept.merged_into_id is not None
    later = CustomerMerge.objects.filter(kept=kept, undone_at=None, pk__gt=merge.pk)
    if is_over or is_elsewhere or kept.erased_at is not None or later.exists():
        raise CannotUndoMerge


def _withdrawn_since(merge: CustomerMerge, kept: Customer) -> dict[str, str]:
    """Consents the absorbed record had and the guest took back since: kind, and how they said it.

    There is one guest: who took it back of the record they had then took it back of both.
    """
    before = merge.before["absorbed"]
    rows = ConsentEntry.objects.filter(customer=kept, given=False, at__gte=merge.at)
    # What was the absorbed record's own is older than the merge, whatever a clock said.
    moved = merge.moved.get(_CONSENT_ROWS, [])
    found = dict(rows.exclude(pk__in=moved).order_by("pk").values_list("kind", "text"))
    return {kind: text for kind, text in found.items() if before[f"{kind}_consent_at"]}


def _restore(
    merge: CustomerMerge, kept: Customer, absorbed: Customer, withdrawn: Iterable[str]
) -> list[str]:
    """Both as they were; the fields that somebody changed since, which stay."""
    values = _fields(kept)
    after = _read(merge.after["kept"])
    old = _read(merge.before["kept"])
    stayed = [name for name in _FIELDS if values[name] != after[name]]
    again = _read(merge.before["absorbed"])
    if "user_id" in stayed:
        again["user_id"] = None
    again |= {f"{kind}_consent_at": None for kind in withdrawn}
    _write(kept, {name: old[name] for name in _FIELDS if name not in stayed})
    contact = {name: again[name] for name in ("email", "phone") if again[name]}
    _write(absorbed, again, merged_into=None)
    check_free(absorbed, contact)
    return stayed


def _locked(first: Customer, second: Customer) -> tuple[Customer, Customer]:
    known = [first.email, first.phone, second.email, second.phone]
    group = first.organization_id
    lock_all(Space.GUEST, [("customer", group, what) for what in known if what])
    keys = sorted([first.pk, second.pk])
    rows = Customer.objects.select_for_update(of=("self",)).in_bulk(keys)
    return rows[first.pk], rows[second.pk]


def _outcome(kept: Customer, absorbed: Customer) -> tuple[dict[str, Any], dict[str, Any]]:
    """The fields of both afterwards."""
    left: dict[str, Any] = {name: [] for name in _ADDED}
    left |= dict.fromkeys(("birthday", "anniversary", "language", "notes"), "")
    left |= dict.fromkeys((*_CONSENTS, "user_id"), None) | {"is_vip": False}
    result: dict[str, Any] = {
        name: list(dict.fromkeys([*getattr(kept, name), *getattr(absorbed, name)]))
        for name in _ADDED
    }
    for name in _GAPS:
        own, others = getattr(kept, name), getattr(absorbed, name)
        result[name] = own or others
        # Its own address goes on recognising the guest, so only gaps are filled.
        left[name] = others if own and name in ("email", "phone") else ""
    for column in _CONSENTS:
        own = getattr(kept, column)
        result[column] = own
        if own is None and not _withdrew(kept, column):
            result[column] = getattr(absorbed, column)
    result["notes"] = "\n".join(filter(None, [kept.notes, absorbed.notes]))
    result["is_vip"] = kept.is_vip or absorbed.is_vip
    result["user_id"] = kept.user_id or absorbed.user_id
    return result, left


def _withdrew(guest: Customer, column: str) -> bool:
    return AuditEntry.objects.filter(
        target=guest.public_id,
        verb="customer.consent_withdrawn",
        data__to=column.removesuffix("_consent_at"),
    ).exists()


def _write(row: Customer, values: Mapping[str, Any], **more: Any) -> None:
    for name, value in {**values, **more}.items():
        setattr(row, name, value)
    row.save()


def _fields(row: Customer) -> dict[str, Any]:
    return {name: getattr(row, name) for name in _FIELDS}


def _told(row: Customer) -> dict[str, Any]:
    """Fields for JSON, instants to the microsecond: Django's encoder would round them."""
    values = _fields(row)
    for name in _CONSENTS:
        values[name] = values[name] and values[name].isoformat()
    return values


def _read(kept: Mapping[str, Any]) -> dict[str, Any]:
    """Fields as they came back from JSON."""
    values = dict(kept)
    for name in _CONSENTS:
        values[name] = values[name] and dt.datetime.fromisoformat(values[name])
    return values


def _pointers() -> list[tuple[Any, str]]:
    """Every model and field that points at a guest, but the merges themselves."""
    found = [(each.related_model, each.field.name) for each in Customer._meta.related_objects]
    return [(model, name) for model, name in found if model is not CustomerMerge]


def _move_all(absorbed: Customer, kept: Customer) -> dict[str, list[int]]:
    """Point everything at the kept record, whatever app it is of; which rows, by field."""
    moved = {}
    for model, name in _pointers():
        rows = model._base_manager.filter(**{name: absorbed})
        if keys := list(rows.order_by("pk").values_list("pk", flat=True)):
            model._base_manager.filter(pk__in=keys).update(**{name: kept})
            moved[f"{model._meta.model_name}.{name}.{model._meta.app_label}"] = keys
    return moved


def _move_back(moved: Mapping[str, list[int]], absorbed: Customer, kept: Customer) -> None:
    for label, keys in moved.items():
        model_name, name, app = label.split(".")
        rows = apps.get_model(app, model_name)._base_manager
        rows.filter(pk__in=keys, **{name: kept}).update(**{name: absorbed})


def _same() -> str:
    return gettext("Name two different guests.")
