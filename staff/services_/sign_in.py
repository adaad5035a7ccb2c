"""Signing in to the staff area."""

from __future__ import annotations

import logging

from django.contrib.auth import authenticate

from accounts.errors import SignInRefused
from accounts.limits import SIGN_INS_OF_ACCOUNT
from accounts.models import User
from core import audit, rates
from core.actors import Actor, ActorKind
from core.errors import TooOften

logger = logging.getLogger(__name__)

BY_ADDRESS = rates.Window("staff-sign-in-address", 60, 600)
"""Attempts from one network: wide enough for a restaurant group behind one address."""


def check_password(*, email: str, password: str, network: str | None) -> User:
    """The member of staff with this address and password; the sign-in is in the audit trail.

    Raises SignInRefused, always the same and after the same time, when the address is unknown, the
    password wrong, the account locked or nobody's who works here. Raises TooOften for who guesses,
    right or wrong: attempts are counted before they are made, honest ones are forgiven.
    """
    account = email.strip().lower()
    _count(BY_ADDRESS, network)
    _count(SIGN_INS_OF_ACCOUNT, account)
    user = authenticate(username=account, password=password)
    if not isinstance(user, User) or not user.is_staff:
        raise SignInRefused
    rates.forgive(SIGN_INS_OF_ACCOUNT, account)
    if network:
        rates.forgive(BY_ADDRESS, network)
    by = Actor(ActorKind.STAFF, user.public_id, user.email)
    audit.record("staff.signed_in", user.public_id, by=by)
    return user


def _count(window: rates.Window, subject: str | None) -> None:
    counted = rates.count(window, subject) if subject else None
    if counted is not None and counted.used > window.limit:
        logger.warning("Locked out after too many sign-ins", extra={"window": window.scope})
        raise TooOften(retry_after=counted.seconds_left)
