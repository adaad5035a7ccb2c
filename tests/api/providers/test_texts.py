"""What Twilio tells us: genuine or not, twice, out of order; and what guests answer."""

from __future__ import annotations

import base64
import json
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client

from core.actors import SYSTEM
from customers.models import Customer
from notifications.channels.sms.signatures import is_from_twilio
from notifications.models import Message, SmsAccount, SmsReply
from notifications.selectors import has_opted_out
from notifications.services import deliver_due, queue
from reservations.ledger.confirm import Contact
from reservations.models import HouseMessage, Reservation
from reservations.services.bookings import Extras, book
from restaurants.models import Restaurant
from tests import factories
from tests.faults.acts import ask
from tests.fixtures.domain import Clock
from tests.fixtures.twilio import GUEST, SERVICE, TOKEN, TwilioAccount, connect, tell
from tests.payments.gateways.judge import sample

pytestmark = pytest.mark.django_db(transaction=True)

EMPTY = '<?xml version="1.0" encoding="UTF-8"?><Response></Response>'


@pytest.fixture
def house(clock: Clock) -> Restaurant:
    return factories.make_bella(tables=2, slug="bella", name="Bella Notte", email="house@b.example")


@pytest.fixture
def account(house: Restaurant, twilio: TwilioAccount) -> SmsAccount:
    return connect(house)


@pytest.fixture
def booked(house: Restaurant, account: SmsAccount) -> Reservation:
    """A booking whose guest left a number only; its confirmation is sent."""
    row = book(ask(house), Contact("Ada Guest", "", GUEST), Extras(), by=SYSTEM)
    deliver_due()
    return row


def status(client: Client, account: SmsAccount, sid: str, state: str, **more: str) -> Any:
    form = {"MessageSid": sid, "MessageStatus": state, "To": GUEST, "AccountSid": "AC1", **more}
    return tell(client, account, "status", form)


def text(client: Client, account: SmsAccount, body: str, sid: str = "SM1", **more: str) -> Any:
    form = {"MessageSid": sid, "From": GUEST, "To": "+447700900999", "Body": body, **more}
    return tell(client, account, "inbound", form)


# --- Genuine --------------------------------------------------------------------------------------


def vectors() -> list[dict[str, Any]]:
    return [each for each in sample("webhook-vectors.json") if each["provider"] == "twilio"]


def judged(vector: dict[str, Any], **changed: Any) -> bool:
    """What we say of a vector of Twilio's own, with something about it changed."""
    all_ = vector | changed
    raw = all_.get("raw")
    if raw is None:
        raw = (all_["body"] if "body" in all_ else urlencode(all_["params"])).encode()
    headers = {"X-Twilio-Signature": all_["signature"]}
    if "settings_header" in all_:
        headers["X-Twilio-Webhooks-Signature-Settings"] = all_["settings_header"]
    return is_from_twilio(
        all_["url"], raw, headers, tokens=[all_["token"]], shared_key=all_["token"]
    )


def flipped(text: str) -> list[str]:
    """``text`` with each of its bits changed, as far as that leaves text."""
    found = []
    for place, byte in enumerate(text.encode()):
        for bit in range(8):
            changed = bytearray(text.encode())
            changed[place] = byte ^ (1 << bit)
            found.append(changed.decode("latin-1"))
    return found


def test_twilios_own_vectors_are_accepted() -> None:
    assert [judged(vector) for vector in vectors()] == [True, True, True]


@pytest.mark.parametrize("number", range(3))
@pytest.mark.parametrize("part", ["url", "signature", "token"])
def test_a_vector_with_one_bit_changed_is_not(number: int, part: str) -> None:
    vector = vectors()[number]
    accepted = [each for each in flipped(vector[part]) if judged(vector, **{part: each})]
    assert accepted == []


@pytest.mark.parametrize("number", range(3))
def test_a_body_with_one_bit_changed_is_not(number: int) -> None:
    vector = vectors()[number]
    if "body" in vector:
        bodies = [each.encode("latin-1") for each in flipped(vector["body"])]
        assert [raw for raw in bodies if judged(vector, raw=raw)] == []
        return
    params = vector["params"]
    for name, value in params.items():
        rest = {key: each for key, each in params.items() if key != name}
        for other in flipped(value):
            assert not judged(vector, params=rest | {name: other}), (name, other)
        for other in flipped(name):
            assert not judged(vector, params=rest | {other: value}), other
        assert not judged(vector, params=rest), name
    assert not judged(vector, params=params | {"More": "1"})


def test_the_algorithm_cannot_be_talked_down() -> None:
    first, second, _ = vectors()
    # Signed with SHA-1, said to be SHA-256, and the other way round.
    assert not judged(first, settings_header=second["settings_header"])
    assert not judged(second, settings_header="")
    assert not judged(second, settings_header="algorithm=HMAC_MD5")


