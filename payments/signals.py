"""What this app tells the apps above it."""

from __future__ import annotations

from django.dispatch import Signal

payment_settled = Signal()
"""The outcome of a payment whose answer was lost is known now.

Arguments: ``payment_id`` (int, primary key) and ``result``
(:class:`~payments.gateways.base.ChargeResult`, never ``unknown``).

Sent by the sweep outside of any transaction, with the row still open. Who knows what the
payment was for opens a transaction, does what is due (confirms the booking; or refunds, when
it cannot be had any more) and calls ``payments.services.record_charge`` in it. May be sent
more than once and by two workers at once: decide under a lock, from the row's status.

A receiver that raises is asked again later. When nobody records the outcome, the sweep does,
and gives the money back.
"""

hold_taken = Signal()
"""What was set aside on a card was taken.

Arguments: ``payment_id`` (int, primary key). Sent once, in the transaction that records it and
holds the payment's lock: whoever tells somebody of it queues that in the same transaction, and
takes no other lock.
"""
