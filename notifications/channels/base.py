"""The interface every way of reaching a guest has."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

from notifications.models import Message


class DeliveryFailed(Exception):
    """The message did not leave. ``permanent`` decides whether it is worth another attempt.

    The text is kept on the row for staff; it goes to no log, it may contain an address.
    """

    permanent: ClassVar[bool]


class Refused(DeliveryFailed):
    """This message to this recipient will never be accepted."""

    permanent = True


class Unavailable(DeliveryFailed):
    """It may work later: no connection, a busy server, a mailbox that is full, wrong settings."""

    permanent = False


class Channel(ABC):
    """One way of reaching a guest."""

    name: ClassVar[str]

    @abstractmethod
    def send(self, message: Message) -> None:
        """Hand the message over; called outside of any transaction and possibly twice.

        Returns when the other side has taken it, raises :class:`Refused` or
        :class:`Unavailable`. Sends the same message under the same identifier every time, so
        that the other side can drop the second copy where it is able to.
        """
