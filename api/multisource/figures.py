"""``GET /api/analytics/sources``: what each source brings, as JSON or as a table to save."""

from __future__ import annotations

import csv
import datetime as dt
import io

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request

from api.multisource import serializers as wire
from api.multisource import shapes
from api.multisource.base import MultisourceView, view_of
from api.renderers import json_response
from core import clock
from core.errors import Invalid
from reservations.selectors.source_figures import Figures, figures_of_sources

_USUAL = dt.timedelta(days=30)


class SourceFiguresView(MultisourceView):
    """``/api/analytics/sources``."""

    scopes = {"GET": ("read:analytics",)}

    @extend_schema(
        summary="Figures by source",
        operation_id="multisource_figures",
        parameters=[wire.FiguresQuery],
        responses={
            (200, "application/json"): wire.FiguresResponse,
            (200, "text/csv"): OpenApiResponse(OpenApiTypes.STR, description="With format=csv"),
        },
    )
    def get(self, request: Request) -> HttpResponse:
        """Bookings, guests, estimated revenue, commission and more by source, for service dates.

        A key of one source sees its own. Test bookings are not counted. `totalRevenue` is what a
        guest usually spends (the restaurant says so in its settings), times those who came or are
        expected.
        """
        asked = self.query(request, wire.FiguresQuery)
        view = view_of(request, asked.get("restaurant"))
        last = asked.get("last") or clock.now().date()
        first = asked.get("first") or last - _USUAL
        if first > last:
            raise Invalid(first="This must not be after to.")
        found = figures_of_sources(view.restaurant, first, last, source=view.source)
        if asked["format"] == "csv":
            return _table(found)
        return json_response({"success": True, "data": shapes.figures(found)})


def _table(found: Figures) -> HttpResponse:
    """One line a source. Names of sources hold nothing that a spreadsheet would calculate."""
    rows = [shapes.source_figures(each) | {"currency": found.currency} for each in found.sources]
    columns = [*shapes.source_figures(found.total), "currency"]
    text = io.StringIO()
    table = csv.DictWriter(text, columns)
    table.writeheader()
    table.writerows(rows)
    name = f"sources-{found.first}-{found.last}.csv"
    return HttpResponse(
        text.getvalue(),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
