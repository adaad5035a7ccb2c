"""Strict reading of fields: no conversions, no unknown names, a sentence for each mistake."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from django.core import validators as django_validators
from django.http import QueryDict
from django.urls import get_resolver
from rest_framework import fields as rest_fields
from rest_framework import serializers
from rest_framework import validators as rest_validators

from api.errors import flatten
from api.serializers import (
    EmailAddress,
    ListOf,
    OneOf,
    PersonText,
    PublicIdField,
    RealNumber,
    SecretText,
    ServiceDateField,
    StrictSerializer,
    WallTimeField,
    WholeNumber,
)

ARABIC_DIGITS = "\u0662\u0660\u0662\u0665"
"""2025 to Python's ``int`` and ``\\d``, but not to anybody who reads our dates."""


class Card(StrictSerializer):
    last4 = PersonText(max_length=4)


class Asked(StrictSerializer):
    restaurantId = PublicIdField("rest", source="restaurant", required=False)  # noqa: N815
    date = ServiceDateField(source="service_date", required=False)
    time = WallTimeField(required=False)
    partySize = WholeNumber(  # noqa: N815
        min_value=1, max_value=1000, source="party_size", required=False
    )
    name = PersonText(max_length=20, required=False, allow_blank=True)
    note = PersonText(max_length=40, multiline=True, required=False)
    email = EmailAddress(required=False)
    password = SecretText(required=False)
    card = Card(required=False)


class Place(StrictSerializer):
    latitude = RealNumber(min_value=-90, max_value=90)


class Wishes(StrictSerializer):
    kinds = ListOf(PersonText(max_length=4), min_length=1, max_length=2, required=False)
    answer = OneOf(["yes", "no"], sentence="Send yes or no.", required=False)


class Needed(StrictSerializer):
    partySize = WholeNumber(min_value=1, max_value=12)  # noqa: N815
    date = ServiceDateField()


def complaints(data: Any, shape: type[StrictSerializer] = Asked) -> dict[str, str]:
    with pytest.raises(serializers.ValidationError) as refusal:
        shape.read(data)
    return flatten(refusal.value.detail)


def in_query(shape: type[StrictSerializer] = Asked, **parameters: str) -> dict[str, str]:
    with pytest.raises(serializers.ValidationError) as refusal:
        shape.read_query(QueryDict(urlencode(parameters)))
    return flatten(refusal.value.detail)


def test_a_good_request_comes_out_in_the_domains_words() -> None:
    asked = {
        "restaurantId": "rest_001",
        "date": "2024-02-29",
        "time": "19:00",
        "partySize": 2,
        "card": {"last4": "4242"},
    }
    assert Asked.read(asked) == {
        "restaurant": "rest_001",
        "service_date": dt.date(2024, 2, 29),
        "time": dt.time(19),
        "party_size": 2,
        "card": {"last4": "4242"},
    }


def test_missing_and_null_fields_are_named() -> None:
    assert complaints({"date": None}, Needed) == {
        "partySize": "This field is missing.",
        "date": "This field must not be null.",
    }


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("partysize", "Unknown field. Did you mean partySize?"),
        ("party_size", "Unknown field. Did you mean partySize?"),
        ("partySzie", "Unknown field. Did you mean partySize?"),
        ("restaurant", "Unknown field. Did you mean restaurantId?"),
        ("frobnicate", "Unknown field."),
    ],
)
def test_an_unknown_field_is_named_with_the_nearest_known_one(name: str, sentence: str) -> None:
    assert complaints({name: 2}) == {name: sentence}


def test_unknown_and_wrong_fields_are_told_together() -> None:
    assert complaints({"partySize": "2", "tyme": "19:00"}) == {
        "tyme": "Unknown field. Did you mean time?",
        "partySize": "Send a whole number, without quotes.",
    }


def test_a_thousand_unknown_fields_are_not_all_repeated() -> None:
    assert len(complaints({f"{number}" * 60: 1 for number in range(1000)})) == 10


@pytest.mark.parametrize("value", ["2", 2.0, 1e9, True, [2], {}, ""])
def test_only_an_integer_is_a_whole_number(value: object) -> None:
    assert complaints({"partySize": value}) == {"partySize": "Send a whole number, without quotes."}


def test_whole_numbers_have_bounds() -> None:
    assert complaints({"partySize": 0}) == {"partySize": "Send at least 1."}
    assert complaints({"partySize": -1}) == {"partySize": "Send at least 1."}
    assert complaints({"partySize": 1_000_000_000}) == {"partySize": "Send at most 1000."}


