"""Swagger UI and Redoc from files of our own, without inline scripts and without other hosts."""

from __future__ import annotations

import orjson
from django.http import HttpRequest, HttpResponse
from django.templatetags.static import static
from django.urls import reverse
from django.utils.html import format_html
from django.views.decorators.http import require_safe

from api import postman
from api.schema import document

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
    " connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

_READING_POLICY = (
    "default-src 'none'; script-src 'self'; worker-src blob:; img-src 'self' data:;"
    # Redoc writes its styles while it runs, and takes no nonce for them.
    " style-src 'unsafe-inline'; connect-src 'self'; base-uri 'none'; form-action 'none';"
    " frame-ancestors 'none'"
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
<nav><a href="{reading}">Read it on one page</a> · <a href="{schema}">OpenAPI</a> ·
<a href="{postman}">Postman</a></nav>
<div id="swagger-ui" data-schema="{schema}"></div>
<script src="{bundle}"></script>
<script src="{start}"></script>
</body>
</html>
"""

_READING_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Couvert API, to read</title>
<link rel="icon" href="{icon}">
<style>body {{ margin: 0 }}</style>
</head>
<body>
<noscript>This page needs JavaScript. The same as JSON: <a href="{schema}">{schema}</a></noscript>
<redoc spec-url="{schema}"></redoc>
<script src="{bundle}"></script>
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
        reading=reverse("api-redoc"),
        postman=reverse("api-postman"),
    )
    return HttpResponse(page, headers={"Content-Security-Policy": _POLICY})


@require_safe
def redoc(_request: HttpRequest) -> HttpResponse:
    """``GET /api/redoc``: the same on one long page, to read and to print."""
    page = format_html(
        _READING_PAGE,
        icon=_asset("favicon-32x32.png"),
        bundle=static("drf_spectacular_sidecar/redoc/bundles/redoc.standalone.js"),
        schema=reverse("api-schema"),
    )
    return HttpResponse(page, headers={"Content-Security-Policy": _READING_POLICY})


@require_safe
def postman_collection(request: HttpRequest) -> HttpResponse:
    """``GET /api/postman.json``: the same as a collection for Postman, Insomnia or Bruno."""
    found = postman.collection(orjson.loads(document()), request.build_absolute_uri("/")[:-1])
    name = 'attachment; filename="couvert.postman_collection.json"'
    return HttpResponse(
        orjson.dumps(found, option=orjson.OPT_INDENT_2),
        content_type="application/json",
        headers={"Content-Disposition": name},
    )


@require_safe
def start(_request: HttpRequest) -> HttpResponse:
    """The page's only script of its own: a separate file, because inline scripts are forbidden."""
    return HttpResponse(_START, content_type="text/javascript")


def _asset(name: str) -> str:
    return static(f"drf_spectacular_sidecar/swagger-ui-dist/{name}")
