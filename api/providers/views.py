"""``POST /api/webhooks/payments/<provider>/<account>``: what payment providers tell us unasked."""

from __future__ import annotations

import logging
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import NotFound
from rest_framework.request import Request

from api.parsers import MAX_BODY_BYTES, BodyTooLarge
from api.renderers import json_response
from api.throttling import AddressThrottle
from api.views import DialectView, public
from payments.gateways.base import AnswerLost, BadSignature
from payments.services import events

logger = logging.getLogger(__name__)


class NoticesByAddress(AddressThrottle):
    """A provider sends much from few addresses; whoever guesses signatures sends more."""

    scope = "payment-notices"
    limit = 3000
    seconds = 60


@public
class NoticeView(DialectView):
    """Verified over the raw bytes, stored once, answered at once, looked into later."""

    throttle_classes = (NoticesByAddress,)

    @extend_schema(exclude=True)
    def post(self, request: Request, provider: str, account: str = "", **_: Any) -> HttpResponse:
        """200 for what is kept, also the second time; 400 for what no provider signed."""
        body = request._request.read(MAX_BODY_BYTES + 1)
        if len(body) > MAX_BODY_BYTES:
            raise BodyTooLarge
        url = f"{settings.PUBLIC_URL}{request.path}"
        try:
            events.receive(provider, account, body, request.headers, url=url)
        except (events.UnknownAddress, ImproperlyConfigured) as error:
            raise NotFound from error
        except BadSignature:
            # To whoever forges, the reason would be a help.
            logger.warning("a provider's message was not signed by it", extra={"of": provider})
            return json_response({"error": "Bad request."}, 400)
        except AnswerLost:
            return json_response({"error": "This cannot be verified now. Send it again."}, 503)
        return json_response({"received": True})
