"""Requests that say they are in another encoding, as the server hands them over."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import RequestFactory

from config.handler import Handler

pytestmark = pytest.mark.django_db


CODECS = ["hex", "rot13", "idna", "punycode", "undefined", "utf-16", "no-such-codec"]
FORM = b'--x\r\nContent-Disposition: form-data; name="q"\r\n\r\n2\r\n--x--\r\n'


def status(environ: dict[str, Any]) -> str:
    """What the server would be told; what escapes Django, escapes here too."""
    told: list[str] = []

    def start(status: str, *_: Any) -> Any:
        told.append(status)

    answer: Any = Handler()(environ, start)
    answer.close()
    return told[0][:3]


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("path", ["/robots.txt?q=%C3%A9%41", "/api/nowhere?q=%C3%A9"])
def test_a_query_is_utf_8_whatever_the_request_says(path: str, codec: str) -> None:
    request = RequestFactory().get(path)
    kind = f"text/plain; charset={codec}"
    assert status(request.environ | {"CONTENT_TYPE": kind}) in ("200", "404")


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("kind", ["multipart/form-data; boundary=x", "text/plain"])
def test_a_form_is_utf_8_whatever_it_says(kind: str, codec: str) -> None:
    request = RequestFactory().generic("POST", "/near/", FORM, kind)
    # Refused for want of a form token, which is looked for in the form.
    assert status(request.environ | {"CONTENT_TYPE": f"{kind}; charset={codec}"}) == "403"


def test_too_many_parameters_are_refused_whatever_the_encoding() -> None:
    request = RequestFactory().get("/?" + "a=1&" * 1001)
    kind = "text/plain; charset=utf-8"
    assert status(request.environ | {"CONTENT_TYPE": kind}) == "400"
