"""Contract 5's paths."""

from __future__ import annotations

from django.urls import path

# Registers the path converter.
from api import routing
from api.venue import customers, tables
from api.venue.hours import BusinessHoursView

urlpatterns = [
    path("business/hours", BusinessHoursView.as_view(), name="venue-business-hours"),
    path("table-bookings/availability", tables.AvailabilityView.as_view()),
    path(
        "table-bookings",
        routing.by_method(GET=tables.SearchView.as_view(), POST=tables.CreateView.as_view()),
    ),
    path(
        "table-bookings/<public_id:reference>",
        routing.by_method(GET=tables.BookingView.as_view(), PUT=tables.UpdateView.as_view()),
    ),
    path(
        "table-bookings/payment/create",
        tables.PaymentView.as_view(),
        name="venue-payment",
    ),
    path("table-bookings/<public_id:reference>/cancel", tables.CancelView.as_view()),
    path("customers", customers.SearchView.as_view()),
    path("customers/<public_id:customer_id>", customers.CustomerView.as_view()),
    path("customers/<public_id:customer_id>/merge", customers.MergeView.as_view()),
    path("customers/<public_id:customer_id>/export", customers.ExportView.as_view()),
]
