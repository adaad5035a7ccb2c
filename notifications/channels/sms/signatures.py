"""Whether a request is from Twilio: verified over the form as it was sent and our own address."""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Mapping
from hashlib import sha256
from urllib.parse import parse_qs, parse_qsl, urlsplit

from twilio.request_validator import (
    HMAC_SHA1,
    HMAC_SHA256,
    RequestValidator,
    get_signature_algorithm,
)

HEADER = "X-Twilio-Signature"
SETTINGS_HEADER = "X-Twilio-Webhooks-Signature-Settings"


class Form(dict[str, list[str]]):
    """A form's values by name, as Twilio's library reads them."""

    def getlist(self, name: str) -> list[str]:
        """All values of one name."""
        return self.get(name, [])

    def one(self, name: str) -> str:
        """The last value, or nothing."""
        return self.get(name, [""])[-1]


def read_form(body: bytes) -> Form:
    """The form in a body; raises ValueError for bytes that are no text."""
    form = Form()
    for name, value in parse_qsl(body.decode("ascii"), keep_blank_values=True, errors="strict"):
        form.setdefault(name, []).append(value)
    return form


def is_from_twilio(
    url: str,
    body: bytes,
    headers: Mapping[str, str],
    *,
    tokens: Iterable[str],
    shared_key: str = "",
) -> bool:
    """Whether ``body`` was signed with one of the account's secrets for exactly this address.

    ``url`` is the address that Twilio was given: ours as the public knows it, whatever the proxy
    made of it. It signs with and without the port of the scheme, so both are tried.
    """
    signature = headers.get(HEADER, "")
    algorithm = get_signature_algorithm(headers.get(SETTINGS_HEADER, ""))
    secrets = [shared_key] if algorithm == HMAC_SHA256 else list(tokens)
    if not signature or algorithm not in (HMAC_SHA1, HMAC_SHA256):
        return False
    try:
        form = _signed_part(url, body)
    except ValueError:
        return False
    if form is None:
        return False
    wanted = [
        RequestValidator(secret).compute_signature(address, form, algorithm)
        for secret in secrets
        if secret
        for address in _addresses(url)
    ]
    given = signature.encode()
    return any(hmac.compare_digest(each.encode(), given) for each in wanted)


def _signed_part(url: str, body: bytes) -> Form | None:
    """The form, or for other bodies an empty one, if their digest in the address is right."""
    digests = parse_qs(urlsplit(url).query).get("bodySHA256")
    if digests is None:
        return read_form(body)
    told = digests[-1].lower().encode()
    is_right = hmac.compare_digest(sha256(body).hexdigest().encode(), told)
    return Form() if is_right else None


def _addresses(url: str) -> list[str]:
    parts = urlsplit(url)
    usual = {"https": 443, "http": 80}.get(parts.scheme)
    if usual is None or not parts.netloc:
        return [url]
    if parts.netloc.endswith(f":{usual}"):
        other = parts.netloc.removesuffix(f":{usual}")
    elif parts.port is None:
        other = f"{parts.netloc}:{usual}"
    else:
        return [url]
    # By hand: putting the parts together again could write the rest in another way.
    return [url, url.replace(f"//{parts.netloc}", f"//{other}", 1)]
