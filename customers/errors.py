"""Conditions around guests' records that a caller can act on."""

from __future__ import annotations

from django.utils.translation import gettext_noop

from core.errors import Conflict, Forbidden, NotFound


class CustomerNotFound(NotFound):
    """No such guest in this group, or nothing is left of them."""

    code = "CUSTOMER_NOT_FOUND"
    message = gettext_noop("Customer not found")


class ContactTaken(Conflict):
    """The address or number is another guest's; ``details`` says whose."""

    code = "CUSTOMER_EXISTS"
    message = gettext_noop(
        "Another guest has this e-mail address or telephone number. Merge the two records if they"
        " are the same person."
    )


class CustomerChanged(Conflict):
    """Somebody else changed the same of a guest's record since; nothing was written."""

    code = "CUSTOMER_CHANGED"
    message = gettext_noop("Somebody else has changed this since you opened it.")


class CannotMerge(Conflict):
    """Two records that must stay two."""

    code = "CANNOT_MERGE"
    message = gettext_noop(
        "These two guests have an account each, so they are two people until one account is closed."
    )


class KnownElsewhere(Forbidden):
    """The guest has bookings at a restaurant the caller does not work for."""

    code = "CUSTOMER_SHARED"
    message = gettext_noop(
        "This guest has bookings at other restaurants of the group as well. Use a key that works"
        " for all of them."
    )


class MergeNotFound(NotFound):
    """No such merge in this group."""

    code = "MERGE_NOT_FOUND"
    message = gettext_noop("There is no such merge.")


class CannotUndoMerge(Conflict):
    """The two records cannot be told apart any more, or not yet."""

    code = "CANNOT_UNDO_MERGE"
    message = gettext_noop(
        "This merge cannot be undone: it is more than thirty days old, was undone before, or a"
        " later one has to be undone first."
    )


class NoteNotFound(NotFound):
    """No such note about this guest, or it was withdrawn."""

    code = "NOTE_NOT_FOUND"
    message = gettext_noop("There is no such note.")


class TagNotFound(NotFound):
    """The group has no such tag."""

    code = "TAG_NOT_FOUND"
    message = gettext_noop("There is no such tag.")


class TagChanged(Conflict):
    """Somebody else changed the tag since; nothing was written."""

    code = "TAG_CHANGED"
    message = gettext_noop("Somebody else has changed this since you opened it.")


class TagTaken(Conflict):
    """Another tag of the group has this name."""

    code = "TAG_EXISTS"
    message = gettext_noop("There is a tag with this name already.")
