"""Notes about guests: added, pinned, withdrawn; never changed."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext

from core import audit, clock
from core.actors import Actor
from core.errors import Invalid
from customers.errors import NoteNotFound
from customers.models import Customer, GuestNote

LONGEST_NOTE = 2000


def add_note(
    guest: Customer, text: str, *, by: Actor, restaurant_id: int | None = None, pin: bool = False
) -> GuestNote:
    """Append a note with its author and instant. The trail says that, not what it says.

    Not repeatable: each call is a note. Raises Invalid for none or a very long one.
    """
    words = text.strip()
    if not words:
        raise Invalid(text=gettext("Write something."))
    if len(words) > LONGEST_NOTE:
        raise Invalid(text=gettext("This is too long: write at most 2,000 characters."))
    now = clock.now()
    with transaction.atomic():
        note = GuestNote.objects.create(
            customer=guest,
            text=words,
            at=now,
            pinned_at=now if pin else None,
            actor_kind=by.kind,
            actor_id=by.id,
            actor_label=by.label,
            restaurant_id=restaurant_id,
        )
        _audit("customer.note_added", guest, note, by, restaurant_id)
    return note


def pin_note(
    guest: Customer, note_id: str, *, pin: bool, by: Actor, restaurant_id: int | None = None
) -> GuestNote:
    """Put a note on top, or no longer. Repeatable. Locks the note; raises NoteNotFound."""
    with transaction.atomic():
        note = _locked(guest, note_id)
        if (note.pinned_at is not None) != pin:
            note.pinned_at = clock.now() if pin else None
            note.save(update_fields=["pinned_at"])
            verb = "customer.note_pinned" if pin else "customer.note_unpinned"
            _audit(verb, guest, note, by, restaurant_id)
    return note


def withdraw_note(
    guest: Customer, note_id: str, *, by: Actor, restaurant_id: int | None = None
) -> GuestNote:
    """Take a note back: it stays readable, crossed out, with who did it and when.

    Locks the note; raises NoteNotFound, also when it was withdrawn before.
    """
    with transaction.atomic():
        note = _locked(guest, note_id)
        note.pinned_at, note.withdrawn_at, note.withdrawn_by = None, clock.now(), by.label
        note.save(update_fields=["pinned_at", "withdrawn_at", "withdrawn_by"])
        _audit("customer.note_withdrawn", guest, note, by, restaurant_id)
    return note


def _locked(guest: Customer, note_id: str) -> GuestNote:
    rows = GuestNote.objects.select_for_update().filter(customer=guest, withdrawn_at=None)
    note = rows.filter(public_id=note_id).first()
    if note is None:
        raise NoteNotFound
    return note


def _audit(
    verb: str, guest: Customer, note: GuestNote, by: Actor, restaurant_id: int | None
) -> None:
    audit.record(verb, guest.public_id, by=by, restaurant_id=restaurant_id, note=note.public_id)
