"""Every path below ``/api/`` and, the same again, below ``/api/v1/``."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path, re_path

# Routing registers the path converter that the dialects' paths use.
from api import docs, schema
from api.holds.views import ReservationView as GuestsReservationView
from api.multisource.views import ReservationView as ProgramsReservationView
from api.routing import by_method
from api.venue.base import TracedView
from api.views import unknown_path

urlpatterns: list[URLPattern | URLResolver] = [
    path("schema", schema.schema, name="api-schema"),
    path("docs", docs.docs, name="api-docs"),
    path("redoc", docs.redoc, name="api-redoc"),
    path("postman.json", docs.postman_collection, name="api-postman"),
    path("docs/start.js", docs.start, name="api-docs-start"),
    path("", include("api.accounts.urls")),
    path("", include("api.holds.urls")),
    path("", include("api.embed.urls")),
    path("", include("api.multisource.urls")),
    path(
        "reservations/<public_id:reservation_id>",
        by_method(
            GET=ProgramsReservationView.as_view(),
            PUT=ProgramsReservationView.as_view(),
            DELETE=GuestsReservationView.as_view(),
        ),
    ),
    path("", include("api.venue.urls")),
    path("", include("api.webhooks.urls")),
    path("", include("api.providers.urls")),
    path("", include("api.booking_engine.urls")),
    re_path(
        r"^(?:business|customers|table-bookings)/",
        unknown_path,
        {"handle": TracedView.handle_error},
    ),
    re_path(
        r"^(?:restaurants|preferences|reservations/(?:availability|hold|confirm|user))(?:/|$)",
        unknown_path,
        {"handle": GuestsReservationView.handle_error},
    ),
    # Not the versioned twin, which the project's URL map includes after this one.
    re_path(r"^(?!v1/)", unknown_path),
]
