"""``POST /api/webhooks/sms/<account>/…``: what Twilio tells of texts, and what guests answer."""

from __future__ import annotations

import logging
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import NotFound
from rest_framework.request import Request

from api.parsers import MAX_BODY_BYTES, BodyTooLarge
from api.providers.views import NoticesByAddress
from api.renderers import json_response
from api.views import DialectView, public
from core.secrets import SecretLost
from notifications.channels.base import Receipt
from notifications.channels.sms.signatures import Form, is_from_twilio, read_form
from notifications.models import SmsAccount
from notifications.selectors import sms_credentials
from notifications.services import replies, tracing

logger = logging.getLogger(__name__)

_NO_ANSWER = '<?xml version="1.0" encoding="UTF-8"?><Response></Response>'


class TextNoticesByAddress(NoticesByAddress):
    """As for payments; counted apart."""

    scope = "sms-notices"


class _FromTwilio(DialectView):
    """Verified over the form as it came, before anything is looked at."""

    throttle_classes = (TextNoticesByAddress,)

    def take(self, request: Request, public_id: str) -> tuple[SmsAccount, Form] | HttpResponse:
        """The account and what was sent; or a refusal, which says as little as possible."""
        body = request._request.read(MAX_BODY_BYTES + 1)
        if len(body) > MAX_BODY_BYTES:
            raise BodyTooLarge
        account = SmsAccount.objects.filter(public_id=public_id).first()
        if account is None:
            raise NotFound
        try:
            secrets = sms_credentials(account)
        except SecretLost as error:
            raise NotFound from error
        # The address Twilio was told, whatever a proxy in front has made of it.
        url = f"{settings.PUBLIC_URL.rstrip('/')}{request.get_full_path()}"
        is_genuine = is_from_twilio(
            url,
            body,
            request.headers,
            tokens=secrets.get("auth_tokens", []),
            shared_key=str(secrets.get("shared_key", "")),
        )
        if not is_genuine:
            logger.warning("a text's notice was not signed by its provider")
            return json_response({"error": "Forbidden."}, 403)
        return account, read_form(body)


@public
class TextStatusView(_FromTwilio):
    """How far a text got."""

    @extend_schema(exclude=True)
    def post(self, request: Request, account: str, **_: Any) -> HttpResponse:
        """204 for what is signed, also for news of texts that are none of ours."""
        taken = self.take(request, account)
        if isinstance(taken, HttpResponse):
            return taken
        of, form = taken
        code = form.one("ErrorCode")
        receipt = Receipt(
            reference=form.one("MessageSid") or form.one("SmsSid"),
            state=form.one("MessageStatus") or form.one("SmsStatus"),
            code=int(code) if code.isascii() and code.isdigit() and len(code) < 7 else None,
            account_id=of.pk,
        )
        if receipt.reference and len(receipt.reference) <= 40:
            tracing.hear(of, receipt, request.query_params.get("message", ""))
        return HttpResponse(status=204)


@public
class InboundTextView(_FromTwilio):
    """What a guest answers."""

    @extend_schema(exclude=True)
    def post(self, request: Request, account: str, **_: Any) -> HttpResponse:
        """200 with an empty answer: Twilio sends nothing back for us."""
        taken = self.take(request, account)
        if isinstance(taken, HttpResponse):
            return taken
        of, form = taken
        replies.receive(
            of,
            replies.Reply(
                reference=form.one("MessageSid") or form.one("SmsSid"),
                phone=form.one("From"),
                text=form.one("Body"),
                opt_out_type=form.one("OptOutType"),
            ),
        )
        return HttpResponse(_NO_ANSWER, content_type="text/xml; charset=utf-8")
