"""The paths of outbound webhooks. ``/api/webhooks/…`` is where others call us."""

from __future__ import annotations

from django.urls import path

from api.webhooks import views

_ENDPOINT = "webhook-endpoints/<public_id:endpoint_id>"
_DELIVERY = "webhook-deliveries/<public_id:delivery_id>"

urlpatterns = [
    path("webhook-endpoints", views.EndpointsView.as_view()),
    path(_ENDPOINT, views.EndpointView.as_view()),
    path(f"{_ENDPOINT}/rotate-secret", views.RotationView.as_view()),
    path(f"{_ENDPOINT}/test", views.TestView.as_view()),
    path(f"{_ENDPOINT}/replay", views.EndpointReplayView.as_view()),
    path(f"{_ENDPOINT}/deliveries", views.LogView.as_view()),
    path(_DELIVERY, views.DeliveryView.as_view()),
    path(f"{_DELIVERY}/replay", views.DeliveryReplayView.as_view()),
]
