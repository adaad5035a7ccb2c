"""What this app tells the apps above it."""

from __future__ import annotations

from django.dispatch import Signal

text_received = Signal()
"""A guest wrote to a house by text, and it was no word about consent.

Arguments: ``restaurant_id`` (int), ``phone`` (E.164), ``text`` (str, at most 1 600 letters) and
``at``. Sent once for each text, in the transaction that notes that it came: a receiver that raises
undoes that, and the provider sends it again.
"""
