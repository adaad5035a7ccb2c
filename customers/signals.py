"""What this app tells the apps above it."""

from __future__ import annotations

from django.dispatch import Signal

visit_tag_renamed = Signal()
"""A tag of visits has another name, or is gone.

Arguments: ``organization_id`` (int, primary key of the group), ``before`` and ``after`` (names;
``after`` is empty when it is gone), ``by`` (the actor). Receivers return how many carried it. Sent
in the transaction that changes the tag, under the lock of the group's tags: whoever keeps the name
beside visits changes it there and then.
"""
