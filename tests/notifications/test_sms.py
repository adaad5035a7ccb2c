"""Texts through Twilio over real HTTP, judged by its own schema: sent once, whatever is lost."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from django.core import mail
from pytest_django import Settings

from core.models import AuditEntry
from customers.models import Customer
from notifications.channels.sms.client import client_of
from notifications.models import Message, SmsAccount, SmsReply
from notifications.selectors import has_opted_out, phone_key, sms_state
from notifications.services import deliver_due, outbox, resend
from notifications.services.outbox import queue
from notifications.services.tracing import trace_due
from restaurants.models import Restaurant
from tests.fixtures.domain import Clock
from tests.fixtures.twilio import GUEST, SERVICE, SID, TOKEN, TwilioAccount, connect
from tests.notifications.test_outbox import MANAGER

pytestmark = pytest.mark.django_db(transaction=True)
ROUTE = "/2010-04-01/Accounts/{AccountSid}/Messages.json"


@pytest.fixture
def account(restaurant: Restaurant, clock: Clock, twilio: TwilioAccount) -> SmsAccount:
    return connect(restaurant)


def put(
    restaurant: Restaurant,
    facts: dict[str, Any],
    clock: Clock,
    *,
    to: str = GUEST,
    kind: str = "reservation_confirmed",
    **more: Any,
) -> Message:
    """A text in the outbox."""
    return queue(
        kind,
        restaurant_id=restaurant.pk,
        about="res_1",
        channel="sms",
        recipient=to,
        payload=facts | more,
        at=clock.now,
    )


# --- Sent -----------------------------------------------------------------------------------------


def test_a_text_is_sent_once_with_all_that_twilio_needs(
    restaurant: Restaurant,
    account: SmsAccount,
    twilio: TwilioAccount,
    facts: dict[str, Any],
    clock: Clock,
) -> None:
    message = put(restaurant, facts, clock)
    assert (deliver_due(), deliver_due()) == (1, 0)
    (call,) = twilio.judge.posts(ROUTE)
    assert call.body == {
        "To": GUEST,
        "MessagingServiceSid": SERVICE,
        "Body": twilio.texts[0]["body"],
        "SmartEncoded": False,
        "ValidityPeriod": 14400,
        "StatusCallback": f"https://book.example.com/api/webhooks/sms/{account.public_id}/status"
        f"?message={message.public_id}",
    }
    assert "your table for 2 guests" in call.body["Body"]
    message.refresh_from_db()
    assert (message.status, message.delivery, message.reference, message.segments) == (
        "sent",
        "accepted",
        twilio.texts[0]["sid"],
        1,
    )
    assert (message.account, message.sent_at) == (account, clock.now)


def test_without_a_service_the_sender_is_named_and_a_key_may_sign_in(
    restaurant: Restaurant, twilio: TwilioAccount, facts: dict[str, Any], clock: Clock
) -> None:
    secrets = {"auth_tokens": [TOKEN], "api_key_secret": "secret-of-the-key"}
    key = "SK" + "2" * 32
    connect(
        restaurant,
        messaging_service_sid="",
        sender="+447700900999",
        api_key_sid=key,
        secrets=secrets,
    )
    put(restaurant, facts, clock)
    deliver_due()
    (call,) = twilio.judge.posts(ROUTE)
    assert call.body["From"] == "+447700900999"
    assert "MessagingServiceSid" not in call.body
    import base64

    signed = base64.b64decode(call.headers["Authorization"].removeprefix("Basic ")).decode()
    assert signed == f"{key}:secret-of-the-key"


def test_without_a_public_address_no_callback_is_asked_for(
    restaurant: Restaurant,
    account: SmsAccount,
    twilio: TwilioAccount,
    facts: dict[str, Any],
    clock: Clock,
    settings: Settings,
) -> None:
    # Twilio refuses such an address (21609), and the text with it.
    for site in ("http://localhost:8000", "http://127.0.0.1:8000", "http://couvert.local"):
        settings.PUBLIC_URL = site
        put(restaurant, facts, clock)
    deliver_due()
    assert [("StatusCallback" in call.body) for call in twilio.judge.posts(ROUTE)] == [False] * 3


def test_only_e164_leaves(
    restaurant: Restaurant,
    account: SmsAccount,
    twilio: TwilioAccount,
    facts: dict[str, Any],
    clock: Clock,
) -> None:
    message = put(restaurant, facts, clock, to="07700 900123")
    assert deliver_due() == 0
    message.refresh_from_db()
    assert (message.status, message.error_code) == ("failed", 21211)
    assert twilio.judge.calls == []


def test_nothing_of_guests_is_logged(
    restaurant: Restaurant,
    account: SmsAccount,
    twilio: TwilioAccount,
    facts: dict[str, Any],
    clock: Clock,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    twilio.refuse[f"{GUEST}4"] = (400, 21614)
    with caplog.at_level(logging.DEBUG):
        put(restaurant, facts, clock)
        put(restaurant, facts, clock, to=f"{GUEST}4")
        with twilio.judge.losing_answers():
            deliver_due(limit=1)
        deliver_due()
        clock.advance(minutes=2)
        trace_due()
    said = caplog.text + capsys.readouterr().out + capsys.readouterr().err
    for secret in (GUEST, GUEST[1:], "your table", TOKEN, "said of"):
        assert secret not in said


# --- Lost -----------------------------------------------------------------------------------------


def test_a_lost_answer_is_unknown_and_never_sent_again_by_itself(
    restaurant: Restaurant,
    account: SmsAccount,
    twilio: TwilioAccount,
    facts: dict[str, Any],
    clock: Clock,
) -> None:
    message = put(restaurant, facts, clock)
    with twilio.judge.losing_answers():
        assert deliver_due() == 0
    message.refresh_from_db()
    assert (message.status, message.reference) == ("unknown", "")
    assert len(twilio.texts) == 1
    for _ in range(20):
        deliver_due()
        clock.advance(minutes=3)
    assert len(twilio.texts) == 1


def test_a_lost_text_is_found_by_number_words_and_time(
    restaurant: Restaurant,
    account: SmsAccount,
    twilio: TwilioAccount,
    facts: dict[str, Any],
    clock: Clock,
) -> None:
    # The same words to the same number yesterday are another text; so are other words today.
    put(restaurant, facts, clock)
    deliver_due()
    clock.advance(days=2)
    put(restaurant, facts, clock, party_size=7)
    deliver_due()
    message = put(restaurant, facts, clock)
    with twilio.judge.losing_answers():
        deliver_due()
    assert trace_due() == 0
    clock.advance(minutes=1)
    assert trace_due() == 1
    message.refresh_from_db()
    assert (message.status, message.reference) == ("sent", twilio.texts[2]["sid"])
    assert sms_state("res_1") == "sent"


def test_a_trial_accounts_own_words_do_not_hide_a_text(
    restaurant: Restaurant,
    account: SmsAccount,
    twilio: TwilioAccount,
    facts: dict[str, Any],
    clock: Clock,
) -> None:
    twilio.prefix = "Sent from your Twilio trial account - "
    message = put(restaurant, facts, clock)
    with twilio.judge.losing_answers():
        deliver_due()
    clock.advance(minutes=1)
    assert trace_due() == 1
    message.refresh_from_db()
    assert message.reference == twilio.texts[0]["sid"]


def test_two_lost_texts_with_the_same_words_are_two(
    restaurant: Restaurant,
    account: SmsAccount,
    twilio: TwilioAccount,
    facts: dict[str, Any],
    clock: Clock,
) -> None:
    rows = [put(restaurant, facts, clock) for _ in range(2)]
    with twilio.judge.losing_answers():
        deliver_due()
    clock.advance(minutes=1)
    assert trace_due() == 2
    for row in rows:
        row.refresh_from_db()
    assert [row.reference for row in rows] == [text["sid"] for text in twilio.texts]


def test_what_is_not_found_stays_unknown_and_goes_by_mail(
    restaurant: Restaurant,
    account: SmsAccount,
    twilio: TwilioAccount,
    facts: dict[str, Any],
    clock: Clock,
) -> None:
    message = put(restaurant, facts, clock, instead="ada@example.com")
    with twilio.judge.unreachable():
        deliver_due()
    looks = []
    for _ in range(80):
        clock.advance(minutes=1)
        trace_due()
        looks.append(len([call for call in twilio.judge.calls if call.method == "GET"]))
    # After one, six and 26 minutes.
    assert [looks.index(number) + 1 for number in (1, 2, 3)] == [1, 6, 26]
    assert looks[-1] == 3
    message.refresh_from_db()
    assert message.status == "unknown"
    deliver_due()
    assert twilio.texts == []
    assert [sent.to for sent in mail.outbox] == [["ada@example.com"]]
    assert "ada@example.com" not in str(Message.objects.get(channel="email").payload)


def test_a_worker_that_dies_while_sending_leaves_an_unknown_text(
    restaurant: Restaurant,
    account: SmsAccount,
    twilio: TwilioAccount,
    facts: dict[str, Any],
    clock: Clock,
) -> None:
    message = put(restaurant, facts, clock)
    claimed = outbox._claim(clock.now)
    assert claimed is not None
    client_of(account).send(GUEST, _words(claimed), callback="", valid_for=60)
    clock.advance(minutes=3)
    assert deliver_due() == 0
    message.refresh_from_db()
    assert message.status == "unknown"
    clock.advance(minutes=1)
    assert trace_due() == 1
    message.refresh_from_db()
    assert (message.status, len(twilio.texts)) == ("sent", 1)


def _words(message: Message) -> str:
    from notifications.texting import render_text

    return render_text(message.kind, message.payload, message.language)


@pytest.mark.parametrize("status", [500, 502, 503])
def test_an_error_of_twilios_own_leaves_it_open(
    status: int,
    restaurant: Restaurant,
    account: SmsAccount,
    twilio: TwilioAccount,
    facts: dict[str, Any],
    clock: Clock,
) -> None:
    message = put(restaurant, facts, clock)
    with twilio.judge.answering(status, {"status": status}):
        deliver_due()
    message.refresh_from_db()
    assert message.status == "unknown"


def test_where_no_connection_was_made_it_is_tried_again(
    restaurant: Restaurant,
    account: SmsAccount,
    twilio: TwilioAccount,
    facts: dict[str, Any],
    clock: Clock,
    settings: Settings,
) -> None:
    message = put(restaurant, facts, clock)
    base, settings.TWILIO_API_BASE = settings.TWILIO_API_BASE, "http://127.0.0.1:9"
    deliver_due()
    message.refresh_from_db()
    assert (message.status, message.last_error, message.sent_at) == (
        "queued",
        "Twilio cannot be reached.",
        None,
    )
    settings.TWILIO_API_BASE = base
    clock.advance(minutes=2)
    assert deliver_due() == 1
    assert len(twilio.texts) == 1


def test_a_text_nobody_spoke_of_again_is_asked_about(
    restaurant: Restaurant,
    account: SmsAccount,
    twilio: TwilioAccount,
    facts: dict[str, Any],
    clock: Clock,
) -> None:
    message = put(restaurant, facts, clock)
    deliver_due()
    twilio.texts[0] |= {"status": "delivered"}
    clock.advance(minutes=14)
    assert trace_due() == 0
    clock.advance(minutes=1)
    assert trace_due() == 1
    message.refresh_from_db()
    assert (message.status, message.delivery) == ("sent", "delivered")
    assert sms_state("res_1") == "delivered"
    clock.advance(hours=5)
    assert trace_due() == 0


# --- Refused --------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", [21211, 21614, 21612])
def test_a_number_that_takes_no_texts_is_written_to_by_mail(
    code: int,
    restaurant: Restaurant,
    account: SmsAccount,
    twilio: TwilioAccount,
    facts: dict[str, Any],
    clock: Clock,
) -> None:
    twilio.refuse[GUEST] = (400, code)
    message = put(restaurant, facts, clock, instead="ada@example.com")
    # The mail is sent by the same sweep.
    assert deliver_due() == 1
    message.refresh_from_db()
    assert (message.status, message.error_code, message.attempts) == ("failed", code, 1)
    assert [sent.to for sent in mail.outbox] == [["ada@example.com"]]
    assert "Your table is reserved" in str(mail.outbox[0].body)


def test_who_opted_out_is_remembered_and_never_written_to_again(
    restaurant: Restaurant,
    account: SmsAccount,
    twilio: TwilioAccount,
    facts: dict[str, Any],
    clock: Clock,
) -> None:
    guest = Customer.objects.create(
        organization=restaurant.organization, name="Ada", phone=GUEST, sms_consent_at=clock.now
    )
    twilio.refuse[GUEST] = (400, 21610)
    first = put(restaurant, facts, clock)
    deliver_due()
    assert has_opted_out(restaurant.pk, GUEST)
    (reply,) = SmsReply.objects.all()
    assert (reply.what, reply.how, reply.reference) == ("out", "21610", first.public_id)
    assert GUEST not in str(SmsReply.objects.values()[0])
    guest.refresh_from_db()
    assert guest.sms_consent_at is None
    assert AuditEntry.objects.get(verb="customer.consent_withdrawn").data == {"to": "sms"}
    again = put(restaurant, facts, clock, instead="ada@example.com")
    deliver_due()
    again.refresh_from_db()
    assert (again.status, again.error_code) == ("failed", 21610)
    assert len(twilio.judge.posts(ROUTE)) == 1
    assert [sent.to for sent in mail.outbox] == [["ada@example.com"]]


@pytest.mark.parametrize(
    ("status", "code"), [(401, 20003), (400, 21606), (400, 21608), (429, 20429), (429, 63038)]
)
def test_what_the_house_can_put_right_is_tried_again(
    status: int,
    code: int,
    restaurant: Restaurant,
    account: SmsAccount,
    twilio: TwilioAccount,
    facts: dict[str, Any],
    clock: Clock,
) -> None:
    twilio.refuse[GUEST] = (status, code)
    message = put(restaurant, facts, clock)
    deliver_due()
    message.refresh_from_db()
    assert (message.status, message.error_code) == ("queued", code)
    twilio.refuse.clear()
    clock.advance(minutes=2)
    assert deliver_due() == 1
    message.refresh_from_db()
    assert (message.status, message.error_code) == ("sent", None)


def test_a_copy_is_sent_where_staff_send_again(
    restaurant: Restaurant,
    account: SmsAccount,
    twilio: TwilioAccount,
    facts: dict[str, Any],
    clock: Clock,
) -> None:
    message = put(restaurant, facts, clock)
    with twilio.judge.losing_answers():
        deliver_due()
    copy = resend(Message.objects.get(), MANAGER)
    assert (copy.pk != message.pk, copy.channel, copy.recipient) == (True, "sms", GUEST)


# --- Without an account ---------------------------------------------------------------------------


def test_texts_are_printed_where_the_installation_is_for_trying_out(
    restaurant: Restaurant,
    facts: dict[str, Any],
    clock: Clock,
    settings: Settings,
    capsys: pytest.CaptureFixture[str],
) -> None:
    settings.SMS_CONSOLE = True
    message = put(restaurant, facts, clock)
    assert deliver_due() == 1
    printed = capsys.readouterr().out
    assert f"--- Text to {GUEST} ---" in printed
    assert "Bella Notte: your table for 2 guests" in printed
    message.refresh_from_db()
    assert (message.status, message.delivery, message.reference) == ("sent", "printed", "")
    clock.advance(days=1)
    assert trace_due() == 0


def test_a_house_without_an_account_sends_nothing(
    restaurant: Restaurant, facts: dict[str, Any], clock: Clock
) -> None:
    message = put(restaurant, facts, clock, instead="ada@example.com")
    assert deliver_due() == 1
    message.refresh_from_db()
    assert (message.status, message.last_error) == ("failed", "This house sends no texts.")
    assert [sent.to for sent in mail.outbox] == [["ada@example.com"]]


def test_test_credentials_list_nothing(
    restaurant: Restaurant, twilio: TwilioAccount, facts: dict[str, Any], clock: Clock
) -> None:
    connect(restaurant, is_test=True)
    put(restaurant, facts, clock)
    with twilio.judge.losing_answers():
        deliver_due()
    clock.advance(minutes=1)
    trace_due()
    assert len(twilio.texts) == 1
    assert twilio.judge.calls == []


def test_the_account_is_in_the_path(account: SmsAccount, twilio: TwilioAccount) -> None:
    client_of(account).find(GUEST, "x", since=account.created_at)
    assert account.account_sid == SID
    assert phone_key(GUEST) != phone_key(GUEST + "0")
