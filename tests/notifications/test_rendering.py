from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from django.template import TemplateDoesNotExist
from django.utils import translation

from notifications.rendering import CALENDAR_METHODS, KINDS, TO_INTEGRATORS, render

TEMPLATES = Path(__file__).parents[2] / "templates" / "messages"


class Page(HTMLParser):
    """The text of a page and the tags it is made of."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.text = ""
        self.feed(source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value or "" for name, value in attrs if name in ("href", "src")]

    def handle_data(self, data: str) -> None:
        self.text += data


def test_a_confirmation_in_words(facts: dict[str, Any]) -> None:
    facts["special_requests"] = "Window seat please\nNo nuts"
    rendered = render("reservation_confirmed", facts)
    assert rendered.subject == "Your table at Bella Notte, Sunday 22 November 2026, 00:30"
    assert rendered.text == (
        "Hello Ada Guest,\n"
        "\n"
        "Your table is reserved. We look forward to seeing you.\n"
        "Please show the code when you arrive.\n"
        "\n"
        "When: Sunday 22 November 2026, 00:30\n"
        "Party: 2 guests\n"
        "Code: FT-K7M2QX\n"
        "Deposit: $50.00\n"
        "Your wishes: Window seat please\n"
        "No nuts\n"
        "\n"
        "Change or cancel: https://couvert.example/booking/abc\n"
        "\n"
        "Bella Notte\n"
        "234 Greenwich Ave, New York, NY 10011\n"
        "+1 212 555 0123\n"
    )


@pytest.mark.parametrize("kind", CALENDAR_METHODS)
def test_every_kind_says_the_same_in_text_and_html(kind: str, facts: dict[str, Any]) -> None:
    facts |= {"refund_amount": "25.00", "refund_percent": 50}
    rendered = render(kind, facts)
    page = Page(rendered.html)
    for fact in ("Ada Guest", "Sunday 22 November 2026, 00:30", "2 guests", "FT-K7M2QX", "$50.00"):
        assert fact in rendered.text
        assert fact in page.text
    assert rendered.subject.count("\n") == 0
    speaks_of_refund = kind in (
        "reservation_cancelled",
        "reservation_declined",
        "reservation_expired",
        "deposit_refunded",
    )
    assert ("$25.00" in rendered.text) == ("$25.00" in page.text) == speaks_of_refund
    assert not re.search(r"\n{3}|\{[{%]", rendered.text)
    assert not re.search(r"\{[{%]", rendered.html)


@pytest.mark.parametrize("kind", CALENDAR_METHODS)
def test_facts_that_are_missing_leave_no_gap(kind: str) -> None:
    bare = {
        "restaurant": "Bella Notte",
        "zone": "Europe/Paris",
        "starts_at": "2026-11-22T19:00:00+01:00",
        "party_size": 1,
    }
    rendered = render(kind, bare)
    assert rendered.text.startswith("Hello,\n\n")
    assert "Party: 1 guest\n\nBella Notte\n" in rendered.text
    assert "None" not in rendered.text + rendered.html
    assert "href" not in rendered.html


@pytest.mark.parametrize("kind", CALENDAR_METHODS)
def test_what_guests_type_stays_text(kind: str, facts: dict[str, Any]) -> None:
    harmless = Page(render(kind, facts | {"special_requests": "x\ny\nz"}).html)
    typed = '<script>alert(1)</script>"><img src=x onerror=y>'
    for field in ("restaurant", "guest_name", "special_requests", "address", "phone", "code"):
        facts[field] = typed
    facts["special_requests"] = f"{typed}\ny\nz"
    page = Page(render(kind, facts).html)
    assert page.tags == harmless.tags
    assert page.links == harmless.links
    assert typed in page.text


@pytest.mark.parametrize("address", ["javascript:alert(1)", "data:text/html,x", "ftp://x", "//x"])
def test_only_the_addresses_of_pages_become_links(address: str, facts: dict[str, Any]) -> None:
    rendered = render("reservation_confirmed", facts | {"manage_url": address})
    assert Page(rendered.html).links == []
    assert address not in rendered.text


@pytest.mark.parametrize("name", ["Ada\r\nBcc: all@example.com", "Ada\u2028\x00Bcc: x"])
def test_a_subject_is_one_line_whatever_the_name(name: str, facts: dict[str, Any]) -> None:
    subject = render("reservation_confirmed", facts | {"restaurant": name}).subject
    assert subject.isprintable()
    assert subject.startswith("Your table at Ada Bcc: ")


def test_text_is_not_escaped_as_html(facts: dict[str, Any]) -> None:
    rendered = render("reservation_confirmed", facts | {"restaurant": "Fish & Chips <1>"})
    assert rendered.subject.startswith("Your table at Fish & Chips <1>, ")
    assert "\nFish & Chips <1>\n" in rendered.text


@pytest.mark.parametrize(
    ("refund", "percent", "sentence"),
    [
        ("50.00", 100, "We are returning $50.00 (100 % of your deposit) to the card"),
        ("25.00", 50, "We are returning $25.00 (50 % of your deposit) to the card"),
        ("0", 0, "the deposit is not returned"),
    ],
)
def test_a_cancellation_says_what_comes_back(
    refund: str, percent: int, sentence: str, facts: dict[str, Any]
) -> None:
    facts |= {"refund_amount": refund, "refund_percent": percent}
    rendered = render("reservation_cancelled", facts)
    assert sentence in rendered.text
    assert sentence in Page(rendered.html).text.replace("\xa0", " ")


def test_a_cancellation_without_a_deposit_does_not_speak_of_money(facts: dict[str, Any]) -> None:
    facts |= {"deposit": "0", "refund_amount": "0", "refund_percent": 0}
    rendered = render("reservation_cancelled", facts)
    assert "deposit" not in (rendered.text + rendered.html).lower()


def test_messages_are_in_english_whatever_page_the_guest_was_on(facts: dict[str, Any]) -> None:
    with translation.override("fr"):
        assert "Sunday 22 November" in render("reservation_confirmed", facts).text


def test_pages_for_mail_programs_need_nothing_from_elsewhere(facts: dict[str, Any]) -> None:
    source = render("reservation_confirmed", facts).html
    page = Page(source)
    assert page.links == ["https://couvert.example/booking/abc"]
    assert '<html lang="en">' in source
    assert "prefers-color-scheme: dark" in source
    assert not set(page.tags) & {"script", "img", "link", "iframe", "form"}


def test_there_is_a_template_for_every_kind_and_no_other() -> None:
    kinds = set(KINDS)
    for ending in (".subject.txt", ".txt", ".html"):
        names = {path.name.removesuffix(ending) for path in TEMPLATES.glob(f"[a-z]*{ending}")}
        assert {name for name in names if "." not in name} == kinds


def test_a_kind_nobody_wrote_is_an_error(facts: dict[str, Any]) -> None:
    with pytest.raises(TemplateDoesNotExist):
        render("reservation_invented", facts)


def test_a_message_is_written_in_its_readers_language(facts: dict[str, Any]) -> None:
    rendered = render("reservation_confirmed", facts, "fr")
    assert "dimanche 22 novembre 2026 à 00:30" in rendered.text
    assert '<html lang="fr">' in rendered.html
    assert translation.get_language() == "en"


TROUBLE = {
    "endpoint": "whe_1",
    "url": "https://partner.example/hook",
    "reason": "It answered 410 Gone.",
    "installation": "https://book.example",
}
OTHER_KINDS: dict[str, dict[str, Any]] = {
    "payment_requested": {"payment": "35"},
    "payment_received": {"payment": "35"},
    "fee_charged": {"payment": "35"},
    "hold_refused": {"payment": "35"},
    "guest_running_late": {"minutes": 15, "guest_phone": "+12125550188"},
    "guest_wrote": {"note": "We bring a pram", "guest_phone": "+12125550188"},
    "waitlist_joined": {"service_date": "2026-11-21", "earliest": "19:00", "latest": "21:00"},
    "table_ready": {"minutes": 10},
    "queue_joined": {"minutes": 25},
    "answer_refused": {},
    "waitlist_offered": {"minutes": 15},
    "party_requested": {"note": "A birthday", "guest_phone": "+12125550188"},
    "party_request_received": {"note": "A birthday"},
    "sign_in": {"minutes": 20},
    "staff_invited": {"days": 3, "installation": "https://book.example"},
    **{kind: dict(TROUBLE) for kind in TO_INTEGRATORS},
}
NO_LINK = {
    "payment_received",
    "fee_charged",
    "hold_refused",
    *("guest_running_late", "guest_wrote", "party_requested", "party_request_received"),
    *TO_INTEGRATORS,
}


def test_the_other_kinds_are_those_without_a_calendar_entry() -> None:
    assert set(OTHER_KINDS) | set(CALENDAR_METHODS) == set(KINDS)


@pytest.mark.parametrize("kind", OTHER_KINDS)
def test_the_other_kinds_say_the_same_in_text_and_html(kind: str, facts: dict[str, Any]) -> None:
    rendered = render(kind, facts | OTHER_KINDS[kind])
    page = Page(rendered.html)
    said = [str(value) for value in OTHER_KINDS[kind].values() if "2026" not in str(value)]
    for fact in ("Bella Notte", *said):
        assert fact in rendered.text
        assert fact in page.text
    assert page.links == ([] if kind in NO_LINK else [facts["manage_url"]])
    assert not re.search(r"\n{3}|\{[{%]", rendered.text)
    assert "None" not in rendered.text + rendered.html


@pytest.mark.parametrize("kind", OTHER_KINDS)
def test_what_guests_type_stays_text_there_too(kind: str, facts: dict[str, Any]) -> None:
    facts |= OTHER_KINDS[kind]
    harmless = Page(render(kind, facts).html)
    typed = '<script>alert(1)</script>"><img src=x onerror=y>'
    page = Page(render(kind, facts | {"guest_name": typed, "restaurant": typed}).html)
    assert page.tags == harmless.tags
    assert typed in page.text
