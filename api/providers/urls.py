"""The addresses payment providers are told."""

from __future__ import annotations

from django.urls import path

from api.providers.texts import InboundTextView, TextStatusView
from api.providers.views import NoticeView

_NOTICES = "webhooks/payments/<slug:provider>"
_TEXTS = "webhooks/sms/<public_id:account>"

urlpatterns = [
    path(_NOTICES, NoticeView.as_view()),
    path(f"{_NOTICES}/<public_id:account>", NoticeView.as_view()),
    path(f"{_TEXTS}/status", TextStatusView.as_view()),
    path(f"{_TEXTS}/inbound", InboundTextView.as_view()),
]
