"""Channels by name. Adapters, and their libraries, load on first use."""

from __future__ import annotations

from functools import lru_cache
from typing import cast

from django.utils.module_loading import import_string

from notifications.channels.base import Channel

CHANNELS = {
    "email": "notifications.channels.email.EmailChannel",
    "sms": "notifications.channels.sms.SmsChannel",
}
"""Name, as stored on ``Message.channel`` → dotted path."""


@lru_cache
def channel_named(name: str) -> Channel:
    """The channel called ``name``; LookupError for a name nobody knows."""
    if name not in CHANNELS:
        raise LookupError(f"There is no channel called {name!r}.")
    return cast("Channel", import_string(CHANNELS[name])())
