"""Contract 4's paths."""

from __future__ import annotations

from django.urls import path

from api.booking_engine.payments import ProcessView

urlpatterns = [path("payments/process", ProcessView.as_view(), name="payments-process")]
