"""Saving and removing one row of the set-up, with what it was before in the audit trail."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import ProtectedError
from django.utils.translation import gettext_noop

from core import audit
from core.actors import Actor
from core.errors import Conflict, Invalid
from restaurants.models import Restaurant

M = TypeVar("M", bound=models.Model)


class InUse(Conflict):
    """Bookings refer to it, so it can be switched off but not removed."""

    code = "IN_USE"
    message = gettext_noop(
        "Bookings belong to this, so it cannot be removed. Switch it off instead: nobody can"
        " choose it then, and the bookings stay."
    )


def save_row(
    row: M,
    values: Mapping[str, Any],
    *,
    restaurant: Restaurant,
    by: Actor,
    links: Mapping[str, Iterable[models.Model]] | None = None,
) -> M:
    """Store a new or changed row of a house, with its links to others. Audited if it changed.

    Raises Invalid, each mistake at its field. Takes no lock beyond the row's own.
    """
    is_new = row.pk is None
    with transaction.atomic():
        before = {} if is_new else facts(row, values, links or {})
        for name, value in values.items():
            setattr(row, name, value)
        try:
            row.clean_fields(exclude=_others(row, values))
            row.validate_unique()
            row.validate_constraints()
        except ValidationError as error:
            raise Invalid(**{key: texts[0] for key, texts in error.message_dict.items()}) from error
        # Nothing else is written: the version of the plan must not go back to what was read.
        row.save(update_fields=None if is_new else list(values))
        for name, others in (links or {}).items():
            getattr(row, name).set(others)
        after = facts(row, values, links or {})
        changed = [name for name in after if before.get(name) != after[name]]
        if is_new or changed:
            record_row(
                str(row._meta.model_name),
                "added" if is_new else "changed",
                target_of(row),
                by=by,
                restaurant_id=restaurant.pk,
                label=str(row),
                before={name: before[name] for name in changed if name in before},
                after={name: after[name] for name in changed},
            )
    return row


def record_row(
    kind: str, what: str, target: str, *, by: Actor, restaurant_id: int, **data: Any
) -> None:
    """Append to the trail what became of a row, as the administration does: added, changed …"""
    audit.record(f"{kind}.{what}", target, by=by, restaurant_id=restaurant_id, **data)


def _others(row: models.Model, values: Mapping[str, Any]) -> list[str]:
    """What an existing row has besides: it was checked when it was made."""
    if row.pk is None:
        return []
    return [field.name for field in row._meta.fields if field.name not in values]


def remove_row(row: models.Model, *, restaurant: Restaurant, by: Actor) -> None:
    """Remove a row of a house. Audited. Raises InUse where bookings belong to it."""
    target, label, name = target_of(row), str(row), str(row._meta.model_name)
    try:
        with transaction.atomic():
            row.delete()
            record_row(name, "removed", target, by=by, restaurant_id=restaurant.pk, label=label)
    except ProtectedError as error:
        raise InUse from error


def facts(row: models.Model, names: Iterable[str], links: Iterable[str] = ()) -> dict[str, Any]:
    """Some fields of a row as the audit trail has them."""
    found = {}
    for name in names:
        value = getattr(row, name)
        found[name] = str(value) if isinstance(value, models.Model) else value
    for name in links:
        found[name] = sorted(str(other) for other in getattr(row, name).all())
    return found


def target_of(row: models.Model) -> str:
    """How the audit trail names a row."""
    return str(getattr(row, "public_id", "") or f"{row._meta.model_name}:{row.pk}")
