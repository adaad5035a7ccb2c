"""Reading what callers send: strict fields and serializers. Input only.

Answers are plain dicts (rendering through DRF's output serializers costs more than the database
does); serializers that describe them exist for the schema alone.
"""

from __future__ import annotations

import datetime as dt
import difflib
import math
import re
import unicodedata
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, NoReturn, Self

from django.core.validators import ProhibitNullCharactersValidator
from django.http import QueryDict
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.validators import ProhibitSurrogateCharactersValidator

_ID = re.compile(r"[A-Za-z0-9_-]{1,40}")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_TIME = re.compile(r"([01]\d|2[0-3]):([0-5]\d)", re.ASCII)
_INTEGER = re.compile(r"-?\d+", re.ASCII)
_DECIMAL = re.compile(r"-?\d+(\.\d+)?", re.ASCII)
_MOST_DIGITS = 18
"""Beyond every limit we set; longer ones are not even converted."""
_UNKNOWN_SHOWN = 10
ABSENT = {
    "required": "This field is missing.",
    "null": "This field must not be null.",
}
"""What every field says of itself when it is not there. A field's other sentences are its own, so
that none of the framework's gets out."""

_BOUNDS = {
    "min_value": "Send at least {min_value}.",
    "max_value": "Send at most {max_value}.",
    "max_string_length": "This number is too long.",
    "overflow": "This number is too large.",
}
_LENGTHS = {
    "min_length": "Send at least {min_length} characters.",
    "max_length": "Send at most {max_length} characters.",
}


class StrictSerializer(serializers.Serializer[Any]):
    """A request, field by field; an unknown field is an error that names the nearest known one.

    Declare the wire's names and give the domain's by ``source``: the result can then be handed
    to a service as keyword arguments. Holds no state between requests, so ``validate`` and
    ``validate_<field>`` must keep none either.
    """

    default_error_messages = {**ABSENT, "invalid": "Send an object in braces."}

    @classmethod
    def read(cls, data: Any) -> dict[str, Any]:
        """The validated content of a JSON body. Raises DRF's ``ValidationError``."""
        result: dict[str, Any] = cls._shared(query=False).run_validation(data)
        return result

    @classmethod
    def read_query(cls, query: QueryDict) -> dict[str, Any]:
        """The validated content of a query string, where numbers arrive as text."""
        errors = {name: ["Send this once only."] for name in query if len(query.getlist(name)) > 1}
        if errors:
            raise serializers.ValidationError(errors)
        result: dict[str, Any] = cls._shared(query=True).run_validation(dict(query.items()))
        return result

    @classmethod
    @cache
    def _shared(cls, *, query: bool) -> Self:
        """One instance per class: building the fields takes longer than validating with them."""
        shared = cls(context={"query": query})
        _ = shared.fields
        return shared

    def to_internal_value(self, data: Any) -> Any:
        """What DRF does, and a complaint about every field that is not declared."""
        if not isinstance(data, Mapping):
            self.fail("invalid")
        errors: dict[str, Any] = {
            str(name)[:40]: [self._unknown(str(name))]
            for name in [name for name in data if name not in self.fields][:_UNKNOWN_SHOWN]
        }
        try:
            value = super().to_internal_value(data)
        except serializers.ValidationError as error:
            if isinstance(error.detail, dict):
                errors |= error.detail
        if errors:
            raise serializers.ValidationError(errors)
        return value

    def _unknown(self, name: str) -> str:
        known = {str(field).lower().replace("_", ""): field for field in self.fields}
        plain = name[:40].lower().replace("_", "")
        near = difflib.get_close_matches(plain, known, n=1, cutoff=0.6)
        return f"Unknown field. Did you mean {known[near[0]]}?" if near else "Unknown field."


_CONTROL_CHARACTERS = "This holds control characters. Remove them."


class _TextOnly(serializers.CharField):
    """A string and nothing that could be turned into one; the input's own checks come on top."""

    default_error_messages = {
        **ABSENT,
        **_LENGTHS,
        "invalid": "Send text in quotes.",
        "blank": "This must not be empty.",
    }

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        _speak_plainly(self)

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