def test_an_unsigned_or_broken_request_is_refused(
    client: Client, account: SmsAccount, booked: Reservation
) -> None:
    url = f"/api/webhooks/sms/{account.public_id}/inbound"
    kind = "application/x-www-form-urlencoded"
    for body in (b"", b"From=%2B44&Body=STOP", b"\xff\xfe", b"a=1&" * 1000):
        for headers in ({}, {"X-Twilio-Signature": "x"}, {"X-Twilio-Signature": "é"}):
            answer = client.post(url, body, content_type=kind, headers=headers)
            assert answer.status_code == 403
            assert answer.json() == {"error": "Forbidden."}
    assert tell(client, account, "inbound", {"a": "1"}, token="other").status_code == 403
    assert SmsReply.objects.count() == 0


def test_an_account_nobody_knows_is_not_there(client: Client, account: SmsAccount) -> None:
    answer = client.post("/api/webhooks/sms/sms_nobody/status")
    assert answer.status_code == 404


def test_the_address_is_ours_as_the_public_knows_it(client: Client, account: SmsAccount) -> None:
    # Signed for https://book.example.com, asked at http://testserver, as behind a proxy.
    assert status(client, account, "SM9", "sent").status_code == 204
    path = f"/api/webhooks/sms/{account.public_id}/status"
    from twilio.request_validator import RequestValidator

    for site, code in (
        ("https://book.example.com:443", 204),
        ("http://testserver", 403),
        ("https://evil.example", 403),
    ):
        signature = RequestValidator(TOKEN).compute_signature(f"{site}{path}", {"a": "1"})
        answer = client.post(
            path,
            b"a=1",
            content_type="application/x-www-form-urlencoded",
            headers={"X-Twilio-Signature": signature, "X-Forwarded-Host": "evil.example"},
        )
        assert answer.status_code == code, site


def test_both_tokens_count_while_one_is_replaced(
    client: Client, house: Restaurant, twilio: TwilioAccount
) -> None:
    account = connect(house, secrets={"auth_tokens": ["new", TOKEN]})
    assert status(client, account, "SM9", "sent").status_code == 204
    answer = tell(client, account, "status", {"MessageSid": "SM9"}, token="new")
    assert answer.status_code == 204


# --- Status ---------------------------------------------------------------------------------------


def test_a_delivery_only_moves_forward(
    client: Client, account: SmsAccount, booked: Reservation
) -> None:
    message = Message.objects.get()
    seen = []
    for state in ("sent", "queued", "delivered", "sent", "undelivered", "delivered", "nonsense"):
        assert status(client, account, message.reference, state).status_code == 204
        message.refresh_from_db()
        seen.append((message.status, message.delivery))
    assert seen == [("sent", "sent")] * 2 + [("sent", "delivered")] * 5


def test_a_text_that_failed_on_its_way_is_a_mail(
    client: Client, account: SmsAccount, house: Restaurant, clock: Clock
) -> None:
    contact = Contact("Ada Guest", "ada@example.com", GUEST)
    from reservations.details import Details

    book(ask(house), contact, Extras(details=Details(by_sms=True)), by=SYSTEM)
    deliver_due()
    message = Message.objects.get()
    assert (message.channel, message.recipient) == ("sms", GUEST)
    for _ in range(2):
        status(client, account, message.reference, "undelivered", ErrorCode="30005")
    message.refresh_from_db()
    assert (message.status, message.error_code) == ("failed", 30005)
    mail = Message.objects.exclude(pk=message.pk).get()
    assert (mail.channel, mail.recipient, mail.kind, mail.status) == (
        "email",
        "ada@example.com",
        "reservation_confirmed",
        "queued",
    )


def test_news_before_the_answer_or_instead_of_it_are_taken(
    client: Client, account: SmsAccount, house: Restaurant, twilio: TwilioAccount, clock: Clock
) -> None:
    with twilio.judge.losing_answers():
        book(ask(house), Contact("Ada Guest", "", GUEST), Extras(), by=SYSTEM)
        deliver_due()
    message = Message.objects.get()
    assert message.status == "unknown"
    query = f"?message={message.public_id}"
    form = {"MessageSid": twilio.texts[0]["sid"], "MessageStatus": "delivered"}
    assert tell(client, account, "status", form, query=query).status_code == 204
    message.refresh_from_db()
    assert (message.status, message.delivery, message.reference) == (
        "sent",
        "delivered",
        twilio.texts[0]["sid"],
    )


