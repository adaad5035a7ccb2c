"""Signing in to the staff area: a password and perhaps a code, or a PIN on a tablet."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Sequence

from django.contrib.auth import authenticate
from django.contrib.auth.hashers import check_password as is_password
from django.utils.translation import gettext

from accounts.errors import CodeWrong, SignInRefused
from accounts.limits import SIGN_INS_OF_ACCOUNT
from accounts.models import Authenticator, User
from accounts.services import guessing, second_factor, trail
from core import audit, rates
from core.actors import Actor, ActorKind
from core.errors import Invalid, TooOften
from restaurants.errors import NotHere
from restaurants.models import Membership, Tablet
from restaurants.people import pin_matches, set_pin
from staff.errors import PinWrong

logger = logging.getLogger(__name__)


def check_password(*, email: str, password: str, network: str | None) -> User:
    """The member of staff with this address and password. Records no sign-in: see :func:`enter`.

    Raises SignInRefused, always the same and after the same time, when the address is unknown, the
    password wrong, the account locked or nobody's who works here. Raises TooOften for who guesses,
    right or wrong: attempts are counted before they are made, honest ones are forgiven.
    """
    account = email.strip().lower()
    _count_at_every_door(account)
    tries = [(guessing.PASSWORD, account)]
    if network:
        tries += [(guessing.PASSWORD_FROM_NETWORK, f"{account} {network}")]
        tries += [(guessing.NETWORK, network)]
    counted = guessing.attempts(tries, account=guessing.account_key(account))
    user = authenticate(username=account, password=password)
    if not isinstance(user, User) or not user.is_staff:
        _note_lock(User.objects.by_email(account).first(), counted, "password")
        raise SignInRefused
    rates.forgive(SIGN_INS_OF_ACCOUNT, account)
    guessing.forgive(counted)
    return user


def check_code(user: User, code: str) -> Authenticator:
    """The second factor of who has shown the password. Raises CodeWrong and TooOften."""
    try:
        return second_factor.verify(user, code)
    except CodeWrong:
        _note_lock_now(user, guessing.CODE, "code")
        raise


def enter(user: User, *, with_code: bool) -> None:
    """Record that somebody signed in, when nothing is missing any more."""
    by = Actor(ActorKind.STAFF, user.public_id, user.called)
    trail.record(user, "staff.signed_in", by=by, second_factor=with_code)


def check_pin(tablet: Tablet, user_id: str, pin: str) -> Membership:
    """The person of this house with this PIN; the sign-in is in the house's log.

    Raises PinWrong, NotHere for who does not work here, and TooOften for who guesses, counted for
    the person at all tablets of the house and for the tablet.
    """
    rows = Membership.objects.filter(restaurant=tablet.restaurant_id, user__public_id=user_id)
    membership = rows.select_related("user", "restaurant").first()
    if membership is None or not (membership.user.is_active and membership.user.is_staff):
        raise NotHere
    counted = guessing.attempts(
        [(guessing.PIN, str(membership.pk)), (guessing.PIN_ON_TABLET, str(tablet.pk))],
        account=guessing.account_key(membership.user.email),
    )
    if not pin_matches(membership, pin.strip()):
        _note_lock(membership.user, counted, "pin", only_at=tablet.restaurant_id)
        raise PinWrong
    guessing.forgive(counted)
    by = Actor(ActorKind.STAFF, user_id, membership.user.called, by_pin=True)
    audit.record(
        "staff.pin_signed_in",
        user_id,
        by=by,
        restaurant_id=tablet.restaurant_id,
        tablet=tablet.label,
    )
    return membership


def choose_own_pin(membership: Membership, pin: str, *, by: Actor) -> None:
    """Another one instead of the first PIN somebody handed over. Raises Invalid."""
    if pin_matches(membership, pin.strip()):
        raise Invalid(pin=gettext("Choose another PIN than the one you were given."))
    set_pin(membership, pin, by=by)


def confirm_password(user: User, password: str, code: str = "") -> None:
    """Who is signed in shows the password again, and the code where there is a second factor.

    Raises SignInRefused, CodeWrong, and TooOften for who guesses.
    """
    account = user.email.lower()
    counted = guessing.attempts(
        [(guessing.PASSWORD, account)], account=guessing.account_key(account)
    )
    if not is_password(password, user.password):
        _note_lock(user, counted, "password")
        raise SignInRefused
    guessing.forgive(counted)
    if code or second_factor.has_second_factor(user):
        check_code(user, code)


def _count_at_every_door(account: str) -> None:
    counted = rates.count(SIGN_INS_OF_ACCOUNT, account)
    if counted is not None and counted.used > SIGN_INS_OF_ACCOUNT.limit:
        logger.warning("Locked out after too many sign-ins", extra={"window": "account"})
        raise TooOften(retry_after=counted.seconds_left)


def _note_lock_now(user: User, rule: guessing.Rule, door: str) -> None:
    try:
        guessing.check(rule, user.public_id)
    except TooOften as error:
        wait = dt.timedelta(seconds=error.retry_after)
        _record_lock(user, door, wait, None)


def _note_lock(
    user: User | None,
    counted: Sequence[guessing.Attempt],
    door: str,
    *,
    only_at: int | None = None,
) -> None:
    """A wrong try shut the door: in the log of every house it concerns, and without the address."""
    locked = max((attempt.locked_for for attempt in counted), default=dt.timedelta(0))
    if not locked:
        return
    logger.warning("Locked out after too many tries", extra={"door": door})
    if user is not None and user.is_staff:
        _record_lock(user, door, locked, only_at)


def _record_lock(user: User, door: str, wait: dt.timedelta, only_at: int | None) -> None:
    at_all = user.memberships.values_list("restaurant_id", flat=True)
    houses: list[int | None] = [only_at] if only_at else list(at_all)
    for house in houses or [None]:
        audit.record(
            "staff.locked_out",
            user.public_id,
            by=Actor(ActorKind.SYSTEM, label="Couvert"),
            restaurant_id=house,
            door=door,
            minutes=max(round(wait.total_seconds() / 60), 1),
        )
