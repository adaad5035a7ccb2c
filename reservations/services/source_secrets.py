"""The secrets with which sources sign what they send: made, rotated with an overlap, revoked."""

from __future__ import annotations

import base64
import datetime as dt
import secrets

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext

from core import audit, clock
from core.actors import Actor
from core.errors import Invalid, NotFound
from core.secrets import encrypt
from reservations.engine.sources import source_name
from reservations.models import SourceSecret
from restaurants.models import Restaurant

PREFIX = "whsec_"
OVERLAP = dt.timedelta(hours=24)
"""How long the old secret is good after a rotation."""
_BYTES = 32


def create_source_secret(
    restaurant: Restaurant, source: str, *, is_test: bool = False, by: Actor
) -> str:
    """A new secret for a source of this restaurant, in clear for the only time.

    Those it has stay good. Raises Invalid for what cannot be a source's name.
    """
    name = source_name(source)
    if name is None:
        raise Invalid(source=gettext("Use letters, digits, - and _, 30 at most."))
    secret = PREFIX + base64.b64encode(secrets.token_bytes(_BYTES)).decode()
    with transaction.atomic():
        made = SourceSecret.objects.create(
            restaurant=restaurant,
            source=name,
            is_test=is_test,
            secret=encrypt(secret),
            created_at=clock.now(),
        )
        _record("created", made, by)
    return secret


def rotate_source_secret(public_id: str, *, by: Actor) -> str:
    """A new secret in place of this one, which stays good for another day. Raises NotFound."""
    with transaction.atomic():
        old = _locked(public_id)
        old.expires_at = clock.now() + OVERLAP
        old.save(update_fields=["expires_at"])
        _record("rotated", old, by)
        return create_source_secret(old.restaurant, old.source, is_test=old.is_test, by=by)


def revoke_source_secret(public_id: str, *, by: Actor) -> None:
    """Nothing that is signed with it is believed from now on. Raises NotFound."""
    with transaction.atomic():
        old = _locked(public_id)
        old.revoked_at = clock.now()
        old.save(update_fields=["revoked_at"])
        _record("revoked", old, by)


def _locked(public_id: str) -> SourceSecret:
    """The secret, if it is in use."""
    in_use = Q(expires_at=None) | Q(expires_at__gt=clock.now())
    found = (
        SourceSecret.objects.select_for_update(of=("self",))
        .select_related("restaurant")
        .filter(in_use, public_id=public_id, revoked_at=None)
        .first()
    )
    if found is None:
        raise NotFound
    return found


def _record(what: str, secret: SourceSecret, by: Actor) -> None:
    audit.record(
        f"source_secret.{what}",
        secret.public_id,
        by=by,
        restaurant_id=secret.restaurant_id,
        source=secret.source,
    )
