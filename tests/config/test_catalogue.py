"""The French catalogue is complete, sure of itself and compiled from what stands in it."""

from __future__ import annotations

import re

import pytest

from config import catalogue
from config.catalogue import LANGUAGES, compiled, extracted, is_done, po_file

in_every_language = pytest.mark.parametrize("language", LANGUAGES)
_PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%%s|%s|\{\w+\}|</?\w+")


def _forms(text: object) -> tuple[str, ...]:
    return text if isinstance(text, tuple) else (str(text),)


@in_every_language
def test_every_message_of_the_code_is_translated(language: str) -> None:
    kept = catalogue.catalogue(language)
    wanted = {(message.id, message.context) for message in extracted() if message.id}
    done = {(m.id, m.context) for m in kept if m.id and is_done(m)}
    assert len(wanted) > 600
    assert wanted - done == set()


@in_every_language
def test_nothing_is_kept_that_nobody_says(language: str) -> None:
    wanted = {(message.id, message.context) for message in extracted() if message.id}
    kept = {(m.id, m.context) for m in catalogue.catalogue(language) if m.id}
    assert kept - wanted == set()


@in_every_language
def test_the_compiled_file_is_the_written_one(language: str) -> None:
    expected = compiled(catalogue.catalogue(language))
    assert po_file(language).with_suffix(".mo").read_bytes() == expected


@in_every_language
def test_a_translation_says_the_same_facts(language: str) -> None:
    wrong = [
        message.id
        for message in catalogue.catalogue(language)
        if message.id
        and sorted(_PLACEHOLDER.findall(_forms(message.id)[-1]))
        != sorted(_PLACEHOLDER.findall(_forms(message.string)[-1]))
    ]
    assert wrong == []


def test_french_is_set_as_french() -> None:
    """No-break spaces before high punctuation and inside guillemets; curly apostrophes."""
    texts = [t for m in catalogue.catalogue("fr") if m.id for t in _forms(m.string)]
    markup = re.compile(r"<[^>]+>|%\(\w+\)[sd]")
    loose = re.compile(r"(?<![\u202f\u00a0(])[;!?»]|(?<=\w):(?=\s|$)| [:;!?»]|« |'|\w\"")
    assert [text for text in texts if loose.search(markup.sub("x", text))] == []


def test_words_in_f_strings_and_templates_are_found() -> None:
    ids = {message.id for message in extracted()}
    assert "Your payment is being refunded in full." in ids
    assert "Skip to the content" in ids
    assert ("%(number)d guest", "%(number)d guests") in ids