@pytest.mark.parametrize(
    "value",
    ["15.11.2025", "2025-11-15T00:00:00Z", "20251115", "2025-W46-6", " 2025-11-15", "2025-11-15\n",
     ARABIC_DIGITS + "-11-15", 20251115, [], "tomorrow"],
)  # fmt: skip
def test_a_date_has_one_form(value: object) -> None:
    assert complaints({"date": value}) == {
        "date": "Send the date as YYYY-MM-DD, such as 2025-11-15."
    }


@pytest.mark.parametrize("value", ["2025-02-29", "2025-13-01", "2025-00-10", "0000-01-01"])
def test_a_date_must_exist(value: str) -> None:
    assert complaints({"date": value}) == {"date": "There is no such day."}


@pytest.mark.parametrize("value", ["0001-01-01", "1899-12-31", "3000-01-01", "9999-12-31"])
def test_a_date_is_one_that_clocks_can_reach(value: str) -> None:
    assert complaints({"date": value}) == {"date": "Send a date of the years 1900 to 2999."}


@pytest.mark.parametrize(
    "value",
    ["7pm", "19:00:00", "24:00", "19:60", "9:00", "19:00\n", 1900, f"19:{ARABIC_DIGITS[:2]}"],
)
def test_a_time_has_one_form(value: object) -> None:
    assert complaints({"time": value}) == {"time": "Send the time as HH:MM, such as 19:00."}


@pytest.mark.parametrize(
    "value",
    [
        " rest_001",
        "rest_001 ",
        "rest_001\n",
        " ",
        "x" * 41,
        "rest 001",
        "rest_001;",
        "a/b",
        "ресторан",
        "a\nb",
    ],
)
def test_an_id_of_strange_characters_is_refused(value: str) -> None:
    assert complaints({"restaurantId": value}) == {
        "restaurantId": "This is not an id. Ids look like rest_7m2k…."
    }


def test_whether_an_id_exists_is_not_the_fields_business() -> None:
    assert Asked.read({"restaurantId": "user_1"}) == {"restaurant": "user_1"}
    assert complaints({"restaurantId": 1}) == {"restaurantId": "Send text in quotes."}


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("Zoë 🥂 李小龍", "Zoë 🥂 李小龍"),
        ("👩‍👩‍👧", "👩‍👩‍👧"),
        ("  Ada  ", "Ada"),
        ("Zoe\u0308", "Zoë"),
        ("", ""),
        ("   ", ""),
    ],
)
def test_names_may_be_in_any_script(written: str, kept: str) -> None:
    assert Asked.read({"name": written}) == {"name": kept}


@pytest.mark.parametrize("written", ["A\x07da", "A\nda", "A\x7fda", "A\x85da", "A\tda"])
def test_control_characters_are_refused(written: str) -> None:
    assert complaints({"name": written}) == {"name": "This holds control characters. Remove them."}


def test_nul_is_refused() -> None:
    assert "name" in complaints({"name": "A\0da"})


def test_a_name_of_invisible_characters_is_empty() -> None:
    assert complaints({"name": "\u200b\u2060"}) == {"name": "This must not be empty."}


def test_a_note_keeps_its_line_breaks() -> None:
    assert Asked.read({"note": "Window seat\r\nplease"}) == {"note": "Window seat\nplease"}


def test_text_has_a_length() -> None:
    assert complaints({"name": "x" * 21}) == {"name": "Send at most 20 characters."}


@pytest.mark.parametrize("value", [1, True, ["a"], {"a": 1}])
def test_text_is_nothing_but_text(value: object) -> None:
    assert complaints({"name": value}) == {"name": "Send text in quotes."}
    assert complaints({"email": value}) == {"email": "This is not an e-mail address."}


def test_a_password_is_kept_as_typed() -> None:
    assert Asked.read({"password": "  p w  "}) == {"password": "  p w  "}


def test_nested_objects_are_strict_too() -> None:
    assert complaints({"card": {"last4": "42424", "lats4": 1}}) == {
        "card.lats4": "Unknown field. Did you mean last4?",
        "card.last4": "Send at most 4 characters.",
    }
    assert complaints({"card": "4242"}) == {"card": "Send an object in braces."}


def test_in_a_query_numbers_are_digits() -> None:
    assert Asked.read_query(QueryDict("partySize=2&name=Ada")) == {"party_size": 2, "name": "Ada"}
    for text in ("2.0", "two", "1e9", "", "٢", "+2", "1_0", "0x2", " 2", "-"):
        assert in_query(partySize=text) == {"partySize": "Send a whole number."}


