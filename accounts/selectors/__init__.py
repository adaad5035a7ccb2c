"""Reading accounts and keys. One query each."""

from accounts.selectors.people import Profile, check_open, open_account, profile, profile_of

__all__ = ["Profile", "check_open", "open_account", "profile", "profile_of"]