def test_news_of_another_house_change_nothing(
    client: Client, account: SmsAccount, booked: Reservation
) -> None:
    other = connect(factories.make_bella(slug="other"), account_sid="AC" + "9" * 32)
    message = Message.objects.get()
    status(client, other, message.reference, "failed")
    query = f"?message={message.public_id}"
    form = {"MessageSid": "SMother", "MessageStatus": "failed"}
    tell(client, other, "status", form, query=query)
    message.refresh_from_db()
    assert (message.status, message.delivery) == ("sent", "accepted")


# --- What guests answer ---------------------------------------------------------------------------


@pytest.mark.parametrize("word", ["STOP", "stop", " Stop. ", "Unsubscribe", "ARRÊT", "End", "QUIT"])
def test_stop_ends_texts_at_once(
    word: str, client: Client, account: SmsAccount, booked: Reservation, twilio: TwilioAccount
) -> None:
    answer = text(client, account, word)
    assert (answer.status_code, answer.content.decode()) == (200, EMPTY)
    assert answer.headers["Content-Type"] == "text/xml; charset=utf-8"
    assert has_opted_out(account.restaurant_id, GUEST)
    queue(
        "table_ready",
        restaurant_id=account.restaurant_id,
        about=booked.public_id,
        channel="sms",
        recipient=GUEST,
        payload={"restaurant": "Bella", "party_size": 2},
        at=booked.created_at,
    )
    assert deliver_due() == 0
    assert len(twilio.texts) == 1


def test_start_begins_them_again_and_the_log_keeps_both(
    client: Client, account: SmsAccount, booked: Reservation
) -> None:
    guest = Customer.objects.create(
        organization=account.restaurant.organization,
        name="Ada",
        phone=GUEST,
        sms_consent_at=booked.created_at,
    )
    for number, word in enumerate(("STOP", "START", "HELP")):
        for _ in range(2):
            text(client, account, word, sid=f"SM{number}")
    assert not has_opted_out(account.restaurant_id, GUEST)
    log = SmsReply.objects.order_by("id").values_list("what", "how", "reference")
    assert list(log) == [
        ("out", "STOP", "SM0"),
        ("in", "START", "SM1"),
        ("help", "HELP", "SM2"),
    ]
    # Offers were withdrawn, and come back only when the guest says so.
    guest.refresh_from_db()
    assert guest.sms_consent_at is None


def test_twilios_own_word_counts_more_than_the_text(
    client: Client, account: SmsAccount, booked: Reservation
) -> None:
    text(client, account, "Basta", OptOutType="STOP")
    assert has_opted_out(account.restaurant_id, GUEST)
    assert SmsReply.objects.get().how == "STOP"
    text(client, account, "Si", sid="SM2", OptOutType="START")
    assert not has_opted_out(account.restaurant_id, GUEST)


def test_it_holds_for_every_house_of_the_same_sender(
    client: Client, account: SmsAccount, booked: Reservation
) -> None:
    sister = connect(factories.make_bella(slug="sister"))
    stranger = connect(factories.make_bella(slug="stranger"), messaging_service_sid="MG" + "8" * 32)
    assert account.messaging_service_sid == sister.messaging_service_sid == SERVICE
    text(client, account, "STOP")
    assert has_opted_out(sister.restaurant_id, GUEST)
    assert not has_opted_out(stranger.restaurant_id, GUEST)


def test_other_words_reach_the_house_once(
    client: Client, account: SmsAccount, booked: Reservation
) -> None:
    for _ in range(2):
        text(client, account, "We bring a dog.\nIs that fine?", sid="SM7")
    note = HouseMessage.objects.get()
    assert (note.text, note.reservation, note.read_at) == (
        "We bring a dog.\nIs that fine?",
        booked,
        None,
    )
    told = Message.objects.get(kind="guest_wrote")
    assert (told.recipient, told.channel) == ("house@b.example", "email")
    assert "dog" not in json.dumps(list(SmsReply.objects.values("what", "how", "reference")))


def test_words_of_somebody_unknown_are_let_go(
    client: Client, account: SmsAccount, booked: Reservation
) -> None:
    form = {"MessageSid": "SM8", "From": "+447700900555", "Body": "Hello?"}
    assert tell(client, account, "inbound", form).status_code == 200
    form = {"MessageSid": "SM9", "From": "Twilio", "Body": "STOP"}
    assert tell(client, account, "inbound", form).status_code == 200
    assert HouseMessage.objects.count() == 0
    assert list(SmsReply.objects.values_list("what", flat=True)) == ["words"]


def test_signatures_are_base64_of_twenty_bytes() -> None:
    # What the test of single bits leans on: no padding bit that decodes to the same.
    assert len(base64.b64decode(vectors()[0]["signature"])) == 20
