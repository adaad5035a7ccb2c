"""Accounts, the groups that own restaurants, the keys of programs, and what guards a sign-in."""

from accounts.models.keys import ApiKey, ApiKeySecret
from accounts.models.people import Organization, User, UserManager
from accounts.models.sign_in import Authenticator, Guesses, PasswordLink, RecoveryCode

__all__ = [
    "ApiKey",
    "ApiKeySecret",
    "Authenticator",
    "Guesses",
    "Organization",
    "PasswordLink",
    "RecoveryCode",
    "User",
    "UserManager",
]
