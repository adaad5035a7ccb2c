"""The interface every way of reaching a guest has."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

from notifications.models import Message


class DeliveryFailed(Exception):
    """The message did not leave. ``permanent`` decides whether it is worth another attempt.

    The text is kept on the row for staff; it goes to no log, it may contain an address. ``code``
    is the provider's, where it has codes.
    """

    permanent: ClassVar[bool]

    def __init__(self, text: str, code: int | None = None) -> None:
        super().__init__(text)
        self.code = code


class Refused(DeliveryFailed):
    """This message to this recipient will never be accepted."""

    permanent = True


class OptedOut(Refused):
    """The recipient wants no more of these; to be remembered."""


class Unavailable(DeliveryFailed):
    """It may work later: no connection, a busy server, a mailbox that is full, wrong settings."""

    permanent = False


class AnswerLost(Exception):
    """It may have left, and nobody can tell yet: sending it again might double it.

    Only from channels whose other side cannot drop a second copy.
    """


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the other side said when it took a message, or when it was asked about one."""

    reference: str
    """Its id of the message."""
    state: str
    """In its words: queued, sent, delivered …"""
    segments: int | None = None
    code: int | None = None
    """Why it was not delivered."""
    account_id: int | None = None


class Channel(ABC):
    """One way of reaching a guest."""

    name: ClassVar[str]

    @abstractmethod
    def send(self, message: Message) -> Receipt | None:
        """Hand the message over; called outside of any transaction and possibly twice.

        Returns when the other side has taken it, raises :class:`Refused`, :class:`Unavailable` or
        :class:`AnswerLost`. Sends the same message under the same identifier every time, so
        that the other side can drop the second copy where it is able to.
        """
