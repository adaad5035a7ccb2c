"""Twilio through its library: sent once, outside of transactions, and its errors in our words.

Its messages have no idempotency key: what may have arrived is never sent again here.
"""

from __future__ import annotations

import datetime as dt
import ipaddress
import json
import logging
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final
from urllib.parse import urlsplit, urlunsplit

from django.conf import settings
from twilio.base.exceptions import TwilioException
from twilio.http import HttpClient
from twilio.http.response import Response
from twilio.rest import Client

from core import http
from notifications.channels.base import AnswerLost, OptedOut, Receipt, Refused, Unavailable
from notifications.channels.sms.words import OPTED_OUT, REFUSALS
from notifications.models import SmsAccount
from notifications.selectors import sms_credentials

LOOKS_BACK: Final = dt.timedelta(minutes=2)
"""How far clocks may be apart."""
_MOST_LISTED: Final = 100
_TRIAL: Final = "Sent from your Twilio trial account - "

# It writes addresses and headers of requests into the log.
logging.getLogger("twilio").setLevel(logging.WARNING)


class _NoAnswer(Exception):
    """An error that came from something in between, as a page."""

    def __init__(self, status: int) -> None:
        super().__init__(str(status))
        self.status = status


class _Transport(HttpClient):
    """The library's requests over our own connection: with time-outs, once, without redirects."""

    def __init__(self) -> None:
        super().__init__(logging.getLogger("twilio"), is_async=False)
        self._client = http.connection()
        self._base = urlsplit(settings.TWILIO_API_BASE) if settings.TWILIO_API_BASE else None

    def request(
        self,
        method: str,
        uri: str,
        params: Any = None,
        data: Any = None,
        headers: Any = None,
        auth: Any = None,
        timeout: Any = None,
        allow_redirects: bool = False,
    ) -> Response:
        """One request; raises what :data:`core.http.LOST` names."""
        if self._base is not None:
            parts = urlsplit(uri)
            uri = urlunsplit((self._base.scheme, self._base.netloc, parts.path, parts.query, ""))
        # httpx would take empty parameters for "none", and drop those of the address.
        more: dict[str, Any] = {"params": params} if params else {}
        answer = self._client.request(method, uri, data=data, headers=headers, auth=auth, **more)
        try:
            body = json.loads(answer.text)
        except ValueError as error:
            raise _NoAnswer(answer.status_code) from error
        if not isinstance(body, dict):
            raise _NoAnswer(answer.status_code)
        return Response(answer.status_code, answer.text, answer.headers)


class TwilioClient:
    """One account. Threads may share it."""

    def __init__(self, account: SmsAccount) -> None:
        secrets = sms_credentials(account)
        user, password = account.account_sid, _first(secrets.get("auth_tokens"))
        if account.api_key_sid and secrets.get("api_key_secret"):
            user, password = account.api_key_sid, str(secrets["api_key_secret"])
        self._account = account
        # Without an environment of its own the library reads that of the process.
        self._api = Client(
            user,
            password,
            account.account_sid,
            http_client=_Transport(),
            environment={"TWILIO_EDGE": ""},
        )

    def send(self, to: str, body: str, *, callback: str, valid_for: int) -> Receipt:
        """Send one text. Raises Refused, OptedOut, Unavailable, or AnswerLost for what may have
        been sent."""
        wanted: dict[str, Any] = {"validity_period": valid_for, "smart_encoded": False}
        if self._account.messaging_service_sid:
            wanted["messaging_service_sid"] = self._account.messaging_service_sid
        else:
            wanted["from_"] = self._account.sender
        if callback:
            wanted["status_callback"] = callback
        with _asking():
            return self._receipt(self._api.messages.create(to=to, body=body, **wanted))

    def find(self, to: str, body: str, *, since: dt.datetime) -> list[Receipt]:
        """The texts to this number with these words that were made since, oldest first.

        A trial account's come with Twilio's own words before them. Raises as :meth:`send`.
        """
        since -= LOOKS_BACK
        more = {} if self._account.messaging_service_sid else {"from_": self._account.sender}
        with _asking():
            rows = self._api.messages.list(
                to=to,
                # By the day, and generous: what is still in the queue has no date of sending yet.
                date_sent_after=since - dt.timedelta(days=1),
                limit=_MOST_LISTED,
                page_size=_MOST_LISTED,
                **more,
            )
        found = [
            row
            for row in rows
            if str(row.direction).startswith("outbound")
            and str(row.body or "").removeprefix(_TRIAL) == body
            and (row.date_created is None or row.date_created >= since)
        ]
        return [self._receipt(row) for row in reversed(found)]

    def ask(self, reference: str) -> Receipt:
        """What became of a text. Raises as :meth:`send`."""
        with _asking():
            return self._receipt(self._api.messages(reference).fetch())

    def _receipt(self, row: Any) -> Receipt:
        if not row.sid:
            raise AnswerLost
        segments = str(row.num_segments or "")
        return Receipt(
            reference=str(row.sid)[:40],
            state=str(row.status or "")[:12],
            segments=int(segments) if segments.isdigit() else None,
            code=row.error_code,
            account_id=self._account.pk,
        )


def _first(value: Any) -> str:
    return str(value[0]) if isinstance(value, list) and value else str(value or "")


@contextmanager
def _asking() -> Iterator[None]:
    """The library's errors in our words. None of them quotes what was sent."""
    try:
        yield
    except http.NEVER_SENT as error:
        raise Unavailable("Twilio cannot be reached.") from error
    except http.LOST as error:
        raise AnswerLost from error
    except _NoAnswer as error:
        if not 400 <= error.status < 500:
            raise AnswerLost from error
        raise Unavailable(f"Something before Twilio said {error.status}.") from error
    except TwilioException as error:
        status, code = getattr(error, "status", None), getattr(error, "code", None)
        raise _meaning(status, code) from error


def _meaning(status: Any, code: Any) -> Exception:
    status = status if isinstance(status, int) else 0
    code = code if isinstance(code, int) else None
    if code == OPTED_OUT:
        return OptedOut("The guest answered STOP and gets no texts.", code)
    if code in REFUSALS:
        return Refused(f"Twilio refused it: {code}.", code)
    if status == 429 or 400 <= status < 500:
        # Ours, and to be put right: secrets, sender, country, limits.
        return Unavailable(f"Twilio did not take it: {code or status}.", code)
    return AnswerLost()


_clients: OrderedDict[tuple[Any, ...], TwilioClient] = OrderedDict()
_MOST_CLIENTS: Final = 64


def client_of(account: SmsAccount) -> TwilioClient:
    """One object per account and state of it, so that its connections are kept."""
    key = (account.pk, account.account_sid, account.credentials, settings.TWILIO_API_BASE)
    made = _clients.get(key)
    if made is None:
        made = _clients[key] = TwilioClient(account)
        while len(_clients) > _MOST_CLIENTS:
            _clients.popitem(last=False)
    return made


def callback_address(account: SmsAccount, message_id: str) -> str:
    """Where Twilio tells what became of a text; empty where it could not reach us.

    It refuses an address without a public host (21609), and the text with it.
    """
    site = settings.PUBLIC_URL.rstrip("/")
    host = urlsplit(site).hostname or ""
    try:
        is_public = ipaddress.ip_address(host).is_global
    except ValueError:
        is_public = "." in host and not host.endswith((".localhost", ".local", ".internal"))
    if not is_public:
        return ""
    return f"{site}/api/webhooks/sms/{account.public_id}/status?message={message_id}"
