"""Money in the admin."""

from payments.admin import accounts, ledger, policies

__all__ = ["accounts", "ledger", "policies"]
