"""Calls to addresses that somebody else chose: where they may lead, and when they end."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import LazySettings

from core import outbound
from core.outbound import Refused, Unreachable, check_url, post
from tests.webhooks.receiver import Receiver, Reply, closed_port, receiving, speaking

PUBLIC = "93.184.216.34"


@pytest.fixture
def receiver(settings: LazySettings) -> Iterator[Receiver]:
    settings.WEBHOOK_ALLOW_PRIVATE = True
    with receiving() as listening:
        yield listening


class Names:
    """A name server of our own: each question gets the next answer."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.answers: list[list[str]] = []
        self.asked: list[str] = []
        monkeypatch.setattr(socket, "getaddrinfo", self._lookup)

    def _lookup(self, host: str, port: int, *_: Any, **__: Any) -> list[Any]:
        try:
            socket.inet_aton(host)
        except OSError:
            self.asked.append(host)
            addresses = self.answers.pop(0)
        else:
            addresses = [host]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (a, port)) for a in addresses]


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Names:
    return Names(monkeypatch)


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/hook",
        "ftp://example.org/hook",
        "file:///etc/passwd",
        "//example.org/hook",
        "example.org/hook",
        "https://",
        "https:///hook",
        "https://user:secret@example.org/",
        "https://user@example.org/",
        "https://example.org/#part",
        "https://example.org:22/",
        "https://example.org:25/",
        "https://example.org:0/",
        "https://example.org:99999/",
        "https://example.org:x/",
        "https://example.org/ hook",
        "https://example.org/\nX-Other: 1",
        "https://ex\u00e4mple.org/",
        "https://[::1/",
        "https://example.org/" + "x" * 500,
        "",
    ],
)
def test_what_is_no_address_of_a_receiver_is_refused(url: str) -> None:
    with pytest.raises(Refused):
        check_url(url)


@pytest.mark.parametrize(
    "url",
    [
        "https://example.org",
        "https://example.org/hook?a=1&b=%C3%A4",
        "https://example.org:8443/hook",
        "https://93.184.216.34/",
        "https://[2606:2800:220:1:248:1893:25c8:1946]/",
        "https://xn--exmple-cua.org/",
    ],
)
def test_addresses_of_receivers_are_accepted(url: str) -> None:
    assert check_url(url).geturl() == url


INSIDE = [
    "127.0.0.1",
    "127.8.9.10",
    "10.0.0.1",
    "172.16.5.4",
    "192.168.1.1",
    "169.254.169.254",
    "168.63.129.16",
    "100.100.100.200",
    "100.64.0.1",
    "0.0.0.0",
    "192.0.0.192",
    "192.88.99.1",
    "198.18.0.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::1",
    "::",
    "fe80::1",
    "fc00::1",
    "fd00:ec2::254",
    "ff02::1",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "2002:7f00:1::",
    "2001:0:7f00:1::1",
    "2001:db8::1",
]


@pytest.mark.parametrize("address", INSIDE)
def test_no_call_goes_inside(address: str) -> None:
    url = f"https://[{address}]/" if ":" in address else f"https://{address}/"
    with pytest.raises(Refused, match="private, local or reserved"):
        check_url(url)


@pytest.mark.parametrize("address", [a for a in INSIDE if ":" not in a])
def test_no_name_leads_inside(address: str, names: Names) -> None:
    names.answers = [[address]]
    with pytest.raises(Refused, match="private, local or reserved"):
        post("https://inside.example/", b"{}", {})


@pytest.mark.parametrize("host", ["2130706433", "0x7f000001", "127.1", "017700000001"])
def test_other_spellings_of_loopback_are_seen_through(host: str) -> None:
    with pytest.raises(Refused, match="private, local or reserved"):
        post(f"https://{host}/", b"{}", {})


@pytest.mark.parametrize("answer", [[PUBLIC, "127.0.0.1"], ["10.0.0.1", PUBLIC]])
def test_one_inner_address_condemns_the_name(answer: list[str], names: Names) -> None:
    names.answers = [answer]
    with pytest.raises(Refused):
        post("https://both.example/", b"{}", {})


