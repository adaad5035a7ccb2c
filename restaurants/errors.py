"""Conditions around restaurants that a caller can act on."""

from __future__ import annotations

from django.utils.translation import gettext_noop

from core.errors import Conflict, NotFound


class RestaurantNotFound(NotFound):
    """No such restaurant, or it is not listed."""

    code = "RESTAURANT_NOT_FOUND"
    message = gettext_noop("Restaurant not found")


class NotPaused(Conflict):
    """There is no pause to end."""

    code = "NOT_PAUSED"
    message = gettext_noop("Online booking is not paused.")


class LastOwner(Conflict):
    """Without an owner nobody could decide who works at a house any more."""

    code = "LAST_OWNER"
    message = gettext_noop("This is the last owner. Make somebody else an owner first.")


class NotHere(NotFound):
    """This person does not work at this restaurant."""

    code = "NOT_HERE"
    message = gettext_noop("This person does not work here.")
