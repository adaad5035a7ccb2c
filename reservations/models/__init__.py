"""The book's rows, by subject."""

from reservations.models.hold import Hold
from reservations.models.imports import ImportRun
from reservations.models.ledger import SeatingDecision, ServiceLoad, TableClaim
from reservations.models.reservation import Reservation

__all__ = ["Hold", "ImportRun", "Reservation", "SeatingDecision", "ServiceLoad", "TableClaim"]
