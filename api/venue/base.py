"""What every view of contract 5 shares."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from api.auth import KeyCaller
from api.keyed import KeyedView
from api.venue.errors import handle_error, handle_traced
from reservations.engine.sources import is_own


def outside_source(caller: KeyCaller) -> str:
    """The source a key belongs to, unless it is one of the house's own channels; else empty.

    This contract is for the programs of one house. A partner's key works with it as far as it
    speaks for that partner, whatever its scopes.
    """
    return "" if is_own(caller.source) else caller.source


class VenueErrorDetail(serializers.Serializer[Any]):
    """What went wrong."""

    code = serializers.CharField(help_text="UPPER_SNAKE, stable")
    message = serializers.CharField(help_text="One plain sentence that says what to do")
    details = serializers.DictField(
        child=serializers.JSONField(),
        required=False,
        help_text="What a program may act on; `errors` lists fields and what is wrong with them",
    )


class VenueError(serializers.Serializer[Any]):
    """Every answer outside of 2xx."""

    success = serializers.BooleanField()
    error = VenueErrorDetail()


class TracedErrorDetail(VenueErrorDetail):
    """What went wrong, and by which name we find it again."""

    correlation_id = serializers.CharField(help_text="Quote this when you ask us")
    timestamp = serializers.CharField(help_text="When, in UTC")


class TracedError(VenueError):
    """Every answer outside of 2xx, with what helps to find it in a log."""

    error = TracedErrorDetail()


class VenueView(KeyedView):
    """A view of contract 5 with the plain error shape."""

    handle_error = staticmethod(handle_error)
    error_shape = VenueError


class TracedView(KeyedView):
    """A view of contract 5 whose errors carry a correlation id."""

    handle_error = staticmethod(handle_traced)
    error_shape = TracedError
