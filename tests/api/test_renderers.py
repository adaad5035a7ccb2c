"""Writing JSON: numbers as the contracts print them, and no guessing about dates."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from django.utils.translation import gettext_lazy

from api.renderers import OrjsonRenderer, dumps, json_response


@pytest.mark.parametrize(
    ("amount", "printed"),
    [
        ("50", b"50"),
        ("50.00", b"50"),
        ("4.7", b"4.7"),
        ("4.70", b"4.7"),
        ("0.000", b"0"),
        ("1E+2", b"100"),
    ],
)
def test_a_decimal_is_printed_without_idle_zeros(amount: str, printed: bytes) -> None:
    assert dumps(Decimal(amount)) == printed


def test_text_is_plain_utf8() -> None:
    assert dumps({"name": "Zoë 🥂", "lazy": gettext_lazy("Yes")}) == (
        '{"name":"Zoë 🥂","lazy":"Yes"}'.encode()
    )


@pytest.mark.parametrize(
    "value",
    [
        dt.datetime(2025, 11, 15, 19, tzinfo=dt.UTC),
        dt.date(2025, 11, 15),
        dt.time(19),
        Decimal("NaN"),
        object(),
    ],
)
def test_what_has_no_agreed_form_is_an_error(value: object) -> None:
    with pytest.raises(TypeError):
        dumps({"at": value})


def test_an_answer_has_status_type_and_headers() -> None:
    answer = json_response({"id": 1}, 201, {"Retry-After": "2"})
    assert answer.status_code == 201
    assert answer.headers == {"Content-Type": "application/json", "Retry-After": "2"}
    assert answer.content == b'{"id":1}'


def test_null_is_a_body_and_nothing_is_none() -> None:
    assert json_response(None).content == b"null"
    assert OrjsonRenderer().render(None) == b""