@pytest.mark.parametrize("digits", [4, 18, 19, 40, 5000])
def test_a_huge_number_in_a_query_is_told_the_bound(digits: int) -> None:
    assert in_query(partySize="9" * digits) == {"partySize": "Send at most 1000."}
    assert in_query(partySize="-" + "9" * digits) == {"partySize": "Send at least 1."}


@pytest.mark.parametrize("text", ["nan", "Infinity", "1_0", "٢", "", "1e3", "9" * 400])
def test_a_real_number_in_a_query_is_digits_with_a_point(text: str) -> None:
    assert in_query(Place, latitude=text) == {"latitude": "Send a number."}


def test_real_numbers_have_bounds() -> None:
    assert Place.read_query(QueryDict("latitude=-40.5")) == {"latitude": -40.5}
    assert complaints({"latitude": 90.1}, Place) == {"latitude": "Send at most 90."}
    assert complaints({"latitude": 10**400}, Place) == {"latitude": "This number is too large."}
    for odd in ("1", True, float("nan"), float("inf"), [1]):
        assert complaints({"latitude": odd}, Place) == {"latitude": "Send a number."}


def test_in_a_query_nothing_is_said_twice() -> None:
    with pytest.raises(serializers.ValidationError) as refusal:
        Asked.read_query(QueryDict("name=a&name=b"))
    assert flatten(refusal.value.detail) == {"name": "Send this once only."}


def test_reading_leaves_no_trace_for_the_next_request() -> None:
    Asked.read({"name": "Ada"})
    assert complaints({"partySize": "x"}) == {"partySize": "Send a whole number, without quotes."}
    assert Asked.read({}) == {}


def test_a_list_is_a_list_of_a_certain_length() -> None:
    assert Wishes.read({"kinds": ["a", "b"]}) == {"kinds": ["a", "b"]}
    for odd in ("ab", {"a": 1}, 1, True):
        assert complaints({"kinds": odd}, Wishes) == {"kinds": "Send a list in brackets."}
    assert complaints({"kinds": None}, Wishes) == {"kinds": "This field must not be null."}
    assert complaints({"kinds": []}, Wishes) == {"kinds": "Send at least 1 of them."}
    assert complaints({"kinds": ["a"] * 3}, Wishes) == {"kinds": "Send at most 2 of them."}
    assert complaints({"kinds": ["a", 1]}, Wishes) == {"kinds.1": "Send text in quotes."}
    assert complaints({"kinds": ["abcde"]}, Wishes) == {"kinds.0": "Send at most 4 characters."}


@pytest.mark.parametrize("odd", ["maybe", "", "YES", ["yes"], {"yes": 1}, True, 1])
def test_a_choice_names_what_can_be_chosen(odd: object) -> None:
    assert complaints({"answer": odd}, Wishes) == {"answer": "Send yes or no."}
    assert complaints({"answer": None}, Wishes) == {"answer": "This field must not be null."}


def test_a_nested_object_must_be_there_if_it_is_named() -> None:
    assert complaints({"card": None}) == {"card": "This field must not be null."}


# --- Every request of the API ---------------------------------------------------------------------


def shapes_of(kind: type[StrictSerializer]) -> Iterator[type[StrictSerializer]]:
    for shape in kind.__subclasses__():
        if shape.__module__.startswith("api."):
            yield shape
        yield from shapes_of(shape)


def fields_of(field: Any) -> Iterator[Any]:
    yield field
    for child in (*getattr(field, "fields", {}).values(), getattr(field, "child", None)):
        if child is not None:
            yield from fields_of(child)


def sentences_of(module: Any, name: str) -> set[str]:
    found: set[str] = set()
    for thing in vars(module).values():
        said = getattr(thing, name, None)
        found |= set(map(str, said.values() if isinstance(said, dict) else [said] if said else []))
    return found


FOREIGN = (
    sentences_of(rest_fields, "default_error_messages")
    | sentences_of(serializers, "default_error_messages")
    | sentences_of(rest_validators, "message")
    | sentences_of(django_validators, "message")
)


def test_no_sentence_of_a_framework_can_reach_a_caller() -> None:
    assert get_resolver().url_patterns  # every dialect is loaded
    shapes = list(shapes_of(StrictSerializer))
    assert len(shapes) > 10
    assert "Not a valid string." in FOREIGN
    assert "Null characters are not allowed." in FOREIGN
    for shape in shapes:
        for field in fields_of(shape()):
            said = {str(text) for text in field.error_messages.values()}
            said |= {str(v.message) for v in field.validators if hasattr(v, "message")}
            where = f"{shape.__name__}.{field.field_name}"
            assert not said & FOREIGN, (where, said & FOREIGN)
            assert not any(text.startswith("Ensure") for text in said), where
