"""When texts leave and when not: quiet hours, limits, and what came too late."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from notifications.models import Message, SmsAccount
from notifications.services import deliver_due
from notifications.services.allowance import PER_DAY, PER_HOUR, quiet_end
from restaurants.models import Restaurant
from tests.fixtures.domain import Clock
from tests.fixtures.twilio import GUEST, TwilioAccount, connect
from tests.notifications.test_sms import put

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def account(restaurant: Restaurant, clock: Clock, twilio: TwilioAccount) -> SmsAccount:
    return connect(restaurant)


@pytest.mark.parametrize(
    ("now", "first", "until", "end"),
    [
        ("20:59", "21:00", "09:00", None),
        ("21:00", "21:00", "09:00", "2025-11-11T09:00"),
        ("23:59", "21:00", "09:00", "2025-11-11T09:00"),
        ("00:00", "21:00", "09:00", "2025-11-10T09:00"),
        ("08:59", "21:00", "09:00", "2025-11-10T09:00"),
        ("09:00", "21:00", "09:00", None),
        ("13:00", "12:00", "14:00", "2025-11-10T14:00"),
        ("14:00", "12:00", "14:00", None),
        ("14:00", "14:00", "14:00", None),
    ],
)
def test_the_end_of_the_quiet_hours(now: str, first: str, until: str, end: str | None) -> None:
    local = dt.datetime.fromisoformat(f"2025-11-10T{now}").replace(tzinfo=dt.UTC)
    found = quiet_end(local, dt.time.fromisoformat(first), dt.time.fromisoformat(until))
    assert (found and found.strftime("%Y-%m-%dT%H:%M")) == end


def test_texts_wait_for_the_morning_and_what_is_urgent_does_not(
    restaurant: Restaurant, twilio: TwilioAccount, facts: dict[str, Any], clock: Clock
) -> None:
    clock.set("2025-11-10T22:30:00-05:00")
    connect(restaurant, quiet_from=dt.time(21), quiet_until=dt.time(9))
    message = put(restaurant, facts, clock)
    put(restaurant, facts, clock, kind="payment_requested", payment="5.00")
    put(restaurant, facts, clock, kind="table_ready", minutes=10)
    # Nobody can wait with a word about a visit in the early morning.
    soon = (clock.now + dt.timedelta(hours=11)).isoformat()
    put(restaurant, facts, clock, starts_at=soon)
    assert deliver_due() == 3
    message.refresh_from_db()
    assert message.status == "queued"
    assert message.not_before == dt.datetime(2025, 11, 11, 14, tzinfo=dt.UTC)
    assert message.attempts == 0
    clock.set("2025-11-11T08:59:59-05:00")
    assert deliver_due() == 0
    clock.set("2025-11-11T09:00:00-05:00")
    assert deliver_due() == 1


def test_a_number_gets_so_many_texts_an_hour_and_a_day(
    restaurant: Restaurant,
    account: SmsAccount,
    twilio: TwilioAccount,
    facts: dict[str, Any],
    clock: Clock,
) -> None:
    for _ in range(PER_HOUR + 1):
        put(restaurant, facts, clock)
    assert deliver_due() == PER_HOUR
    assert put(restaurant, facts, clock, to="+447700900124") is not None
    assert deliver_due() == 1
    clock.advance(hours=1)
    assert deliver_due() == 1
    for _ in range(4):
        for _ in range(PER_HOUR):
            put(restaurant, facts, clock)
        deliver_due()
        clock.advance(hours=1, minutes=1)
        deliver_due()
    to_guest = [text for text in twilio.texts if text["to"] == GUEST]
    assert len(to_guest) == PER_DAY
    assert Message.objects.filter(status="failed").exists()


def test_a_house_sends_so_many_texts_a_day(
    restaurant: Restaurant, twilio: TwilioAccount, facts: dict[str, Any], clock: Clock
) -> None:
    connect(restaurant, daily_limit=2)
    for number in range(3):
        put(restaurant, facts, clock, to=f"+44770090012{number}")
    assert deliver_due() == 2
    clock.advance(hours=1, seconds=1)
    assert deliver_due() == 0
    clock.advance(hours=23)
    assert deliver_due() == 1


@pytest.mark.parametrize(("kind", "wait"), [("reservation_reminder", 400), ("table_ready", 1)])
def test_what_came_too_late_is_not_sent(
    kind: str,
    wait: int,
    restaurant: Restaurant,
    account: SmsAccount,
    twilio: TwilioAccount,
    facts: dict[str, Any],
    clock: Clock,
) -> None:
    message = put(restaurant, facts, clock, kind=kind)
    clock.advance(days=wait)
    assert deliver_due() == 0
    message.refresh_from_db()
    assert (message.status, message.last_error) == ("failed", "It came too late to be of use.")
    assert twilio.texts == []
