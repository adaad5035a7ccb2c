"""The URL map: health, the API (twice, with and without version), the admin, the pages."""

from __future__ import annotations

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path
from django.views.generic import RedirectView

from config import health

handler400 = "config.errors.bad_request"
handler403 = "config.errors.forbidden"
handler404 = "config.errors.not_found"
handler500 = "config.errors.server_error"

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", health.healthz),
    path("readyz", health.readyz),
    path("metrics", health.metrics_page),
    path("api/", include("api.urls")),
    path("api/v1/", include(("api.urls", "v1"), namespace="v1")),
    # One door for staff, with one lock against guessing.
    path("admin/login/", RedirectView.as_view(pattern_name="staff:sign_in", query_string=True)),
    path("admin/", admin.site.urls),
    path("staff/", include("staff.urls")),
    path("", include("payments.urls")),
    path("", include("reservations.urls")),
]
