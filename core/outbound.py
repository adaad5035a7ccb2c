"""Requests to addresses that somebody else chose: the only place that sends them.

An address given by a stranger may point into our own network: at the database, at a cloud's
metadata, at a neighbour's admin page. So a name is resolved once, every address it leads to is
judged, and the connection goes to the very address that was judged: a name that answers
differently the second time (DNS rebinding) gains nothing. Redirects are not followed, proxies
from the environment are not used, and time and size are limited as a whole.
"""

from __future__ import annotations

import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from http.client import HTTPConnection, HTTPException
from urllib.parse import SplitResult, urlsplit

import certifi
from django.conf import settings
from django.utils.translation import gettext

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

CONNECT_SECONDS = 5.0
TOTAL_SECONDS = 15.0
"""From the first packet to the last byte read, whatever is being waited for."""
BODY_LIMIT = 2048
"""Bytes of an answer that are read: enough to say in a log what the receiver complains about."""
URL_LIMIT = 500
_TRIES = 3
"""Addresses of one name that are tried, one after the other, within the same total time."""
_LOW_PORTS = frozenset({80, 443})
_FIRST_FREE_PORT = 1024
"""Other ports below are mail, remote shells and the like, which HTTP has no business with."""

_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_ALSO_INSIDE = (
    # Clouds' metadata on addresses that are no private ones: Azure's and Oracle's. All others are
    # link-local, private or shared, and refused with those.
    ipaddress.ip_network("168.63.129.16/32"),
    ipaddress.ip_network("192.0.0.0/24"),
    # Relays that pass packets on into other networks.
    ipaddress.ip_network("192.88.99.0/24"),
)


class Refused(Exception):
    """The address may not be called; the text says why, in words for whoever gave it."""


class Unreachable(Exception):
    """No answer: the name, the connection, the certificate or the time; the text says which."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the other side said, and how long it took."""

    status: int
    body: str
    """The beginning, as text; undecodable bytes are replaced."""
    retry_after: int | None
    """Seconds it asked us to wait, if it did so in seconds."""
    seconds: float


def check_url(url: str) -> SplitResult:
    """The parts of an address we would call. Raises ``Refused`` for every other.

    Looks at the text alone, so it may be asked inside a transaction; a host given as a number is
    judged at once, a name when it is called.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise Refused(gettext("This is not a URL.")) from error
    if len(url) > URL_LIMIT or not url.isascii() or not url.isprintable() or " " in url:
        said = gettext(
            "Send a URL of at most %(limit)d letters, digits and signs of ASCII, without spaces."
        )
        raise Refused(said % {"limit": URL_LIMIT})
    _check_scheme(parts.scheme)
    if not parts.hostname:
        raise Refused(gettext("This URL names no host."))
    if parts.username is not None or parts.password is not None:
        raise Refused(gettext("A URL with a user name or password is not called."))
    if parts.fragment:
        raise Refused(gettext("Leave out the part after “#”."))
    if port is not None and port not in _LOW_PORTS and port < _FIRST_FREE_PORT:
        said = gettext("Port %(port)d is not called: use 443, 80, or one from 1024 up.")
        raise Refused(said % {"port": port})
    with suppress(ValueError):
        _judge(ipaddress.ip_address(parts.hostname))
    return parts


def post(url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
    """Send ``body`` once and read the beginning of the answer, whatever its status.

    Takes at most about ``TOTAL_SECONDS`` from the moment the name is resolved. Touches neither
    the database nor the cache, so that many can run in threads. Raises ``Refused`` before
    anything is sent, and ``Unreachable`` when it cannot be known whether it arrived.
    """
    started = time.monotonic()
    parts = check_url(url)
    addresses = resolve(str(parts.hostname), parts.port or _default_port(parts))
    deadline = started + TOTAL_SECONDS
    trouble: Unreachable | None = None
    for address in addresses[:_TRIES]:
        try:
            return _post_to(address, parts, body, headers, started, deadline)
        except _NotConnected as error:
            trouble = error
    raise trouble or Unreachable("The name leads to no address.")


def resolve(host: str, port: int) -> list[str]:
    """The addresses of ``host``, each of them judged.

    One that is not public condemns the name as a whole: no honest name leads to both. Raises
    ``Refused`` then, and ``Unreachable`` when there is no such name.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Unreachable("The name of the host cannot be resolved.") from error
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    for address in addresses:
        _judge(ipaddress.ip_address(address.partition("%")[0]))
    return addresses


