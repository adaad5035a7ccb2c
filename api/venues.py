"""Which restaurant a program's request is about."""

from __future__ import annotations

from rest_framework.request import Request

from api.auth import KeyCaller
from core.errors import Invalid
from restaurants.errors import RestaurantNotFound
from restaurants.models import Restaurant

HEADER = "X-Restaurant-Id"
_MOST = 2


def restaurant_of(request: Request, named: str | None = None) -> str:
    """Public id of the restaurant that is meant.

    A key of one restaurant means that one; naming another is answered as if there were none. Else
    the one that is named (by id or slug, in the request or the header ``X-Restaurant-Id``), else
    the one marked as answering where none is named, else the only one there is. Raises
    RestaurantNotFound, or Invalid where several could be meant. At most one query.
    """
    named = named or request.headers.get(HEADER) or ""
    caller: object = request.user
    if isinstance(caller, KeyCaller) and caller.restaurant_id is not None:
        if named and named not in (caller.restaurant, caller.restaurant_slug):
            raise RestaurantNotFound
        return caller.restaurant
    if named:
        found = _named(named[:50])
        if found is None:
            raise RestaurantNotFound
        return found
    return _meant()


def _named(name: str) -> str | None:
    houses = Restaurant.objects.order_by()
    for field in ("public_id", "slug"):
        if found := houses.filter(**{field: name}).values_list("public_id", flat=True).first():
            return found
    return None


def _meant() -> str:
    houses = Restaurant.objects.order_by("-is_default", "pk")
    first = list(houses.values_list("public_id", "is_default")[:_MOST])
    if not first:
        raise RestaurantNotFound
    if first[0][1] or len(first) == 1:
        return first[0][0]
    raise Invalid(
        "Several restaurants could be meant: name one in the header X-Restaurant-Id.",
        restaurant="Send the restaurant's id or slug.",
    )
