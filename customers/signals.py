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

tag_readers_changed = Signal()
"""A tag is for managers now, or for everybody: screens of all houses of the group show another.

Arguments: ``organization_id`` and ``restaurant_id`` (int, primary keys of the group and of the
house where it was done, or None), ``tag`` (public id), ``said`` (what the trail of that house says
of it), ``by`` (the actor). Sent in the transaction that changes the tag.
"""
