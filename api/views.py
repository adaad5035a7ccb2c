"""What all JSON views have in common, and the answer for addresses that do not exist."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar, TypeVar

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import NotFound
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.permissions import BasePermission, IsAuthenticated
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from api.auth import GuestJWTAuthentication
from api.errors import ExceptionHandler, Problem, bare, handler_of
from api.parsers import StrictJSONParser
from api.renderers import OrjsonRenderer
from api.schema import DialectSchema, ErrorResponse
from api.serializers import StrictSerializer
from core.rates import Allowance

_handle = handler_of(bare)


def _for_anybody(problem: Problem, correlation_id: str) -> dict[str, Any]:
    """Contract 1's envelope and contract 2's in one, for addresses that could be either's."""
    return {"success": False} | bare(problem, correlation_id)


_handle_anybodys = handler_of(_for_anybody)

V = TypeVar("V", bound="type[DialectView]")


class JsonOnly(BaseContentNegotiation):
    """JSON in, JSON out. DRF's own way compares media types at length, with the same result."""

    def select_parser(self, request: Request, parsers: Iterable[BaseParser]) -> BaseParser | None:
        """The first parser if it reads what was sent; None becomes a 415."""
        sent = (request.content_type or "").partition(";")[0].strip().lower()
        parser = next(iter(parsers))
        return parser if sent == parser.media_type else None

    def select_renderer(
        self,
        request: Request,
        renderers: Iterable[BaseRenderer],
        format_suffix: str | None = None,
    ) -> tuple[BaseRenderer, str]:
        """The first renderer, whatever ``Accept`` says: a 406 helps nobody."""
        renderer = next(iter(renderers))
        return renderer, str(renderer.media_type)


class DialectView(APIView):
    """One operation of one contract: read the request, call one service, shape the answer.

    A dialect subclasses this once, with its own ``handle_error`` (from
    :func:`api.errors.handler_of`) and ``error_shape``; everything else it may override like any
    DRF policy. Guests only, unless :func:`public` opens a view. Handlers return
    :func:`api.renderers.json_response`. JSON is all it speaks, so nothing is negotiated.
    """

    authentication_classes: Sequence[type[BaseAuthentication]] = (GuestJWTAuthentication,)
    permission_classes: Sequence[type[BasePermission]] = (IsAuthenticated,)
    throttle_classes: Sequence[type[BaseThrottle]] = ()
    parser_classes = (StrictJSONParser,)
    renderer_classes = (OrjsonRenderer,)
    content_negotiation_class = JsonOnly
    versioning_class = None
    metadata_class = None
    schema = DialectSchema()

    handle_error: ClassVar[staticmethod[[Exception, Mapping[str, Any]], HttpResponse]] = (
        staticmethod(_handle)
    )
    error_shape: ClassVar[type[Any]] = ErrorResponse

    request: Request

    @staticmethod
    def body(request: Request, shape: type[StrictSerializer]) -> dict[str, Any]:
        """The JSON body, validated by ``shape``. Raises what the parser and ``shape`` raise."""
        return shape.read(request.data)

    @staticmethod
    def query(request: Request, shape: type[StrictSerializer]) -> dict[str, Any]:
        """The query string, validated by ``shape``."""
        return shape.read_query(request.query_params)

    def options(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Which methods there are."""
        return HttpResponse(status=204, headers={"Allow": ", ".join(self.allowed_methods)})

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """The answer with ``X-RateLimit-*``, where a throttle has counted (``api.keyed``)."""
        answer = super().finalize_response(request, response, *args, **kwargs)
        allowance: Allowance | None = getattr(request, "allowance", None)
        if allowance is not None:
            answer.headers["X-RateLimit-Limit"] = str(allowance.limit)
            answer.headers["X-RateLimit-Remaining"] = str(allowance.remaining)
            answer.headers["X-RateLimit-Reset"] = str(math.ceil(allowance.frees_at))
        return answer

    def get_exception_handler(self) -> ExceptionHandler:
        """The dialect's."""
        return type(self).handle_error

    def handle_exception(self, exc: Exception) -> Any:
        """Every exception becomes an answer; DRF's own way would let unknown ones through."""
        return self.get_exception_handler()(exc, {"view": self, "request": self.request})

    @property
    def default_response_headers(self) -> dict[str, str]:
        """None: ``Allow`` belongs to 405 and OPTIONS, and the answer never varies."""
        return {}


def public(view: V) -> V:
    """Class decorator: anybody may call, and a token that is sent along is not even looked at."""
    view.authentication_classes = ()
    view.permission_classes = ()
    return view


@csrf_exempt
def unknown_path(
    request: HttpRequest, handle: ExceptionHandler = _handle_anybodys, **_: Any
) -> HttpResponse:
    """404 in JSON for everything below ``/api/`` that no dialect claims; ``handle`` shapes it."""
    path = request.path_info
    if path.endswith("/"):
        text = f"There is nothing at this address. Leave out the slash at the end of {path[:200]}."
    else:
        text = "There is nothing at this address. GET /api/docs lists what there is."
    context: Mapping[str, Any] = {"view": None}
    return handle(NotFound(text), context)
