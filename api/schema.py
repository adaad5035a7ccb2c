"""The OpenAPI document: how it describes our callers and our errors, and where it is served."""

from __future__ import annotations

from functools import cache
from typing import Any

import orjson
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import Direction, OpenApiParameter, OpenApiResponse
from rest_framework import serializers
from rest_framework.permissions import IsAuthenticated

PUBLIC_ID = "^[A-Za-z0-9_-]{1,40}$"
"""What can be a public id, slug or code (``api.routing``)."""


REFUSALS = {
    "400": "What was sent cannot be, or can never be booked; `details` says why",
    "401": "No credentials, or none that are good",
    "403": "Not allowed: a scope is missing, or it is somebody else's",
    "404": "Not there, or not yours to see",
    "409": "It does not go together with what is there already",
    "422": "This Idempotency-Key was used for another request",
    "429": "Too many requests; `Retry-After` says for how many seconds",
}
"""What the statuses outside of 2xx mean; `default` stands for 402, 405, 410, 413, 415, 5xx."""

IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    {"type": "string", "pattern": "^[\\x21-\\x7e]{1,255}$"},
    OpenApiParameter.HEADER,
    description="Send the same again to get the same answer, for 24 hours",
)
RESTAURANT_HEADER = OpenApiParameter(
    "X-Restaurant-Id",
    {"type": "string", "pattern": "^[A-Za-z0-9_-]{0,40}$"},
    OpenApiParameter.HEADER,
    description="Which restaurant, where a key works for several; empty names none",
)


class ErrorResponse(serializers.Serializer[Any]):
    """Every answer outside of 2xx."""

    error = serializers.CharField(help_text="One plain sentence that says what to do")
    code = serializers.CharField(help_text="UPPER_SNAKE, stable")
    details = serializers.DictField(
        child=serializers.JSONField(),
        help_text="What a program may act on; `fields` maps names to what is wrong with them",
    )
    correlationId = serializers.CharField(  # noqa: N815  the wire's name
        help_text="Quote this when you ask us about the request; also in X-Request-Id"
    )


class DialectSchema(AutoSchema):
    """What is true of every operation: any other status carries the dialect's error shape, and
    what is open to all says so.
    """

    @property
    def _owner(self) -> Any:
        """The view that answers this method, where several share a path (``api.routing``)."""
        return getattr(self.view, "owners", {}).get(self.method, self.view)

    def get_auth(self) -> list[dict[str, Any]]:
        """Credentials are optional where a view for programs asks for no scope."""
        found: list[dict[str, Any]] = super().get_auth()
        scopes = getattr(self._owner, "scopes", {})
        is_open = scopes.get(self.method, ("",)) == ()
        return [*found, {}] if is_open and {} not in found else found

    def get_serializer_name(self, serializer: Any, direction: Direction) -> Any:
        """The class's name; the generator adds ``Request`` itself, and ours end so already."""
        name = super().get_serializer_name(serializer, direction)
        return name.removesuffix("Request") if direction == "request" else name

    def _get_response_bodies(self, direction: Direction = "response") -> Any:
        bodies = super()._get_response_bodies(direction)
        shape = getattr(self._owner, "error_shape", ErrorResponse)
        answer: Any = self._get_response_for_code  # untyped
        for status, meaning in self._refusals().items():
            bodies.setdefault(
                status, answer(OpenApiResponse(shape, meaning), status, direction=direction)
            )
        bodies["default"] = answer(shape, "default", direction=direction)
        return bodies

    def _refusals(self) -> dict[str, str]:
        """The statuses this operation may say no with, and what each means."""
        owner = self._owner
        scopes = getattr(owner, "scopes", {}).get(self.method, ())
        is_closed = bool(scopes) or IsAuthenticated in owner.permission_classes
        holds = {
            "400": True,
            "401": is_closed or bool(owner.authentication_classes),
            "403": is_closed,
            "404": "{" in self.path or bool(scopes),
            "409": self.method != "GET",
            "422": any(each.get("name") == "Idempotency-Key" for each in self._headers()),
            "429": bool(owner.throttle_classes),
        }
        return {status: REFUSALS[status] for status, is_so in holds.items() if is_so}

    def _headers(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._get_parameters()
        return [each for each in found if each["in"] == "header"]


class GuestJWTScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How a guest signs in."""

    target_class = "api.auth.GuestJWTAuthentication"
    name = "guest"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, str]:
        """A bearer token in the Authorization header."""
        return {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "JWT",
            "description": "The access token of POST /api/auth/token.",
        }


class ApiKeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How a program signs in."""

    target_class = "api.auth.ApiKeyAuthentication"
    name = ["apiKey", "apiKeyBearer"]

    def get_security_requirement(self, auto_schema: AutoSchema) -> list[dict[str, list[Any]]]:
        """Either of the two."""
        return [{name: []} for name in self.name]

    def get_security_definition(self, auto_schema: AutoSchema) -> list[dict[str, str]]:
        """The key in a header of its own, or as a bearer token."""
        return [
            {
                "type": "apiKey",
                "in": "header",
                "name": "X-API-Key",
                "description": "A key such as cv_live_…, made on /staff/keys/.",
            },
            {
                "type": "http",
                "scheme": "bearer",
                "description": "The same key as “Authorization: Bearer cv_live_…”.",
            },
        ]


@cache
def document() -> bytes:
    """The OpenAPI document as JSON. The same for everybody, so it is made once per process."""
    generator: Any = SchemaGenerator  # untyped
    schema = generator().get_schema(request=None, public=True)
    return orjson.dumps(schema, default=str, option=orjson.OPT_NON_STR_KEYS)


@require_safe
def schema(_request: HttpRequest) -> HttpResponse:
    """``GET /api/schema``: OpenAPI 3.1 of everything below ``/api/``, as JSON."""
    return HttpResponse(document(), content_type="application/vnd.oai.openapi+json")
