"""JSON bytes to Python values: strict, bounded, with a sentence for everything that is wrong."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from typing import IO, Any, NoReturn

from django.http import UnreadablePostError
from rest_framework.exceptions import APIException, ParseError
from rest_framework.parsers import BaseParser

MAX_BODY_BYTES = 64 * 1024
"""A booking with forty guests' allergies is about 8 KiB."""

DRAIN_BYTES = 8 * 1024 * 1024
"""How much of a body that is too long is read and thrown away, so that the caller, who is still
sending, gets to read the answer instead of a broken connection."""

_CHUNK = 64 * 1024


class BodyTooLarge(APIException):
    """The body is longer than any request of this API can be; the rest of it was not read."""

    status_code = 413
    default_detail = f"The body is too large. Send at most {MAX_BODY_BYTES // 1024} KiB of JSON."
    default_code = "body_too_large"


class StrictJSONParser(BaseParser):
    """Reads one JSON object of at most ``MAX_BODY_BYTES``.

    Raises :class:`BodyTooLarge` (413) or ``ParseError`` (400) whose text says what is wrong and
    where. Refuses what lenient parsers let through and what PostgreSQL then trips over: NaN and
    Infinity, a name given twice, NUL, half of a surrogate pair.
    """

    media_type = "application/json"

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """The object in ``stream``."""
        try:
            body = stream.read(MAX_BODY_BYTES + 1)
            if len(body) > MAX_BODY_BYTES:
                _drain(stream)
                raise BodyTooLarge
        except UnreadablePostError as error:
            raise ParseError("The body ended early. Send it again.") from error
        return parse_object(body)


def parse_object(body: bytes) -> dict[str, Any]:
    """The JSON object in ``body``, or ``ParseError`` with a sentence."""
    try:
        text = body.decode()
    except UnicodeDecodeError as error:
        raise ParseError(f"The body is not valid UTF-8 (at byte {error.start + 1}).") from error
    data = _load(text)
    if not isinstance(data, dict):
        raise ParseError('Send a JSON object in braces, such as {"partySize": 2}.')
    # Only an escape can smuggle in what UTF-8 and JSON forbid as plain characters.
    if "\\u" in text:
        for where, value in _strings(data):
            _check_characters(where, value)
    return data


def _load(text: str) -> Any:
    try:
        return json.loads(
            text,
            object_pairs_hook=_object,
            parse_constant=_refuse_constant,
            parse_float=_finite_float,
        )
    except json.JSONDecodeError as error:
        reason = error.msg[:1].lower() + error.msg[1:].removesuffix(" at")
        where = f"at line {error.lineno}, column {error.colno}"
        raise ParseError(f"The body is not valid JSON: {reason} {where}.") from error
    except RecursionError as error:
        raise ParseError("The body is nested too deeply.") from error
    except ValueError as error:  # an integer of more digits than Python converts
        raise ParseError("The body holds a number that is too long.") from error


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        seen: set[str] = set()
        for name, _ in pairs:
            if name in seen:
                raise ParseError(f"The body gives “{name[:40]}” twice.")
            seen.add(name)
    return result


def _refuse_constant(name: str) -> NoReturn:
    raise ParseError(f"The body is not valid JSON: {name} is not a number.")


def _finite_float(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise ParseError("The body holds a number that is too large.")
    return number


def _strings(data: Any) -> Iterator[tuple[str, str]]:
    """Every string in ``data``, names included, with the name it stands under."""
    todo: list[tuple[str, Any]] = [("", data)]
    while todo:
        where, value = todo.pop()
        if isinstance(value, str):
            yield where, value
        elif isinstance(value, dict):
            for name, child in value.items():
                yield "a name", name
                todo.append((name, child))
        elif isinstance(value, list):
            todo.extend((where, child) for child in value)


def _check_characters(where: str, value: str) -> None:
    if "\0" in value:
        raise ParseError(f"Text must not contain NUL characters ({where[:40]}).".replace("\0", ""))
    if any("\ud800" <= character <= "\udfff" for character in value):
        safe = where[:40].encode(errors="replace").decode()
        raise ParseError(f"Text must not contain half of a surrogate pair ({safe}).")


def _drain(stream: IO[Any]) -> None:
    left = DRAIN_BYTES
    while left > 0 and (chunk := stream.read(_CHUNK)):
        left -= len(chunk)
