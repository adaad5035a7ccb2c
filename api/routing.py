"""One path, several owners: each method of a shared path goes to the dialect that published it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import register_converter
from django.views.decorators.csrf import csrf_exempt
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import MethodNotAllowed

from api.views import DialectView

ViewFunction = Callable[..., HttpResponseBase]


class PublicIdConverter:
    """``<public_id:hold_id>``: what can be a public id, slug or code. Anything else is a 404."""

    regex = r"[A-Za-z0-9_-]{1,40}"

    def to_python(self, value: str) -> str:
        """As it stands."""
        return value

    def to_url(self, value: str) -> str:
        """As it stands."""
        return value


register_converter(PublicIdConverter, "public_id")


def by_method(**views: ViewFunction) -> ViewFunction:
    """A view that hands each method to its own: ``by_method(PUT=Update.as_view(), DELETE=…)``.

    HEAD follows GET. Any other method is answered 405 with the right ``Allow``, in the envelope
    of the first view. The schema shows every method as if it stood alone, provided that it is
    annotated on the method, not on the class.
    """
    table = {method.upper(): view for method, view in views.items()}
    if "GET" in table:
        table.setdefault("HEAD", table["GET"])
    owners = {method: _owner(view) for method, view in table.items()}
    handler = next(iter(owners.values()))().get_exception_handler()

    @csrf_exempt
    def dispatch(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        view = table.get(request.method or "")
        if view is not None:
            return view(request, *args, **kwargs)
        if request.method == "OPTIONS":
            return HttpResponse(status=204, headers={"Allow": ", ".join([*table, "OPTIONS"])})
        return handler(MethodNotAllowed(request.method or "?"), {"allowed": tuple(table)})

    documented: Any = dispatch
    documented.cls = _documentation(owners)
    documented.initkwargs = {}
    documented.login_required = False
    return dispatch


def _owner(view: ViewFunction) -> type[DialectView]:
    owner: type[DialectView] = view.cls  # type: ignore[attr-defined]  # set by APIView.as_view
    return owner


class SharedPath(DialectView):
    """What the schema generator looks at in place of ``by_method``'s views; serves no request."""

    owners: ClassVar[Mapping[str, type[DialectView]]] = {}

    def get_authenticators(self) -> list[BaseAuthentication]:
        """Those of the view that owns the method at hand."""
        # The generator asks once before it has a request.
        return self._owner().get_authenticators() if self.request is not None else []

    def get_permissions(self) -> Sequence[Any]:
        """Those of the view that owns the method at hand."""
        return self._owner().get_permissions()

    def _owner(self) -> DialectView:
        return self.owners[self.request.method or "GET"]()


def _documentation(owners: Mapping[str, type[DialectView]]) -> type[SharedPath]:
    handlers = {
        method.lower(): getattr(owner, method.lower())
        for method, owner in owners.items()
        if method != "HEAD"
    }
    return type("SharedPath", (SharedPath,), {**handlers, "owners": dict(owners)})
