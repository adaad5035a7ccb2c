"""When a text may leave: not in a house's quiet hours, and not without end."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from notifications.models import Message, SmsAccount
from notifications.reach import AT_ONCE

PER_HOUR = 6
"""Texts to one number in an hour; more wait."""
PER_DAY = 20
"""Texts to one number in 24 hours; more are not sent."""
HOUR, DAY = dt.timedelta(hours=1), dt.timedelta(days=1)
LITTLE_LEFT = dt.timedelta(hours=2)
"""A text about a visit that begins within this time of the end of the quiet hours cannot wait."""


@dataclass(frozen=True, slots=True)
class Wait:
    """A text has to wait, or must not be sent at all."""

    until: dt.datetime | None
    """None: never."""
    why: str


def wait_for(message: Message, account: SmsAccount | None, now: dt.datetime) -> Wait | None:
    """Why a text has to wait; None when it may leave now. At most three queries.

    Counted from the rows, so that neither a restart nor a lost cache forgets. Two workers at once
    may send one more than the limit.
    """
    if account is not None and (until := _quiet_until(message, account, now)) is not None:
        return Wait(until, "")
    texts = Message.objects.filter(channel=Message.Channel.SMS)
    to_number = texts.filter(recipient=message.recipient, sent_at__gt=now - DAY)
    latest = to_number.order_by("-sent_at").values_list("sent_at", flat=True)[:PER_DAY]
    times = [time for time in latest if time is not None]
    if len(times) >= PER_DAY:
        return Wait(None, "This number was sent too many texts today.")
    if len(times) >= PER_HOUR and times[PER_HOUR - 1] > now - HOUR:
        return Wait(times[PER_HOUR - 1] + HOUR, "This number was sent many texts in an hour.")
    if account is None:
        return None
    from_house = texts.filter(restaurant=message.restaurant_id, sent_at__gt=now - DAY)
    if from_house.count() >= account.daily_limit:
        return Wait(now + HOUR, "The house has reached its limit of texts in 24 hours.")
    return None


def _quiet_until(message: Message, account: SmsAccount, now: dt.datetime) -> dt.datetime | None:
    if message.kind in AT_ONCE or account.quiet_from is None or account.quiet_until is None:
        return None
    zone = account.restaurant.zone
    end = quiet_end(now.astimezone(ZoneInfo(zone)), account.quiet_from, account.quiet_until)
    if end is None:
        return None
    starts_at = message.payload.get("starts_at")
    if starts_at and dt.datetime.fromisoformat(starts_at) <= end + LITTLE_LEFT:
        return None
    return end


def quiet_end(local: dt.datetime, first: dt.time, until: dt.time) -> dt.datetime | None:
    """The end of the quiet hours that ``local`` lies in, or None. They may go over midnight.

    On the wall clock: in the night of a change they are an hour longer or shorter.
    """
    time = local.time()
    if first == until:
        return None
    if first < until:
        is_quiet, ends_tomorrow = first <= time < until, False
    else:
        is_quiet, ends_tomorrow = time >= first or time < until, time >= first
    if not is_quiet:
        return None
    day = local.date() + dt.timedelta(days=int(ends_tomorrow))
    return dt.datetime.combine(day, until, tzinfo=local.tzinfo)
