"""Swagger UI from files of our own, under a policy without inline scripts and other hosts."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.templatetags.static import static
from django.urls import reverse
from django.utils.html import format_html
from django.views.decorators.http import require_safe

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
    " connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Couvert API</title>
<link rel="icon" href="{icon}">
<link rel="stylesheet" href="{css}">
</head>
<body>
<noscript>This page needs JavaScript. The same as JSON: <a href="{schema}">{schema}</a></noscript>
<div id="swagger-ui" data-schema="{schema}"></div>
<script src="{bundle}"></script>
<script src="{start}"></script>
</body>
</html>
"""

_START = """"use strict";
const place = document.getElementById("swagger-ui");
SwaggerUIBundle({
  url: place.dataset.schema,
  domNode: place,
  presets: [SwaggerUIBundle.presets.apis],
  layout: "BaseLayout",
  deepLinking: true,
  tryItOutEnabled: true,
});
"""


@require_safe
def docs(_request: HttpRequest) -> HttpResponse:
    """``GET /api/docs``: every operation, to read and to try."""
    page = format_html(
        _PAGE,
        icon=_asset("favicon-32x32.png"),
        css=_asset("swagger-ui.css"),
        bundle=_asset("swagger-ui-bundle.js"),
        start=reverse("api-docs-start"),
        schema=reverse("api-schema"),
    )
    return HttpResponse(page, headers={"Content-Security-Policy": _POLICY})


@require_safe
def start(_request: HttpRequest) -> HttpResponse:
    """The page's only script of its own: a separate file, because inline scripts are forbidden."""
    return HttpResponse(_START, content_type="text/javascript")


def _asset(name: str) -> str:
    return static(f"drf_spectacular_sidecar/swagger-ui-dist/{name}")