def test_the_connection_goes_to_the_address_that_was_checked(
    names: Names, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name that is public when it is checked and private a moment later."""
    names.answers = [[PUBLIC], ["127.0.0.1"]]
    called: list[Any] = []

    def connect(where: Any, timeout: float) -> socket.socket:
        called.append(where)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "create_connection", connect)
    with pytest.raises(Unreachable):
        post("https://rebinding.example/", b"{}", {})
    assert called == [(PUBLIC, 443)]
    assert names.asked == ["rebinding.example"], "resolved once"


def test_the_next_address_of_a_name_is_tried(
    names: Names, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    names.answers = [["127.0.0.9", "127.0.0.1"]]
    real = socket.create_connection

    def connect(where: Any, timeout: float) -> socket.socket:
        if where[0] == "127.0.0.9":
            raise ConnectionRefusedError
        return real(where, timeout)

    monkeypatch.setattr(socket, "create_connection", connect)
    answer = post(f"http://two.example:{receiver.port}/", b"{}", {})
    assert answer.status == 204


def test_a_request_arrives_as_it_was_sent(receiver: Receiver, names: Names) -> None:
    names.answers = [["127.0.0.1"]]
    url = f"http://receiver.example:{receiver.port}/hook?a=1"
    receiver.reply = Reply(202, b"taken", {"Retry-After": "7"})
    answer = post(url, b'{"a":1}', {"Content-Type": "application/json", "X-Own": "1"})

    assert (answer.status, answer.body, answer.retry_after) == (202, "taken", 7)
    [heard] = receiver.heard
    assert (heard.path, heard.body) == ("/hook?a=1", b'{"a":1}')
    assert heard.headers["host"] == f"receiver.example:{receiver.port}"
    assert heard.headers["x-own"] == "1"


def test_proxies_from_the_environment_are_not_used(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{closed_port()}")
    assert post(receiver.url(), b"", {}).status == 204


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_not_followed(receiver: Receiver, status: int) -> None:
    receiver.reply = Reply(status, headers={"Location": receiver.url("/elsewhere")})
    assert post(receiver.url(), b"", {}).status == status
    assert [heard.path for heard in receiver.heard] == ["/hook"]


def test_only_the_beginning_of_a_long_answer_is_read(receiver: Receiver) -> None:
    receiver.reply = Reply(500, b"x" * 100_000)
    assert post(receiver.url(), b"", {}).body == "x" * outbound.BODY_LIMIT


def test_nobody_there(settings: LazySettings) -> None:
    settings.WEBHOOK_ALLOW_PRIVATE = True
    with pytest.raises(Unreachable, match="refused"):
        post(f"http://127.0.0.1:{closed_port()}/", b"", {})


def test_a_name_that_does_not_exist() -> None:
    with pytest.raises(Unreachable, match="cannot be resolved"):
        post("https://no-such-host.invalid/", b"", {})


def dripping(caller: socket.socket) -> None:
    caller.recv(65536)
    caller.sendall(b"HTTP/1.1 200 OK\r\n")
    for _ in range(200):
        caller.sendall(b"X-A: 1\r\n")
        time.sleep(0.05)


def silent(caller: socket.socket) -> None:
    while caller.recv(65536):
        pass


def babbling(caller: socket.socket) -> None:
    caller.recv(65536)
    caller.sendall(b"SSH-2.0-OpenSSH_9.6\r\n")


def endless(caller: socket.socket) -> None:
    caller.recv(65536)
    caller.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        caller.sendall(b"1\r\nx\r\n")
        time.sleep(0.02)


@pytest.mark.parametrize("conversation", [dripping, silent, endless])
def test_time_is_limited_as_a_whole(
    conversation: Any, settings: LazySettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.WEBHOOK_ALLOW_PRIVATE = True
    monkeypatch.setattr(outbound, "TOTAL_SECONDS", 0.5)
    monkeypatch.setattr(outbound, "_TOO_SLOW", "too slow")
    # From who says nothing at all the wait for the next byte may end first.
    reasons = "too slow|nothing was heard" if conversation is silent else "too slow"
    began = time.monotonic()
    with speaking(conversation) as port, pytest.raises(Unreachable, match=reasons):
        post(f"http://127.0.0.1:{port}/", b"{}", {})
    assert time.monotonic() - began < 3


def test_something_that_is_not_http(settings: LazySettings) -> None:
    settings.WEBHOOK_ALLOW_PRIVATE = True
    with speaking(babbling) as port, pytest.raises(Unreachable, match="not HTTP"):
        post(f"http://127.0.0.1:{port}/", b"{}", {})


def test_a_certificate_that_proves_nothing_is_not_accepted(settings: LazySettings) -> None:
    """TLS is always verified: against a server without TLS no request is sent."""
    settings.WEBHOOK_ALLOW_PRIVATE = True
    with receiving() as plain, pytest.raises(Unreachable, match="TLS"):
        post(f"https://127.0.0.1:{plain.port}/", b"{}", {})
    assert plain.heard == []
