"""Whatever the engine refuses for, a guest is told in a word and in a sentence."""

from __future__ import annotations

import pytest

from reservations.engine.types import Reason, Refusal
from reservations.sentences import FULL, NO_TABLE, sentence
from reservations.views.why import IN_A_WORD, in_a_sentence, in_a_word, is_full, of_a_day

FACTS = {"limit": 4}
LONGEST_WORD = 12
"""What fits under a time on a small screen."""


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_has_a_word_that_fits_under_a_time(reason: Reason) -> None:
    word = IN_A_WORD[reason]
    assert word[0].isupper()
    assert len(word) <= LONGEST_WORD


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_has_a_sentence_with_its_facts(reason: Reason) -> None:
    text = sentence(Refusal(reason, FACTS))
    assert text == NO_TABLE or (text[0].isupper() and text.endswith("."))
    assert "{" not in text
    assert "…" not in text


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_has_a_sentence_for_the_one_who_looks(reason: Reason) -> None:
    figures: dict[str, int | str] = {"limit": 4, "asked": 2, "places": 3, "minutes": 90}
    for facts in ({}, figures | {"note": "Wedding."}):
        text = in_a_sentence(Refusal(reason, facts))
        assert text[0].isupper()
        assert text.endswith(".")
        assert "%" not in text
        assert of_a_day(Refusal(reason, facts))[0].islower()


def test_full_is_said_only_of_what_is_full() -> None:
    said = {reason for reason in Reason if IN_A_WORD[reason] == "Full"}
    assert said == FULL - {Reason.CLOSURE, Reason.PRIVATE}
    assert {reason for reason in Reason if sentence(Refusal(reason)) == NO_TABLE} == said


@pytest.mark.parametrize("reason", [Reason.CUT_OFF, Reason.PREPAYMENT_NOT_SET_UP])
def test_who_is_sent_to_the_telephone_is_told_so_in_the_word_too(reason: Reason) -> None:
    assert IN_A_WORD[reason] == "By phone"
    assert "call" in sentence(Refusal(reason))


@pytest.mark.parametrize(
    "reason",
    [Reason.SERVICE_FULL, Reason.PACING_COVERS, Reason.ONLINE_PACING_COVERS, Reason.SEATS_TAKEN],
)
def test_a_party_no_empty_book_could_take_is_too_large_and_nothing_is_full(reason: Reason) -> None:
    never = Refusal(reason, {"limit": 10, "used": 0, "asked": 12})
    assert in_a_word(never) == "Too many"
    assert in_a_sentence(never) == "The largest party that can be booked here online is 10."
    assert of_a_day(never) == "not for so many guests"
    assert (is_full(never), is_full(Refusal(reason, {"limit": 10, "used": 4, "asked": 8}))) == (
        False,
        True,
    )
