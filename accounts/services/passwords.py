"""Passwords: set by a link from a mail, or changed by who knows the old one."""

from __future__ import annotations

import datetime as dt

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import F

from accounts.errors import LinkUsed
from accounts.models import PasswordLink, User
from accounts.services import guessing, trail
from core import clock
from core.actors import Actor, ActorKind
from core.errors import Invalid
from core.tokens import derive, fingerprint, new_nonce

LIFE = dt.timedelta(days=3)
_PURPOSE = "password"


def issue_link(user: User) -> PasswordLink:
    """A new link, in the caller's transaction; those sent before open nothing any more."""
    now, nonce = clock.now(), new_nonce()
    PasswordLink.objects.filter(user=user, used_at=None).update(used_at=now)
    return PasswordLink.objects.create(
        user=user,
        nonce=nonce,
        digest=fingerprint(_PURPOSE, derive(_PURPOSE, nonce)),
        created_at=now,
        expires_at=now + LIFE,
    )


def token_of(public_id: str) -> str:
    """The token of a link, for the message that carries it; empty once it opens nothing."""
    row = PasswordLink.objects.filter(
        public_id=public_id, used_at=None, expires_at__gt=clock.now()
    ).first()
    return derive(_PURPOSE, row.nonce) if row else ""


def person_of(token: str) -> User:
    """Whose password the link sets. Raises LinkUsed, also for what never was a link."""
    row = _open(token).first()
    if row is None:
        raise LinkUsed
    return row.user


def set_by_link(token: str, password: str) -> User:
    """Set the password, once; every session of the person ends, and their locks open.

    Raises LinkUsed, and Invalid for a password that is too easy to guess.
    """
    with transaction.atomic():
        row = _open(token).select_for_update(of=("self",)).first()
        if row is None:
            raise LinkUsed
        user = row.user
        _set(user, password)
        PasswordLink.objects.filter(user=user, used_at=None).update(used_at=clock.now())
        by = Actor(ActorKind.STAFF, user.public_id, user.called)
        trail.record(user, "staff.password_set", by=by)
    guessing.unlock(user.email)
    return user


def change(user: User, password: str, *, by: Actor) -> None:
    """A new password, by who is signed in and has just shown the old one. Ends other sessions.

    Raises Invalid for a password that is too easy to guess.
    """
    with transaction.atomic():
        _set(user, password)
        trail.record(user, "staff.password_changed", by=by)


def end_sessions(user: User) -> None:
    """Sign the person out everywhere, in the caller's transaction."""
    User.objects.filter(pk=user.pk).update(session_round=F("session_round") + 1)
    user.refresh_from_db(fields=["session_round"])


def _open(token: str) -> models.QuerySet[PasswordLink]:
    rows = PasswordLink.objects.filter(
        digest=fingerprint(_PURPOSE, token),
        used_at=None,
        expires_at__gt=clock.now(),
        user__is_active=True,
    )
    return rows.select_related("user")


def _set(user: User, password: str) -> None:
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise Invalid(password=" ".join(error.messages)) from None
    user.set_password(password)
    user.save(update_fields=["password"])
