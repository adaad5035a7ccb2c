"""Origins of other websites: one way to write each, and only those that can be trusted.

An origin is scheme, host and port (RFC 6454). It goes into Content-Security-Policy and CORS
headers as it stands, so nothing but a plain origin may ever come out of here.
"""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import urlsplit

from core.errors import Invalid

LONGEST = 200

_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?")
_DEFAULT_PORTS = {"https": 443, "http": 80}


def normalised(typed: str) -> str:
    """``HTTPS://Www.Example.com:443/`` as ``https://www.example.com``.

    Raises :class:`~core.errors.Invalid` for anything but https (http on this very machine, for
    trying out), for wildcards, and for an address with more than a host in it.
    """
    text = typed.strip()
    if "*" in text:
        raise _refused("Name each website by itself: wildcards are not accepted.")
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as error:
        raise _refused("This is not the address of a website.") from error
    host = (parts.hostname or "").removesuffix(".")
    if parts.scheme not in _DEFAULT_PORTS or not host:
        raise _refused("Write the address with its beginning, such as https://www.example.com.")
    if parts.username or parts.password or parts.path not in ("", "/"):
        raise _refused("Leave out what follows the name of the website.")
    if parts.query or parts.fragment or "?" in text or "#" in text:
        raise _refused("Leave out what follows the name of the website.")
    host = _host(host)
    if parts.scheme == "http" and not is_loopback(host):
        raise _refused("The website needs https: guests type their names there.")
    shown = host if port in (None, _DEFAULT_PORTS[parts.scheme]) else f"{host}:{port}"
    return f"{parts.scheme}://{shown}"


def is_loopback(host: str) -> bool:
    """Whether a host is this very machine."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _host(host: str) -> str:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        pass
    else:
        return f"[{address.compressed}]" if address.version == 6 else str(address)
    try:
        ascii_host = host.encode("idna").decode().lower()
    except UnicodeError as error:
        raise _refused("This is not the name of a website.") from error
    labels = ascii_host.split(".")
    if len(ascii_host) > LONGEST - 20 or not all(_LABEL.fullmatch(label) for label in labels):
        raise _refused("This is not the name of a website.")
    return ascii_host


def _refused(sentence: str) -> Invalid:
    return Invalid(sentence, origin=sentence)
