"""Addresses of pages in messages, made when the message is sent.

The outbox keeps no secret: what opens a booking or signs somebody in is asked for here, by the
public id the message is about, and goes into the words alone. Apps above register who answers.
"""

from __future__ import annotations

from collections.abc import Callable

from notifications.models import Message
from notifications.rendering import LEADS_SOMEWHERE

Resolver = Callable[[str], str]
"""From a public id to the address of its page; empty when there is none (any more)."""

_resolvers: dict[str, Resolver] = {}


def register_links(prefix: str, resolver: Resolver) -> None:
    """Let ``resolver`` answer for public ids that begin with ``prefix`` and an underscore."""
    _resolvers[prefix] = resolver


def address_for(about: str) -> str:
    """The address of the page about this, or nothing. May write: a link comes to be when sent."""
    resolver = _resolvers.get(about.partition("_")[0])
    return resolver(about) if resolver else ""


def address_of(message: Message) -> str:
    """The page a message leads to; of an older message, the address it was written with."""
    own = address_for(message.about) if message.kind in LEADS_SOMEWHERE else ""
    return own or str(message.payload.get("manage_url", ""))
