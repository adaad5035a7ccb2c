"""The paths of contract 1; the one it shares with contract 2 is in ``api.urls``."""

from __future__ import annotations

from django.urls import path

from api.multisource import figures, views, webhooks

urlpatterns = [
    path("reservations", views.ReservationsView.as_view()),
    path("webhooks/reservations", webhooks.ReservationWebhookView.as_view()),
    path("analytics/sources", figures.SourceFiguresView.as_view()),
]
