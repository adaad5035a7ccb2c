"""Money in the admin."""

from payments.admin import accounts, ledger, policies, reconciliation

__all__ = ["accounts", "ledger", "policies", "reconciliation"]
