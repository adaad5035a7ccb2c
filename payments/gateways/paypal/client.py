"""Talking to PayPal: the access token, the keys of requests, and what its error answers mean."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core import http
from payments.gateways.base import AnswerLost, ProviderRefused

LIVE = "https://api-m.paypal.com"
SANDBOX = "https://api-m.sandbox.paypal.com"

_EARLY = 60.0
"""Seconds before its end at which a token is replaced."""
_BUSY = frozenset(
    {"DUPLICATE_INVOICE_ID", "ORDER_COMPLETION_IN_PROGRESS", "PREVIOUS_REQUEST_IN_PROGRESS"}
)
"""Refusals that say: this was asked before, and what became of it is not in this answer."""


class Refused(Exception):
    """PayPal understood and said no; ``issue`` is its code."""

    def __init__(self, status: int, issue: str) -> None:
        super().__init__(f"{status} {issue}")
        self.status = status
        self.issue = issue


@dataclass(frozen=True, slots=True)
class _Token:
    value: str
    until: float


class PayPalClient:
    """One account's way to PayPal. Threads may share it; sends each request once.

    Only the answer that the access token is not known (any more) is met by a second attempt with
    a new one: nothing was done then.
    """

    def __init__(self, base_url: str, *, client_id: str, client_secret: str) -> None:
        self._http = http.JsonClient(base_url)
        self._client_id = client_id
        self._client_secret = client_secret
        self._token: _Token | None = None
        self._lock = threading.Lock()

    def get(self, path: str, query: Mapping[str, str] | None = None) -> dict[str, Any]:
        """Read; raises as :meth:`ask` does."""
        return self.ask("GET", path, query=query)

    def post(self, path: str, body: bytes | Mapping[str, Any], *, key: str) -> dict[str, Any]:
        """Do; ``key`` makes repetitions one. Raises as :meth:`ask` does."""
        return self.ask("POST", path, body=body, key=key)

    def ask(
        self,
        method: str,
        path: str,
        *,
        body: bytes | Mapping[str, Any] | list[Any] | None = None,
        key: str = "",
        query: Mapping[str, str] | None = None,
    ) -> dict[str, Any]:
        """The JSON of a good answer. Raises AnswerLost, Refused, or ProviderRefused when it is
        our access that is refused."""
        token = self._access()
        reply = self._send(method, path, token, body, key, query)
        if reply.status == 401:
            reply = self._send(method, path, self._access(instead_of=token), body, key, query)
        if reply.is_success:
            return reply.data
        refused = Refused(reply.status, _issue(reply))
        if _is_lost(refused):
            raise AnswerLost
        if reply.status in (401, 403):
            raise ProviderRefused(f"PayPal: {refused}")
        raise refused

    def _send(
        self,
        method: str,
        path: str,
        token: str,
        body: bytes | Mapping[str, Any] | list[Any] | None,
        key: str,
        query: Mapping[str, str] | None,
    ) -> http.Reply:
        headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
        if method != "GET":
            headers["Prefer"] = "return=representation"
        if key:
            headers["PayPal-Request-Id"] = key
        try:
            return self._http.send(method, path, headers=headers, body=body, query=query)
        except http.Lost as error:
            raise AnswerLost from error

    def _access(self, *, instead_of: str = "") -> str:
        """A token that is good for a while; one request at a time fetches it."""
        with self._lock:
            token = self._token
            if token is None or token.value == instead_of or token.until <= time.monotonic():
                token = self._token = self._fetch_token()
            return token.value

    def _fetch_token(self) -> _Token:
        asked_at = time.monotonic()
        try:
            reply = self._http.send_form(
                "/v1/oauth2/token",
                {"grant_type": "client_credentials"},
                user=self._client_id,
                password=self._client_secret,
                accept="application/json",
            )
        except http.Lost as error:
            raise AnswerLost from error
        if _is_lost(Refused(reply.status, "")):
            raise AnswerLost
        if not reply.is_success:
            raise ProviderRefused(f"PayPal: {reply.status} {reply.data.get('error', '')}")
        seconds = float(reply.data.get("expires_in") or 0)
        return _Token(str(reply.data.get("access_token")), asked_at + seconds - _EARLY)


def _is_lost(refused: Refused) -> bool:
    """Whether PayPal may have acted, or will if it is asked again with the same key."""
    status = refused.status
    return status in (408, 409, 429) or status >= 500 or refused.issue in _BUSY


def _issue(reply: http.Reply) -> str:
    """The most exact code of an error answer; never its words, which may name people."""
    details = reply.data.get("details")
    first = details[0] if isinstance(details, list) and details else {}
    found = first.get("issue") if isinstance(first, dict) else None
    return str(found or reply.data.get("name") or reply.data.get("error") or "")[:60]
