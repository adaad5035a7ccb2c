from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from core import http as partners
from core.http import JsonClient, Lost


class _Partner:
    """A server that says one thing."""

    def __init__(self) -> None:
        self.status, self.body, self.headers = 200, b"{}", dict[str, str]()
        self.seen: list[tuple[str, str, bytes, dict[str, str]]] = []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def answer(self) -> None:
                raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                outer.seen.append((self.command, self.path, raw, dict(self.headers)))
                self.send_response(outer.status)
                for name, value in outer.headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(outer.body)

            do_GET = answer  # noqa: N815 - as the library calls it
            do_POST = answer  # noqa: N815

            def log_message(self, *_: Any) -> None:
                return

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(
            target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        ).start()


@pytest.fixture
def partner() -> Iterator[_Partner]:
    made = _Partner()
    yield made
    made.server.shutdown()
    made.server.server_close()


def test_json_goes_out_and_comes_back(partner: _Partner) -> None:
    partner.body = b'{"id": 1}'
    reply = JsonClient(partner.url).send("POST", "/v1/x", headers={"X-Key": "k"}, body={"a": [1]})
    assert (reply.status, reply.data, reply.is_success) == (200, {"id": 1}, True)
    ((method, path, raw, headers),) = partner.seen
    assert (method, path, json.loads(raw)) == ("POST", "/v1/x", {"a": [1]})
    assert (headers["Content-Type"], headers["X-Key"]) == ("application/json", "k")


def test_bytes_go_out_as_they_are(partner: _Partner) -> None:
    JsonClient(partner.url).send("POST", "/", headers={}, body=b'{"a":  1e2}')
    assert partner.seen[0][2] == b'{"a":  1e2}'


def test_a_form_goes_out_with_a_name_and_a_password(partner: _Partner) -> None:
    JsonClient(partner.url).send_form("/t", {"a": "b c"}, user="u", password="p", accept="x/y")
    _, _, raw, headers = partner.seen[0]
    assert (raw, headers["Authorization"], headers["Accept"]) == (b"a=b+c", "Basic dTpw", "x/y")


@pytest.mark.parametrize(("status", "body"), [(204, b""), (200, b"  ")])
def test_nothing_is_an_empty_answer(partner: _Partner, status: int, body: bytes) -> None:
    partner.status, partner.body = status, body
    reply = JsonClient(partner.url).send("GET", "/", headers={}, query={"a": "b"})
    assert (reply.data, reply.is_success) == ({}, True)
    assert partner.seen[0][1] == "/?a=b"


@pytest.mark.parametrize("body", [b"<html>", b"[]", b'{"half": '])
def test_a_page_instead_of_an_answer_is_a_lost_answer(partner: _Partner, body: bytes) -> None:
    partner.body = body
    with pytest.raises(Lost):
        JsonClient(partner.url).send("GET", "/", headers={})
    partner.status = 502
    reply = JsonClient(partner.url).send("GET", "/", headers={})
    assert (reply.status, reply.data, reply.is_success) == (502, {}, False)


def test_a_redirect_is_not_followed(partner: _Partner) -> None:
    partner.status, partner.headers = 302, {"Location": f"{partner.url}/elsewhere"}
    assert JsonClient(partner.url).send("GET", "/", headers={}).status == 302
    assert len(partner.seen) == 1


def test_an_endless_answer_is_cut_off(partner: _Partner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(partners, "BODY_LIMIT", 100)
    partner.body = b'{"a": "' + b"x" * 200 + b'"}'
    with pytest.raises(Lost):
        JsonClient(partner.url).send("GET", "/", headers={})


def test_nobody_there_is_a_lost_answer(partner: _Partner) -> None:
    partner.server.shutdown()
    partner.server.server_close()
    with pytest.raises(Lost):
        JsonClient(partner.url).send("GET", "/", headers={})


def test_a_document_is_fetched_over_tls_only(partner: _Partner) -> None:
    assert partners.fetch(partner.url, limit=100) is None
    assert partner.seen == []
    tls = partner.url.replace("http:", "https:")
    assert partners.fetch(tls, limit=100) is None


def test_an_answer_is_not_written_into_a_log(partner: _Partner) -> None:
    partner.body = b'{"name": "Amelia"}'
    assert "Amelia" not in repr(JsonClient(partner.url).send("GET", "/", headers={}))