def _speak_plainly(field: serializers.CharField) -> None:
    """Our own sentence for the framework's checks of characters PostgreSQL would refuse."""
    for validator in field.validators:
        if isinstance(validator, ProhibitNullCharactersValidator):
            validator.message = _CONTROL_CHARACTERS
        elif isinstance(validator, ProhibitSurrogateCharactersValidator):
            validator.message = "This holds half of a surrogate pair. Remove it."


class PersonText(_TextOnly):
    """What a person writes about themselves: any script and emoji, no control characters.

    Trimmed and in Unicode's composed form (NFC), so that equal texts are equal. With
    ``multiline`` line breaks and tabs are kept, line breaks as ``\\n``.
    """

    def __init__(self, *, max_length: int, multiline: bool = False, **kwargs: Any) -> None:
        self.multiline = multiline
        super().__init__(max_length=max_length, **kwargs)

    def to_internal_value(self, data: Any) -> Any:
        text = unicodedata.normalize("NFC", super().to_internal_value(data))
        if self.multiline:
            text = text.replace("\r\n", "\n").replace("\r", "\n")
        allowed = "\n\t" if self.multiline else ""
        if any(c not in allowed and unicodedata.category(c) in ("Cc", "Cs") for c in text):
            raise serializers.ValidationError(_CONTROL_CHARACTERS)
        if text and all(unicodedata.category(c)[0] in "CZ" for c in text):
            self.fail("blank")
        return text


class EmailAddress(serializers.EmailField):
    """An e-mail address, as text."""

    default_error_messages = {
        **ABSENT,
        **_LENGTHS,
        "invalid": "This is not an e-mail address.",
        "blank": "This must not be empty.",
    }

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 254)
        super().__init__(**kwargs)
        _speak_plainly(self)

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class SecretText(_TextOnly):
    """A password or token: kept exactly as sent, spaces included, and never in an answer."""

    def __init__(self, *, max_length: int = 128, **kwargs: Any) -> None:
        super().__init__(max_length=max_length, trim_whitespace=False, write_only=True, **kwargs)


@extend_schema_field({"type": "string", "pattern": f"^{_ID.pattern}$"})
class PublicIdField(_TextOnly):
    """The shape of one of our public ids. Whether it exists is the service's to say (404).

    An id is a name, not prose: one with a blank before or after it is another one, and refused.

    ``prefix`` is only for the error message and the schema: an id of the wrong kind is simply
    not found.
    """

    def __init__(self, prefix: str, **kwargs: Any) -> None:
        self.prefix = prefix
        kwargs.setdefault("help_text", f"Public id, such as {prefix}_…")
        super().__init__(max_length=40, trim_whitespace=False, **kwargs)

    def to_internal_value(self, data: Any) -> Any:
        text = super().to_internal_value(data)
        if not _ID.fullmatch(text):
            self._refuse()
        return text

    def _refuse(self) -> NoReturn:
        raise serializers.ValidationError(f"This is not an id. Ids look like {self.prefix}_7m2k….")


class OneOf(serializers.ChoiceField):
    """One of a few words; ``sentence`` names them to whoever sends another one."""

    default_error_messages = {**ABSENT}

    def __init__(self, choices: Sequence[str], *, sentence: str, **kwargs: Any) -> None:
        super().__init__(choices=choices, error_messages={"invalid_choice": sentence}, **kwargs)

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, str):
            self.fail("invalid_choice")
        return super().to_internal_value(data)


class ListOf(serializers.ListField):
    """A JSON list of values of one kind."""

    default_error_messages = {
        **ABSENT,
        "not_a_list": "Send a list in brackets.",
        "empty": "Send at least one.",
        "min_length": "Send at least {min_length} of them.",
        "max_length": "Send at most {max_length} of them.",
    }

    def __init__(self, child: serializers.Field[Any, Any, Any, Any], **kwargs: Any) -> None:
        super().__init__(child=child, **kwargs)


