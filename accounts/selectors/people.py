"""Reading accounts. One query each."""

from __future__ import annotations

from dataclasses import dataclass

from accounts.errors import SessionEnded
from accounts.models import User


@dataclass(frozen=True, slots=True)
class Profile:
    """What an account says about its owner."""

    user_id: str
    email: str
    full_name: str
    phone: str


def open_account(user_id: str) -> User:
    """The account with this public id. Raises ``SessionEnded`` if it is gone or locked."""
    user = User.objects.filter(public_id=user_id, is_active=True).first()
    if user is None:
        raise SessionEnded
    return user


def check_open(user_id: str) -> None:
    """Raises ``SessionEnded`` if the account with this public id is gone or locked.

    For reads that found nothing, where whoever was locked out hears that and not "not found",
    and before an answer that was kept is given again.
    """
    if not User.objects.filter(public_id=user_id, is_active=True).exists():
        raise SessionEnded


def profile(user_id: str) -> Profile:
    """The profile of an open account. Raises ``SessionEnded`` if it is gone or locked."""
    return profile_of(open_account(user_id))


def profile_of(user: User) -> Profile:
    """The profile in a row at hand."""
    return Profile(user.public_id, user.email, user.full_name, user.phone)
