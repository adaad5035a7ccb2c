"""Questions about the websites that may show a restaurant's pages and book for it."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from django.contrib.staticfiles import finders

from restaurants.models import AllowedSite, PublishableKey

SCRIPT_VERSION = "1.1.0"
"""Of ``embed.js``. A released file never changes: a change is a new version and a new file."""


def origins_of(restaurant_id: int) -> tuple[str, ...]:
    """The origins that may frame this restaurant's booking pages. One query."""
    rows = AllowedSite.objects.filter(restaurant=restaurant_id).order_by("origin")
    return tuple(rows.values_list("origin", flat=True))


def is_site_of(restaurant: str, origin: str) -> bool:
    """Whether ``origin`` is a website of the restaurant with this public id. One query."""
    return AllowedSite.objects.filter(
        restaurant__public_id=restaurant, restaurant__is_listed=True, origin=origin
    ).exists()


@dataclass(frozen=True, slots=True)
class KeyState:
    """What became of a publishable key."""

    restaurant: str
    """Public id."""
    is_revoked: bool


def key_state(key: str) -> KeyState | None:
    """The key, or None for one that never was. One query."""
    row = PublishableKey.objects.filter(key=key).select_related("restaurant").first()
    if row is None:
        return None
    return KeyState(row.restaurant.public_id, row.revoked_at is not None)


@dataclass(frozen=True, slots=True)
class Script:
    """One released version of ``embed.js``."""

    version: str
    content: bytes

    @property
    def integrity(self) -> str:
        """For the ``integrity`` attribute of a script that names its version."""
        digest = hashlib.sha384(self.content).digest()
        return f"sha384-{base64.b64encode(digest).decode()}"

    @property
    def etag(self) -> str:
        """Changes with the content."""
        return f'"{hashlib.sha256(self.content).hexdigest()[:20]}"'


@lru_cache(maxsize=32)
def script(version: str = SCRIPT_VERSION) -> Script | None:
    """The script of this version, or None where there never was one. Read once per process."""
    found = finders.find(f"embed/embed-{version}.js")
    return Script(version, Path(str(found)).read_bytes()) if found else None
