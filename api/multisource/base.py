"""What every view of contract 1 shares: who calls, for which source, about which restaurant."""

from __future__ import annotations

from rest_framework.request import Request

from api.auth import KeyCaller, key_of
from api.keyed import KeyedView
from api.multisource.errors import SourceNotYours, handle_error
from api.multisource.serializers import MultisourceError
from api.venues import HEADER as RESTAURANT
from api.venues import restaurant_of
from core.errors import Invalid
from reservations.engine.sources import source_name
from reservations.selectors.sources import View

HEADER = "X-Source"
UNNAMED = "api"
"""The source of a booking that no one named: the house's own programs."""


class MultisourceView(KeyedView):
    """A view of contract 1: programs with a key, its envelope."""

    handle_error = staticmethod(handle_error)
    error_shape = MultisourceError


def view_of(request: Request, named: str | None = None) -> View:
    """What the caller may see: of one restaurant, and of its own source if its key has one."""
    caller = key_of(request)
    return View(restaurant_of(request, named), caller.source, is_test=caller.is_test)


def view_by_id(request: Request, named: str | None = None) -> View:
    """The same for a reservation that is named by its id, which says the restaurant as well."""
    caller = key_of(request)
    if caller.restaurant_id is None and not (named or request.headers.get(RESTAURANT)):
        return View("", caller.source, is_test=caller.is_test)
    return view_of(request, named)


def source_of(request: Request, told_by: str | None) -> str:
    """Who tells of a booking: the key's source, else the body's, else ``X-Source``; or empty.

    Raises SourceNotYours when a key of one source names another, Invalid for a header that is no
    name of a source.
    """
    caller: KeyCaller = key_of(request)
    header = request.headers.get(HEADER)
    named = None if not header else source_name(header)
    if header and named is None:
        raise Invalid(source=f"{HEADER}: use letters, digits, - and _, 30 at most.")
    if caller.source and {told_by, named} - {None, caller.source}:
        raise SourceNotYours(source=caller.source)
    return caller.source or told_by or named or ""
