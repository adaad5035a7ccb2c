"""Keys of programs: made, recognised, rotated and revoked. A secret is shown once and never kept.

The wire form is ``cv_live_<public part>_<secret>`` (``cv_test_…`` for a test key). The public part
finds the row through a unique index; the whole is compared with a keyed hash in constant time, so
a copy of the database opens nothing and a wrong guess learns nothing.
"""

from __future__ import annotations

import datetime as dt
import ipaddress
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Q
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext

from accounts.errors import NotSignedIn
from accounts.models import ApiKey, ApiKeySecret
from accounts.models.keys import DEFAULT_RATE
from accounts.scopes import SCOPES
from accounts.selectors.keys import KnownKey, key_by_lookup
from core import audit, clock, tokens
from core.actors import Actor
from core.errors import Forbidden, Invalid

PREFIX = "cv_"
"""How every key begins, so that one look tells it from a guest's token."""

OVERLAP = dt.timedelta(hours=24)
"""How long the old secret works beside the new one, unless said otherwise."""

_WIRE = re.compile(r"cv_(live|test)_([0-9a-f]{16})_([A-Za-z0-9_-]{43})")
_SOURCE = re.compile(r"[a-z0-9][a-z0-9_-]{0,29}")
_USED_EVERY = dt.timedelta(minutes=1)


class KeyInvalid(NotSignedIn):
    """Contract 5's words for a key that is missing, wrong, expired or revoked."""

    message = "Invalid or missing API key"


class NetworkRefused(Forbidden):
    """The key is right and the place is not."""

    code = "NETWORK_NOT_ALLOWED"
    message = "This API key does not work from this address."


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key and its secret, known this once."""

    key: ApiKey
    text: str


def create_key(
    name: str,
    *,
    by: Actor,
    scopes: Iterable[str] = (),
    restaurant_id: int | None = None,
    source: str = "",
    is_test: bool = False,
    allowed_networks: Iterable[str] = (),
    rate_per_hour: int = DEFAULT_RATE,
    expires_at: dt.datetime | None = None,
) -> NewKey:
    """A new key. ``restaurant_id`` None lets it work for every restaurant.

    Raises Invalid, by field, for scopes, a source or networks that cannot be. Not repeatable:
    every call makes another key.
    """
    now = clock.now()
    values = {
        "scopes": check_scopes(scopes),
        "source": check_source(source),
        "allowed_networks": check_networks(allowed_networks),
    }
    if not name.strip():
        raise Invalid(name=gettext("Give the key a name: it stands in the log."))
    with transaction.atomic():
        key = ApiKey.objects.create(
            name=name.strip(),
            restaurant_id=restaurant_id,
            is_test=is_test,
            rate_per_hour=rate_per_hour,
            expires_at=expires_at,
            created_at=now,
            created_by=by.label,
            **values,
        )
        text = _add_secret(key, now)
        audit.record(
            "key.created",
            key.public_id,
            by=by,
            restaurant_id=restaurant_id,
            name=key.name,
            scopes=key.scopes,
            source=key.source,
            test=is_test,
        )
    return NewKey(key, text)


def rotate_key(key: ApiKey, *, by: Actor, overlap: dt.timedelta = OVERLAP) -> NewKey:
    """A new secret; those before it work for ``overlap`` longer. Raises Invalid when it is shut."""
    now = clock.now()
    with transaction.atomic():
        key = ApiKey.objects.select_for_update(of=("self",)).get(pk=key.pk)
        if key.revoked_at is not None:
            raise Invalid(key=gettext("This key was revoked. Create a new one."))
        until = now + overlap
        outlasting = Q(expires_at=None) | Q(expires_at__gt=until)
        key.secrets.filter(outlasting).update(expires_at=until)
        text = _add_secret(key, now)
        audit.record(
            "key.rotated",
            key.public_id,
            by=by,
            restaurant_id=key.restaurant_id,
            name=key.name,
            old_until=until.isoformat(),
        )
    return NewKey(key, text)


def revoke_key(key: ApiKey, *, by: Actor) -> bool:
    """Shut the key at once, whatever its secrets say. False if it was; may be repeated."""
    with transaction.atomic():
        shut = ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=clock.now())
        if shut:
            audit.record(
                "key.revoked",
                key.public_id,
                by=by,
                restaurant_id=key.restaurant_id,
                name=key.name,
            )
    return bool(shut)


def find_key(text: str, address: str | None) -> KnownKey:
    """The open key that ``text`` is a secret of; one query, and a write once a minute.

    Raises :class:`KeyInvalid`, the same for every reason, and :class:`NetworkRefused` when the
    caller's ``address`` is not among the key's networks.
    """
    now = clock.now()
    matched = _WIRE.fullmatch(text)
    if matched is None:
        raise KeyInvalid
    key = key_by_lookup(matched[2])
    if not constant_time_compare(key.digest if key else "", _digest(text)) or key is None:
        raise KeyInvalid
    if not key.is_open(now):
        raise KeyInvalid
    if key.allowed_networks and not _is_within(address, key.allowed_networks):
        raise NetworkRefused
    if key.last_used_at is None or now - key.last_used_at >= _USED_EVERY:
        stale = Q(last_used_at=None) | Q(last_used_at__lte=now - _USED_EVERY)
        ApiKey.objects.filter(stale, pk=key.pk).update(last_used_at=now)
    return key


def check_scopes(scopes: Iterable[str]) -> list[str]:
    """The scopes in the order of :data:`~accounts.scopes.SCOPES`, each once. Raises Invalid."""
    wanted = set(scopes)
    if unknown := sorted(wanted - set(SCOPES)):
        known = ", ".join(SCOPES)
        raise Invalid(scopes=f"There is no scope {unknown[0]}. There are: {known}.")
    return [scope for scope in SCOPES if scope in wanted]


def check_source(source: str) -> str:
    """The source in small letters, or empty. Raises Invalid."""
    source = source.strip().lower()
    if source and not _SOURCE.fullmatch(source):
        raise Invalid(
            source=gettext("Small letters, digits, - and _ make a source, such as opentable.")
        )
    return source


def check_networks(networks: Iterable[str]) -> list[str]:
    """Addresses and networks in one form, such as 192.0.2.0/24. Raises Invalid."""
    found = []
    for text in networks:
        if not text.strip():
            continue
        try:
            found.append(str(ipaddress.ip_network(text.strip(), strict=False)))
        except ValueError:
            said = gettext("%(text)s is no address and no network such as 192.0.2.0/24.")
            raise Invalid(allowed_networks=said % {"text": text[:49]}) from None
    return found


def _add_secret(key: ApiKey, now: dt.datetime) -> str:
    lookup = secrets.token_hex(8)
    kind = "test" if key.is_test else "live"
    text = f"{PREFIX}{kind}_{lookup}_{secrets.token_urlsafe(32)}"
    ApiKeySecret.objects.create(key=key, lookup=lookup, digest=_digest(text), created_at=now)
    return text


def _digest(text: str) -> str:
    return tokens.fingerprint("api-key", text)


def _is_within(address: str | None, networks: list[str]) -> bool:
    try:
        parsed = ipaddress.ip_network(address or "", strict=False)
    except ValueError:
        return False
    return any(
        parsed.version == network.version and parsed.subnet_of(network)  # type: ignore[arg-type]
        for network in map(ipaddress.ip_network, networks)
    )
