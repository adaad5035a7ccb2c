from __future__ import annotations

import email
import email.policy
import smtplib
from email.message import EmailMessage
from typing import Any

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from icalendar import Calendar
from pytest_django import Settings

from core import clock as core_clock
from notifications import links
from notifications.channels.base import Refused, Unavailable
from notifications.channels.email import EmailChannel
from notifications.channels.registry import CHANNELS, channel_named
from notifications.channels.sms import SmsChannel
from notifications.models import Message
from restaurants.models import Restaurant
from tests.notifications.mail_server import mail_server


@pytest.fixture
def message(restaurant: Restaurant, facts: dict[str, Any]) -> Message:
    return Message(
        restaurant=restaurant,
        about=facts["reservation_id"],
        kind="reservation_confirmed",
        recipient="ada@example.com",
        payload=facts,
        not_before=core_clock.now(),
        created_at=core_clock.now(),
    )


def sent(message: Message) -> EmailMessage:
    """The one mail that left, as its reader's program takes it apart."""
    EmailChannel().send(message)
    raw = mail.outbox[-1].message().as_bytes()
    parsed = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(parsed, EmailMessage)
    return parsed


def test_the_channel_is_registered() -> None:
    assert {name: type(channel_named(name)) for name in CHANNELS} == {
        "email": EmailChannel,
        "sms": SmsChannel,
    }
    with pytest.raises(LookupError, match="'fax'"):
        channel_named("fax")


def test_who_writes_to_whom(message: Message) -> None:
    parsed = sent(message)
    assert parsed["From"] == "Bella Notte <bookings@couvert.example>"
    assert parsed["To"] == "ada@example.com"
    assert parsed["Reply-To"] == "book@bella.example"
    assert parsed["Subject"] == "Your table at Bella Notte, Sunday 22 November 2026, 00:30"
    assert parsed["Auto-Submitted"] == "auto-generated"


def test_the_message_id_is_the_rows_and_stays(message: Message) -> None:
    expected = f"<{message.public_id}@couvert.example>"
    assert [sent(message)["Message-ID"], sent(message)["Message-ID"]] == [expected, expected]


@pytest.mark.parametrize(
    "reply_to", ["", None, "not an address", "a@b.example\r\nBcc: c@d.example"]
)
def test_without_a_usable_address_there_is_no_reply_to(message: Message, reply_to: Any) -> None:
    message.payload["reply_to"] = reply_to
    parsed = sent(message)
    assert "Reply-To" not in parsed
    assert "Bcc" not in parsed


def test_it_can_be_read_as_text_as_html_and_by_a_calendar(message: Message) -> None:
    parsed = sent(message)
    text, html = parsed.get_body(["plain"]), parsed.get_body(["html"])
    assert text is not None
    assert html is not None
    assert "Your table is reserved." in text.get_content()
    assert "Your table is reserved" in html.get_content()
    (attachment,) = parsed.iter_attachments()
    assert attachment.get_content_type() == "text/calendar"
    assert attachment.get_param("method") == "REQUEST"
    assert attachment.get_filename() == "reservation.ics"
    (event,) = Calendar.from_ical(attachment.get_content()).walk("VEVENT")
    assert str(event["uid"]) == "res_7m2k9qv4x8w3c5yd@couvert"
    assert str(event["attendee"]) == "mailto:ada@example.com"


@pytest.mark.parametrize(
    ("kind", "method"),
    [
        ("reservation_confirmed", "REQUEST"),
        ("reservation_changed", "REQUEST"),
        ("reservation_cancelled", "CANCEL"),
        ("reservation_pending", None),
        ("reservation_declined", "CANCEL"),
        ("reservation_expired", "CANCEL"),
        ("deposit_refunded", None),
    ],
)
def test_calendars_are_told_what_changes_in_them(
    message: Message, kind: str, method: str | None
) -> None:
    message.kind = kind
    attachments = list(sent(message).iter_attachments())
    assert [part.get_param("method") for part in attachments] == ([method] if method else [])


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Bella\r\nBcc: all@example.com", "Bella Bcc: all@example.com"),
        ('Evil" <boss@bank.example>, "', "Evil' <boss@bank.example>, '"),
        ("back\\slash", "back slash"),
        ("Café 🍷 “Zoë”", "Café 🍷 “Zoë”"),
    ],
)
def test_a_name_cannot_become_a_header_or_an_address(
    message: Message, name: str, shown: str
) -> None:
    message.payload["restaurant"] = name
    message.payload["guest_name"] = "Ada\nX-Evil: 1 👩‍🍳"
    parsed = sent(message)
    (sender,) = parsed["From"].addresses
    assert (sender.display_name, sender.addr_spec) == (shown, "bookings@couvert.example")
    assert not {"Bcc", "X-Evil"} & set(parsed.keys())
    text = parsed.get_body(["plain"])
    assert text is not None
    assert "Hello Ada X-Evil: 1 👩‍🍳," in text.get_content()


