"""What texts say: short, with the guest's link, in both languages, at most two parts."""

from __future__ import annotations

from typing import Any

import pytest

from notifications.reach import AT_ONCE, TEXTED, Way, is_number, way_to
from notifications.rendering import KINDS
from notifications.segments import measure
from notifications.texting import render_text

LINK = "https://reservations.a-long-name.example.com/booking/" + "a1B2-" * 5 + "xy/"
MORE: dict[str, Any] = {
    "payment": "1250.00",
    "payment_kind": "prepayment",
    "pay_until": "2026-11-21T20:00:00+00:00",
    "keeps_table": True,
    "refund_amount": "1250.00",
    "refund_percent": 100,
    "service_date": "2026-11-22",
    "earliest": "19:00",
    "latest": "21:00",
    "minutes": 10,
    "manage_url": LINK,
}


def test_a_confirmation_in_words(facts: dict[str, Any]) -> None:
    assert render_text("reservation_confirmed", facts) == (
        "Bella Notte: your table for 2 guests, Sun 22 Nov, 00:30, is reserved. Code FT-K7M2QX. "
        "Details, change or cancel: https://couvert.example/booking/abc"
    )


def test_a_confirmation_in_french(facts: dict[str, Any]) -> None:
    text = render_text("reservation_confirmed", facts, "fr")
    assert "https://couvert.example/booking/abc" in text
    assert "dim. 22 nov. 2026" not in text
    assert measure(text).encoding == "gsm7"
    assert text != render_text("reservation_confirmed", facts)


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("kind", sorted(TEXTED))
@pytest.mark.parametrize(
    "name", ["Bella Notte", "La Très Grande Brasserie de l’Hôtel du Château « Chez Zoë & Fils »"]
)
def test_every_text_fits_two_parts_with_its_link(
    kind: str, language: str, name: str, facts: dict[str, Any]
) -> None:
    payload = facts | MORE | {"restaurant": name, "party_size": 12}
    text = render_text(kind, payload, language)
    length = measure(text)
    assert length.segments <= 2, text
    # What leads to a page has its link, whole.
    without = {"reservation_cancelled", "reservation_declined", "reservation_expired"}
    without |= {"deposit_refunded", "payment_received"}
    assert (LINK in text) == (kind not in without)
    assert "None" not in text
    assert "{" not in text
    assert "  " not in text


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize(
    "reason", ["early", "gone", "seated", "over", "offered", "taken", "lapsed", "left", "booked"]
)
def test_every_answer_to_a_late_text_fits_two_parts_too(
    reason: str, language: str, facts: dict[str, Any]
) -> None:
    name = "La Très Grande Brasserie de l’Hôtel du Château « Chez Zoë & Fils »"
    payload = facts | MORE | {"restaurant": name, "reason": reason}
    text = render_text("answer_refused", payload, language)
    assert measure(text).segments <= 2, text
    assert LINK in text
    assert "  " not in text
    assert text != render_text("answer_refused", payload | {"reason": "gone"}, language) or (
        reason == "gone"
    )


def test_a_fee_and_a_card_are_asked_for_in_their_own_words(facts: dict[str, Any]) -> None:
    asked = facts | MORE
    fee = render_text("payment_requested", asked | {"payment_kind": "no_show_fee"})
    assert "is due under the terms of your booking" in fee
    card = render_text("payment_requested", asked | {"payment_kind": "card"})
    assert "please secure your table" in card
    assert "By Sat 21 Nov, 15:00: https://" in card


def test_what_guests_and_houses_are_called_stays_text(facts: dict[str, Any]) -> None:
    text = render_text("reservation_confirmed", facts | {"restaurant": "Fish & Chips\r\n<1>"})
    assert text.startswith("Fish & Chips <1>: your table")


def test_a_long_name_is_shortened_by_words(facts: dict[str, Any]) -> None:
    long = facts | {"restaurant": "東京のとても長い名前のレストラン " * 4, "manage_url": LINK}
    text = render_text("reservation_confirmed", long)
    assert text.startswith("東京")
    assert measure(text).segments <= 4


# --- Which way ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "way"),
    [
        ({"email": "a@b.example", "phone": "+447700900123"}, Way("email", "a@b.example")),
        ({"email": "", "phone": "+447700900123"}, Way("sms", "+447700900123")),
        (
            {"email": "a@b.example", "phone": "+447700900123", "by_sms": True},
            Way("sms", "+447700900123", "a@b.example"),
        ),
        (
            {"email": "a@b.example", "phone": "07700900123", "by_sms": True},
            Way("email", "a@b.example"),
        ),
        ({"email": "", "phone": "07700 900123"}, None),
        ({"email": "", "phone": ""}, None),
    ],
)
def test_who_left_a_number_only_or_asks_for_texts_gets_texts(
    asked: dict[str, Any], way: Way | None
) -> None:
    assert way_to("reservation_confirmed", **asked, can_text=True) == way


def test_a_house_that_sends_no_texts_writes_mails() -> None:
    both: dict[str, Any] = {"email": "a@b.example", "phone": "+447700900123", "by_sms": True}
    assert way_to("reservation_confirmed", **both) == Way("email", "a@b.example")
    assert way_to("reservation_confirmed", email="", phone="+447700900123") is None
    assert way_to("fee_charged", **both, can_text=True) == Way("email", "a@b.example")


def test_the_kinds_are_known() -> None:
    assert set(KINDS) >= TEXTED >= AT_ONCE


@pytest.mark.parametrize(
    "text", ["+1", "447700900123", "+0770090012", "+44 7700900123", "+44770090012345678"]
)
def test_only_e164_is_a_number(text: str) -> None:
    assert not is_number(text)
