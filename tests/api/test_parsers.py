"""Reading JSON: what is let in, and what is said about everything else."""

from __future__ import annotations

import io
import json

import pytest
from rest_framework.exceptions import ParseError

from api.parsers import MAX_BODY_BYTES, BodyTooLarge, StrictJSONParser, parse_object


def test_an_object_is_read_as_it_stands() -> None:
    body = '{"name": "Zoë 🥂", "partySize": 2, "rating": 4.5, "none": null}'.encode()
    assert parse_object(body) == {"name": "Zoë 🥂", "partySize": 2, "rating": 4.5, "none": None}


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (b"", "The body is not valid JSON: expecting value at line 1, column 1."),
        (
            b'{"date": "2025-11-15",\n "partySize" 2}',
            "The body is not valid JSON: expecting ':' delimiter at line 2, column 14.",
        ),
        (
            b"{'date': 1}",
            (
                "The body is not valid JSON: expecting property name enclosed in double quotes"
                " at line 1, column 2."
            ),
        ),
        (b"[1]", 'Send a JSON object in braces, such as {"partySize": 2}.'),
        (b'"text"', 'Send a JSON object in braces, such as {"partySize": 2}.'),
        (b'{"a": NaN}', "The body is not valid JSON: NaN is not a number."),
        (b'{"a": -Infinity}', "The body is not valid JSON: -Infinity is not a number."),
        (b'{"a": 1e999}', "The body holds a number that is too large."),
        (b'{"a": ' + b"9" * 5000 + b"}", "The body holds a number that is too long."),
        (b'{"a": 1, "a": 2}', "The body gives “a” twice."),
        (b'{"a": "\xff"}', "The body is not valid UTF-8 (at byte 8)."),
        (b'{"name": "a\\u0000b"}', "Text must not contain NUL characters (name)."),
        (
            b'{"pay": [{"type": "a\\u0000b"}]}',
            "Text must not contain NUL characters (type).",
        ),
        (
            b'{"name": "\\ud83d"}',
            "Text must not contain half of a surrogate pair (name).",
        ),
        (b'{"a": ' + b"[" * 30_000 + b"]" * 30_000 + b"}", "The body is nested too deeply."),
    ],
)
def test_anything_else_is_refused_with_a_sentence(body: bytes, sentence: str) -> None:
    with pytest.raises(ParseError) as refusal:
        parse_object(body)
    assert str(refusal.value.detail) == sentence


def test_a_raw_nul_is_no_json() -> None:
    with pytest.raises(ParseError, match="invalid control character at line 1, column 8"):
        parse_object(b'{"a": "\0"}')


def test_escapes_of_ordinary_characters_are_fine() -> None:
    assert parse_object(rb'{"name": "\u00e9\ud83e\udd42 \\u0000"}') == {"name": "é🥂 \\u0000"}


def test_the_largest_body_is_read() -> None:
    filler = "x" * (MAX_BODY_BYTES - len('{"a": ""}'))
    body = json.dumps({"a": filler}).encode()
    assert len(body) == MAX_BODY_BYTES
    assert StrictJSONParser().parse(io.BytesIO(body)) == {"a": filler}


def test_one_byte_more_is_refused_and_read_to_its_end() -> None:
    stream = io.BytesIO(b"{" + b" " * 5_000_000)
    with pytest.raises(BodyTooLarge) as refusal:
        StrictJSONParser().parse(stream)
    assert refusal.value.status_code == 413
    assert str(refusal.value.detail) == "The body is too large. Send at most 64 KiB of JSON."
    assert stream.read() == b""


def test_a_body_without_end_is_not_read_for_ever() -> None:
    stream = io.BytesIO(b" " * 20_000_000)
    with pytest.raises(BodyTooLarge):
        StrictJSONParser().parse(stream)
    assert 8_000_000 < stream.tell() < 9_000_000
