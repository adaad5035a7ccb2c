"""The outbox: what is written to guests, how it leaves, and what is heard of it afterwards."""

from notifications.services.outbox import DUE, deliver_due, queue, resend

__all__ = ["DUE", "deliver_due", "queue", "resend"]