@pytest.mark.parametrize(
    "recipient", ["", "ada", "ada@", "a@b.example, c@d.example", "a@b.example\r\nBcc: c@d.example"]
)
def test_what_is_not_an_address_is_refused(message: Message, recipient: str) -> None:
    message.recipient = recipient
    with pytest.raises(Refused, match="not an e-mail address"):
        EmailChannel().send(message)
    assert mail.outbox == []


def test_a_kind_nobody_wrote_is_refused(message: Message) -> None:
    message.kind = "reservation_invented"
    with pytest.raises(Refused, match="reservation_invented"):
        EmailChannel().send(message)


# --- What mail servers say ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (smtplib.SMTPRecipientsRefused({"a@b": (550, b"No such user")}), Refused),
        (smtplib.SMTPRecipientsRefused({"a@b": (450, b"Greylisted")}), Unavailable),
        (smtplib.SMTPRecipientsRefused({}), Unavailable),
        (smtplib.SMTPDataError(554, b"Spam"), Refused),
        (smtplib.SMTPDataError(451, b"Later"), Unavailable),
        (smtplib.SMTPSenderRefused(550, b"Who are you", "x@y"), Unavailable),
        (smtplib.SMTPAuthenticationError(535, b"Bad password"), Unavailable),
        (smtplib.SMTPNotSupportedError("STARTTLS"), Unavailable),
        (smtplib.SMTPServerDisconnected("gone"), Unavailable),
        (smtplib.SMTPConnectError(421, b"Busy"), Unavailable),
        (smtplib.SMTPHeloError(500, b"No"), Unavailable),
        (ConnectionRefusedError(111, "refused"), Unavailable),
        (TimeoutError("too long"), Unavailable),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
def test_only_an_answer_about_this_message_is_final(
    message: Message,
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
    expected: type[Exception],
) -> None:
    def fail(self: EmailBackend, messages: object) -> int:
        raise error

    monkeypatch.setattr(EmailBackend, "send_messages", fail)
    with pytest.raises((Refused, Unavailable)) as raised:
        EmailChannel().send(message)
    assert type(raised.value) is expected
    assert raised.value.permanent is (expected is Refused)