def is_public(address: Address) -> bool:
    """Whether an address is one of the open internet, also looking inside translated ones."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if inner is None and address in _NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(inner)
        if address.teredo is not None:
            return False
    return (
        address.is_global
        and not address.is_multicast
        and not address.is_reserved
        and not any(address in network for network in _ALSO_INSIDE)
    )


def _judge(address: Address) -> None:
    if settings.WEBHOOK_ALLOW_PRIVATE or is_public(address):
        return
    raise Refused(
        gettext("This leads to a private, local or reserved address, which is not called.")
    )


def _check_scheme(scheme: str) -> None:
    if scheme == "https" or (scheme == "http" and settings.WEBHOOK_ALLOW_PRIVATE):
        return
    raise Refused(gettext("Send a URL that begins with https://."))


def _default_port(parts: SplitResult) -> int:
    return 443 if parts.scheme == "https" else 80


class _NotConnected(Unreachable):
    """Nothing was sent, so the next address may be tried."""


_TOO_SLOW = f"No complete answer within {TOTAL_SECONDS:.0f} seconds."


def _post_to(
    address: str,
    parts: SplitResult,
    body: bytes,
    headers: Mapping[str, str],
    started: float,
    deadline: float,
) -> Answer:
    left = deadline - time.monotonic()
    if left <= 0:
        raise Unreachable(_TOO_SLOW)
    where = (address, parts.port or _default_port(parts))
    try:
        raw = socket.create_connection(where, timeout=min(CONNECT_SECONDS, left))
    except OSError as error:
        raise _NotConnected(f"No connection: {_words(error)}.") from error
    with closing(raw), _ended_at(deadline, raw) as ended:
        try:
            answer = _converse(raw, parts, body, headers, started)
        except (OSError, HTTPException, ValueError) as error:
            raise Unreachable(_TOO_SLOW if ended.is_set() else _words(error)) from error
        if ended.is_set():
            # To the reader, our ending the connection looks like the end of the answer.
            raise Unreachable(_TOO_SLOW)
        return answer


def _converse(
    raw: socket.socket,
    parts: SplitResult,
    body: bytes,
    headers: Mapping[str, str],
    started: float,
) -> Answer:
    raw.settimeout(TOTAL_SECONDS)
    name = str(parts.hostname).rstrip(".")
    secured = _tls().wrap_socket(raw, server_hostname=name) if parts.scheme == "https" else raw
    with closing(_Connected(secured)) as connection:
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request("POST", target, body, {**headers, "Host": parts.netloc})
        answer = connection.getresponse()
        beginning = answer.read(BODY_LIMIT)
    return Answer(
        status=answer.status,
        body=beginning.decode(errors="replace").replace("\0", ""),
        retry_after=_seconds(answer.getheader("Retry-After", "")),
        seconds=round(time.monotonic() - started, 3),
    )


class _Connected(HTTPConnection):
    """HTTP over a connection that is there already; it never makes one of its own."""

    auto_open = 0

    def __init__(self, sock: socket.socket) -> None:
        super().__init__("already-connected")
        self.sock = sock


@cache
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context(cafile=certifi.where())


@contextmanager
def _ended_at(deadline: float, raw: socket.socket) -> Iterator[threading.Event]:
    """Ends the connection when the total time is over; the event says that it did.

    Time-outs of sockets begin anew with every byte, so a receiver that sends one byte a second
    would keep us for ever. Ending the connection from another thread ends whatever is waited for.
    """
    # A descriptor of our own: TLS takes the other one over.
    handle = raw.dup()
    ended = threading.Event()

    def end() -> None:
        ended.set()
        with suppress(OSError):
            handle.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(max(0.0, deadline - time.monotonic()), end)
    timer.daemon = True
    timer.start()
    try:
        yield ended
    finally:
        timer.cancel()
        timer.join()
        handle.close()


def _words(error: Exception) -> str:
    """What went wrong, for the log of whoever runs the other side; without our own addresses."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"The certificate is not accepted: {error.verify_message}"
    if isinstance(error, ssl.SSLError):
        return "No TLS connection could be agreed on"
    if isinstance(error, TimeoutError):
        return "nothing was heard in time"
    if isinstance(error, ConnectionRefusedError):
        return "it was refused"
    if isinstance(error, OSError):
        return "the connection broke"
    return "What came back is not HTTP"


def _seconds(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 8 else None
