"""What guests, operators and programs do with accounts and keys."""

from accounts.services.people import (
    EnsuredGuest,
    SignedIn,
    change_profile,
    ensure_guest,
    register_guest,
    resume_session,
    sign_in,
)

__all__ = [
    "EnsuredGuest",
    "SignedIn",
    "change_profile",
    "ensure_guest",
    "register_guest",
    "resume_session",
    "sign_in",
]
