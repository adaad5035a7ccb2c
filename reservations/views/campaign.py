"""Which website or advertisement brought the visitor: carried from page to page in the address.

No cookie: the tags of the link a visitor came by stay in the links and forms of our pages until
there is a hold, which keeps them. Nothing in here may cost a booking: what is odd is left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.http import HttpRequest

from reservations.details import NO_ORIGIN, Origin

DEFAULT_SOURCE = "website"
REFERRER = "ref"

_SOURCE = re.compile(r"[a-z0-9][a-z0-9_-]{0,29}")

# Bookings that other channels make under their own authority; a link cannot claim to be one.
_RESERVED = frozenset({"api", "import", "opentable", "phone", "resy", "staff", "voice", "walk_in"})


@dataclass(frozen=True, slots=True)
class Campaign:
    """Where a visitor came from."""

    source: str = DEFAULT_SOURCE
    """For the statistics of channels: ``website``, or what the embedding page says."""
    origin: Origin = NO_ORIGIN
    """The link's tags, and the host of the page before ours."""

    def parameters(self) -> dict[str, str]:
        """What links and forms carry; empty for somebody who came by themselves."""
        carried = {
            "source": "" if self.source == DEFAULT_SOURCE else self.source,
            "utm_source": self.origin.utm_source,
            "utm_medium": self.origin.utm_medium,
            "utm_campaign": self.origin.utm_campaign,
            REFERRER: self.origin.referrer,
        }
        return {name: value for name, value in carried.items() if value}


_NONE = Campaign()
_current: ContextVar[Campaign] = ContextVar("campaign", default=_NONE)


def current() -> Campaign:
    """That of the request which is being answered."""
    return _current.get()


@contextmanager
def carried(request: HttpRequest) -> Iterator[Campaign]:
    """Links and forms made inside carry the tags of this request."""
    token = _current.set(read(request))
    try:
        yield current()
    finally:
        _current.reset(token)


def read(request: HttpRequest) -> Campaign:
    """The tags in a form or an address, else the page the visitor came from. Never raises."""
    asked: Mapping[str, str] = request.POST if request.method == "POST" else request.GET
    source = asked.get("source", "").strip().lower()
    is_ours = _SOURCE.fullmatch(source) and source not in _RESERVED
    carried = asked.get(REFERRER, "")
    origin = Origin.of(
        utm_source=asked.get("utm_source", ""),
        utm_medium=asked.get("utm_medium", ""),
        utm_campaign=asked.get("utm_campaign", ""),
        referrer=f"https://{carried}" if carried else _page_before(request),
    )
    return Campaign(source if is_ours else DEFAULT_SOURCE, origin)


def _page_before(request: HttpRequest) -> str:
    """The address that linked here; empty for our own pages."""
    address = request.headers.get("Referer", "")
    try:
        is_ours = urlsplit(address).netloc.lower() == request.get_host().lower()
    except ValueError:
        return ""
    return "" if is_ours else address
