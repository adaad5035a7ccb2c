"""Accounts, the groups that own restaurants, and the keys of programs."""

from accounts.models.keys import ApiKey, ApiKeySecret
from accounts.models.people import Organization, User, UserManager

__all__ = ["ApiKey", "ApiKeySecret", "Organization", "User", "UserManager"]
