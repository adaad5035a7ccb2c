"""The sandbox's own page. Everything else about money is shown by the apps above."""

from __future__ import annotations

from django.urls import path

from payments.views import BankView

urlpatterns = [
    path("sandbox/bank/<str:reference>/", BankView.as_view(), name="sandbox_bank"),
]
