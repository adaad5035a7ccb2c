"""Guests as a group knows them, and what is kept beside their records."""

from customers.models.guest import DAY_OF_THE_YEAR, Customer
from customers.models.records import ConsentEntry, CustomerMerge, GuestNote, GuestTag

__all__ = [
    "DAY_OF_THE_YEAR",
    "ConsentEntry",
    "Customer",
    "CustomerMerge",
    "GuestNote",
    "GuestTag",
]
