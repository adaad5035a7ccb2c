"""What guests and operators do with accounts. No tokens here: those are the API's.

Nothing in this module logs or audits an e-mail address, a telephone number or a password.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass

from django.contrib.auth import authenticate
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.crypto import constant_time_compare

from accounts import selectors
from accounts.errors import EmailTaken, SessionEnded, SignInRefused
from accounts.models import User
from accounts.selectors import Profile
from accounts.services import guessing
from core import audit, clock
from core.actors import SYSTEM, Actor, ActorKind
from core.errors import Invalid
from core.phone import to_e164

_NO_COUNTRY = "ZZ"
"""An account belongs to no country, so its telephone number has to name one."""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A session at its beginning: whose it is, and the stamp of the password it began with."""

    user_id: str
    stamp: str


@dataclass(frozen=True, slots=True)
class EnsuredGuest:
    """An account an operator asked for; ``made_up_password`` is known only now."""

    profile: Profile
    made_up_password: str | None


def register_guest(
    *, email: str, password: str, full_name: str = "", phone: str = ""
) -> tuple[Profile, SignedIn]:
    """Open an account for a guest and begin a session.

    Raises ``Invalid`` for a weak password (in the validators' words) or a telephone number
    without country, and ``EmailTaken`` for a known address, decided by the constraint and after
    the password was hashed, so that neither a race nor the time taken tells more than the answer.
    """
    user = User(
        email=User.objects.normalize_email(email).strip(),
        full_name=full_name,
        phone=_international(phone),
    )
    _check_password(password, user)
    user.set_password(password)
    try:
        with transaction.atomic():
            user.save(force_insert=True)
            audit.record("account.registered", user.public_id, by=_actor(user.public_id))
    except IntegrityError:
        if not User.objects.by_email(user.email).exists():
            raise
        # Without the cause, whose text quotes the address.
        raise EmailTaken from None
    return selectors.profile_of(user), _session(user)


def sign_in(*, email: str, password: str) -> SignedIn:
    """Begin a session.

    Raises ``SignInRefused``, always the same and after the same time, when the address is
    unknown, the password is wrong or the account is locked. Hashes the password even for an
    unknown address. Raises ``TooOften`` for who guesses, counted together with the staff area's
    door.
    """
    account = email.strip().lower()
    counted = guessing.attempts(
        [(guessing.PASSWORD, account)], account=guessing.account_key(account)
    )
    user = authenticate(username=account, password=password)
    if not isinstance(user, User):
        raise SignInRefused
    guessing.forgive(counted)
    User.objects.filter(pk=user.pk).update(last_login=clock.now())
    return _session(user)


def resume_session(session: SignedIn) -> SignedIn:
    """Whether a session may go on: the account is open and its password still the same.

    Raises ``SessionEnded`` otherwise, so that a lock-out or a new password ends every session
    everywhere as soon as its access token runs out.
    """
    current = _session(selectors.open_account(session.user_id))
    if not constant_time_compare(current.stamp, session.stamp):
        raise SessionEnded
    return current


def change_profile(
    user_id: str, *, full_name: str | None = None, phone: str | None = None
) -> Profile:
    """Set the name, the telephone number or both; None leaves one as it is, ``""`` clears it.

    Raises ``SessionEnded`` if the account is gone or locked, ``Invalid`` for a number without
    country. May be repeated.
    """
    wanted = {
        "full_name": full_name,
        "phone": None if phone is None else _international(phone),
    }
    changes = {name: value for name, value in wanted.items() if value is not None}
    with transaction.atomic():
        user = selectors.open_account(user_id)
        changed = sorted(name for name, value in changes.items() if getattr(user, name) != value)
        if changed:
            for name in changed:
                setattr(user, name, changes[name])
            user.save(update_fields=changed)
            audit.record("account.changed", user_id, by=_actor(user_id), fields=changed)
    return selectors.profile_of(user)


def ensure_guest(
    *, email: str, password: str | None = None, full_name: str | None = None
) -> EnsuredGuest:
    """The operator's way: the account with this address, made if it is missing.

    A password or name that is given is set in either case; a new account without one gets a
    password that is made up. Passwords are not judged here: commands do, and the demo's is known
    to everybody. May be repeated.
    """
    email = User.objects.normalize_email(email).strip()
    made_up = None
    with transaction.atomic():
        user = User.objects.by_email(email).select_for_update().first()
        verb = "account.changed" if user else "account.registered"
        if user is None:
            user = User(email=email)
            if password is None:
                password = made_up = secrets.token_urlsafe(12)
        if password is not None:
            user.set_password(password)
        if full_name is not None:
            user.full_name = full_name
        user.save()
        audit.record(verb, user.public_id, by=SYSTEM)
    return EnsuredGuest(selectors.profile_of(user), made_up)


def _session(user: User) -> SignedIn:
    # Changes with the password and tells nothing about it (a keyed hash of its hash).
    return SignedIn(user.public_id, user.get_session_auth_hash()[:32])


def _actor(user_id: str) -> Actor:
    return Actor(ActorKind.GUEST, user_id, label=user_id)


def _check_password(password: str, user: User) -> None:
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise Invalid(password=" ".join(error.messages)) from None


def _international(number: str) -> str:
    """``number`` in E.164, or ``""``. Raises ``Invalid`` unless it says its country."""
    number = number.strip()
    if not number:
        return ""
    number = re.sub(r"^00", "+", number)
    if not number.startswith("+"):
        raise Invalid(phone="Give the number with its country code, such as +1 212 555 0123.")
    return to_e164(number, _NO_COUNTRY)
