"""From where a request comes, in words the trail may keep: a device of the house, or a network.

Never a whole address: four numbers become three (``192.0.2.*``), of IPv6 the first 48 bits stay.
That tells the house's own line from a stranger's, and no person from another. Guests' requests
leave no origin at all.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

MOST = 80
"""Characters that are kept."""

_current: ContextVar[str] = ContextVar("origin", default="")


def current() -> str:
    """Where the request now running comes from; empty where that is nobody's business."""
    return _current.get()


@contextmanager
def bound(text: str) -> Iterator[None]:
    """Let everything recorded inside say that it came from there."""
    token = _current.set(text[:MOST])
    try:
        yield
    finally:
        _current.reset(token)


def coarse(address: str | None) -> str:
    """An address or network without the part that tells neighbours apart; empty for none."""
    try:
        network = ipaddress.ip_network(address or "", strict=False)
    except ValueError:
        return ""
    if network.version == 4:
        return f"{str(network.network_address).rpartition('.')[0]}.*"
    wide = ipaddress.ip_network((network.network_address, 48), strict=False)
    return str(wide)