def test_a_mistake_of_ours_is_not_called_a_mail_problem(
    message: Message, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(self: EmailBackend, messages: object) -> int:
        raise ZeroDivisionError

    monkeypatch.setattr(EmailBackend, "send_messages", fail)
    with pytest.raises(ZeroDivisionError):
        EmailChannel().send(message)


def test_a_backend_that_takes_nothing_is_asked_again(
    message: Message, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(EmailBackend, "send_messages", lambda *_: 0)
    with pytest.raises(Unavailable, match="did not take"):
        EmailChannel().send(message)


@pytest.fixture
def smtp(settings: Settings) -> Settings:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST = "127.0.0.1"
    settings.EMAIL_TIMEOUT = 2
    settings.EMAIL_HOST_USER = ""
    settings.EMAIL_USE_SSL = settings.EMAIL_USE_TLS = False
    return settings


def test_a_real_server_takes_the_mail(message: Message, smtp: Settings) -> None:
    with mail_server() as server:
        smtp.EMAIL_PORT = server.port
        EmailChannel().send(message)
    (raw,) = server.mails
    assert f"Message-ID: <{message.public_id}@couvert.example>" in raw
    assert "Content-Type: text/calendar; method=" in raw


@pytest.mark.parametrize(
    ("answers", "expected", "reason"),
    [
        (
            {"rcpt": "550 5.1.1 no such user"},
            Refused,
            "The mail server said: 550 5.1.1 no such user",
        ),
        ({"rcpt": "450 try later"}, Unavailable, "The mail server said: 450 try later"),
        ({"mail": "553 not you"}, Unavailable, "The mail server said: 553 not you"),
        ({"body": "554 looks like spam"}, Refused, "The mail server said: 554 looks like spam"),
        ({"body": "452 disk full"}, Unavailable, "The mail server said: 452 disk full"),
        ({"connect": "554 go away"}, Unavailable, "No mail server: SMTPConnectError"),
        ({"connect": ""}, Unavailable, "No mail server: SMTPServerDisconnected"),
        ({"body": ""}, Unavailable, "No mail server: SMTPServerDisconnected"),
    ],
)
def test_a_real_server_says_why_not(
    message: Message,
    smtp: Settings,
    answers: dict[str, str],
    expected: type[Exception],
    reason: str,
) -> None:
    with mail_server(**answers) as server:
        smtp.EMAIL_PORT = server.port
        with pytest.raises((Refused, Unavailable)) as raised:
            EmailChannel().send(message)
    assert (type(raised.value), str(raised.value)) == (expected, reason)


def test_a_server_without_tls_is_the_operators_to_put_right(
    message: Message, smtp: Settings
) -> None:
    smtp.EMAIL_USE_TLS = True
    with mail_server() as server:
        smtp.EMAIL_PORT = server.port
        with pytest.raises(Unavailable, match="No mail server: SMTPNotSupportedError"):
            EmailChannel().send(message)
    assert server.mails == []


def test_no_server_at_all_is_not_final(message: Message, smtp: Settings) -> None:
    with mail_server() as server:
        smtp.EMAIL_PORT = server.port
    with pytest.raises(Unavailable, match="No mail server: ConnectionRefusedError"):
        EmailChannel().send(message)


# --- Where messages lead, and in which language ---------------------------------------------------


@pytest.fixture
def _leads_somewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(links._resolvers, "res", lambda about: f"https://couvert.example/{about}/")


@pytest.mark.usefixtures("_leads_somewhere")
def test_the_address_is_made_when_the_message_is_sent(message: Message) -> None:
    message.payload.pop("manage_url")
    parsed = sent(message)
    address = f"https://couvert.example/{message.about}/"
    assert address in body_of(parsed)
    [attachment] = parsed.iter_attachments()
    assert address in str(attachment.get_content()).replace("\r\n ", "")
    assert "manage_url" not in message.payload


@pytest.mark.usefixtures("_leads_somewhere")
@pytest.mark.parametrize(
    "kind", ["guest_running_late", "guest_wrote", "deposit_refunded", "reservation_declined"]
)
def test_a_message_to_somebody_else_or_of_the_end_leads_nowhere(
    message: Message, kind: str
) -> None:
    message.payload.pop("manage_url")
    message.payload["minutes"] = 10
    message.kind = kind
    EmailChannel().send(message)
    assert "https://couvert.example" not in mail.outbox[-1].message().as_string()


def test_a_message_from_the_installation_itself_has_no_restaurant(
    restaurant: Restaurant, facts: dict[str, Any]
) -> None:
    row = Message.objects.create(
        restaurant=None,
        about="signin_1",
        kind="sign_in",
        recipient="ada@example.com",
        payload={"restaurant": "Couvert", "minutes": 20, "manage_url": "https://couvert.example/x"},
        not_before=core_clock.now(),
        created_at=core_clock.now(),
    )
    parsed = sent(row)
    assert parsed["From"] == "Couvert <bookings@couvert.example>"
    assert "See my bookings: https://couvert.example/x" in body_of(parsed)


def test_mail_and_calendar_entry_are_in_the_readers_language(message: Message) -> None:
    message.language = "fr"
    assert "dimanche 22 novembre 2026" in str(sent(message)["Subject"])


def body_of(parsed: EmailMessage) -> str:
    part = parsed.get_body(("plain",))
    assert part is not None
    return str(part.get_content())
