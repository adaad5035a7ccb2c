"""The book's rows, by subject."""

from reservations.models.bills import VisitBill
from reservations.models.hold import Hold
from reservations.models.house_messages import HouseMessage
from reservations.models.imports import ImportRun
from reservations.models.ledger import SeatingDecision, ServiceLoad, TableClaim
from reservations.models.links import BookingLink, SignInLink
from reservations.models.party_requests import PartyRequest
from reservations.models.payment_requests import PaymentRequest
from reservations.models.queue import QueueEntry
from reservations.models.reservation import Reservation
from reservations.models.sources import InboundDelivery, SourceRecord, SourceSecret
from reservations.models.stand import (
    NightNote,
    SectionTable,
    ShiftServer,
    StandAction,
    TableBlock,
)
from reservations.models.wait_offers import WaitFeedPlace, WaitLook, WaitOffer
from reservations.models.waitlist import WaitlistEntry

__all__ = [
    "BookingLink",
    "Hold",
    "HouseMessage",
    "ImportRun",
    "InboundDelivery",
    "NightNote",
    "PartyRequest",
    "PaymentRequest",
    "QueueEntry",
    "Reservation",
    "SeatingDecision",
    "SectionTable",
    "ServiceLoad",
    "ShiftServer",
    "SignInLink",
    "SourceRecord",
    "SourceSecret",
    "StandAction",
    "TableBlock",
    "TableClaim",
    "VisitBill",
    "WaitFeedPlace",
    "WaitLook",
    "WaitOffer",
    "WaitlistEntry",
]
