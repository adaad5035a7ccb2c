"""The paths of contract 2 that are compared."""

from __future__ import annotations

from django.urls import path

from benchmarks.baseline import views

urlpatterns = [
    path("healthz", views.healthz),
    path("api/reservations/availability", views.availability),
    path("api/reservations/hold", views.hold),
    path("api/reservations/confirm", views.confirm),
]