class WholeNumber(serializers.IntegerField):
    """An integer: not ``"2"``, not ``2.0``, not ``true``. In a query string, digits."""

    default_error_messages = {
        **ABSENT,
        **_BOUNDS,
        "invalid": "Send a whole number, without quotes.",
    }

    def __init__(self, *, min_value: int, max_value: int, **kwargs: Any) -> None:
        super().__init__(min_value=min_value, max_value=max_value, **kwargs)

    def to_internal_value(self, data: Any) -> int:
        if self.context.get("query") and isinstance(data, str) and _INTEGER.fullmatch(data):
            if len(data) > _MOST_DIGITS:
                bound = "min_value" if data.startswith("-") else "max_value"
                self.fail(bound, min_value=self.min_value, max_value=self.max_value)
            return int(data)
        # bool is an int to Python.
        if type(data) is not int:
            raise serializers.ValidationError(self._message())
        return data

    def _message(self) -> str:
        query = self.context.get("query")
        return "Send a whole number." if query else str(self.error_messages["invalid"])


class AnyJson(serializers.JSONField):
    """Whatever JSON can say, where what it says is looked at elsewhere."""

    default_error_messages = {**ABSENT, "invalid": "Send JSON."}


class YesNo(serializers.BooleanField):
    """``true`` or ``false``: not ``"true"``, not ``1``. In a query string, the words."""

    default_error_messages = {**ABSENT, "invalid": "Send true or false, without quotes."}

    def to_internal_value(self, data: Any) -> bool:
        if self.context.get("query") and data in ("true", "false"):
            return bool(data == "true")
        if type(data) is not bool:
            self.fail("invalid")
        return bool(data)


class RealNumber(serializers.FloatField):
    """A finite number: not ``"2"`` and not ``true``. In a query string, digits."""

    default_error_messages = {
        **ABSENT,
        **_BOUNDS,
        "invalid": "Send a number.",
    }

    def to_internal_value(self, data: Any) -> float:
        if self.context.get("query") and isinstance(data, str):
            # Python reads 1_0, infinity and digits of every script as well.
            if not _DECIMAL.fullmatch(data):
                self.fail("invalid")
        elif type(data) not in (int, float):
            self.fail("invalid")
        value: float = super().to_internal_value(data)
        if not math.isfinite(value):
            self.fail("invalid")
        return value


@extend_schema_field({"type": "string", "format": "date"})
class ServiceDateField(serializers.Field[dt.date, str, str, Any]):
    """A calendar day of the restaurant, ``YYYY-MM-DD`` and no other form of ISO 8601.

    Of the years 1900 to 2999: beyond are days that the calendar has but no clock can reach, such
    as the evening of 31 December 9999 in UTC.
    """

    default_error_messages = {
        **ABSENT,
        "invalid": "Send the date as YYYY-MM-DD, such as 2025-11-15.",
        "no_such_day": "There is no such day.",
        "out_of_range": "Send a date of the years 1900 to 2999.",
    }

    def to_internal_value(self, data: Any) -> dt.date:
        if not isinstance(data, str) or not _DATE.fullmatch(data):
            self.fail("invalid")
        try:
            date = dt.date.fromisoformat(data)
        except ValueError:
            self.fail("no_such_day")
        if not 1900 <= date.year <= 2999:
            self.fail("out_of_range")
        return date

    def to_representation(self, value: dt.date) -> str:
        return value.isoformat()


@extend_schema_field({"type": "string", "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$"})
class WallTimeField(serializers.Field[dt.time, str, str, Any]):
    """A time on the restaurant's clock, ``HH:MM`` and nothing else."""

    default_error_messages = {
        **ABSENT,
        "invalid": "Send the time as HH:MM, such as 19:00.",
    }

    def to_internal_value(self, data: Any) -> dt.time:
        if not isinstance(data, str) or not (match := _TIME.fullmatch(data)):
            self.fail("invalid")
        return dt.time(int(match[1]), int(match[2]))

    def to_representation(self, value: dt.time) -> str:
        return value.strftime("%H:%M")
