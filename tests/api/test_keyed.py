"""Views for programs: who gets in, how often, about which restaurant."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import RequestFactory, override_settings
from django.urls import path
from rest_framework.request import Request

from accounts.services import keys
from api.auth import KeyCaller, key_of
from api.errors import handler_of, unsuccessful
from api.keyed import KeyedView
from api.renderers import json_response
from api.venues import restaurant_of
from core.actors import SYSTEM
from core.errors import Invalid
from restaurants.errors import RestaurantNotFound
from restaurants.models import Restaurant
from tests.api.conftest import Api
from tests.factories import make_restaurant

pytestmark = pytest.mark.django_db


class _Tables(KeyedView):
    scopes = {
        "GET": (),
        "POST": ("write:table_bookings", "create:bookings"),
        "PUT": ("read:customers",),
    }
    handle_error = staticmethod(handler_of(unsuccessful))

    def get(self, request: Request) -> Any:
        return json_response({"name": getattr(request.user, "name", None)})

    def post(self, request: Request) -> Any:
        return json_response({"source": key_of(request).source}, 201)

    def put(self, request: Request) -> Any:
        return json_response({})

    def delete(self, request: Request) -> Any:
        return json_response({})


urlpatterns = [path("api/tables", _Tables.as_view())]


@pytest.fixture(autouse=True)
def _urls() -> Iterator[None]:
    with override_settings(ROOT_URLCONF=__name__):
        yield


def _key(*scopes: str, **fields: Any) -> str:
    return keys.create_key("Partner", by=SYSTEM, scopes=scopes, **fields).text


@pytest.mark.parametrize("header", ["HTTP_X_API_KEY", "HTTP_AUTHORIZATION"])
@pytest.mark.parametrize("scope", ["write:table_bookings", "create:bookings", "*"])
def test_any_of_the_scopes_opens_a_method(nobody: Api, header: str, scope: str) -> None:
    text = _key(scope, source="resy")
    value = text if header == "HTTP_X_API_KEY" else f"Bearer {text}"
    answer = nobody("POST", "tables", {}, **{header: value})
    assert (answer.status_code, answer.json()) == (201, {"source": "resy"})


def test_a_missing_scope_is_named_with_those_there_are(nobody: Api) -> None:
    text = _key("read:events", "read:table_bookings")
    answer = nobody("POST", "tables", {}, HTTP_X_API_KEY=text)
    assert answer.status_code == 403
    assert answer.json() == {
        "success": False,
        "error": "Insufficient permissions",
        "code": "FORBIDDEN",
        "details": {
            "requiredPermission": "write:table_bookings",
            "yourPermissions": ["read:events", "read:table_bookings"],
        },
    }


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"HTTP_X_API_KEY": ""},
        {"HTTP_X_API_KEY": "anch_nothing"},
        {"HTTP_AUTHORIZATION": "Bearer cv_live_nothing"},
        {"HTTP_AUTHORIZATION": "Bearer eyJhbGciOi.x.y"},
        {"HTTP_AUTHORIZATION": "Basic QTpC"},
    ],
)
def test_without_an_open_key_nobody_gets_in(nobody: Api, headers: dict[str, str]) -> None:
    answer = nobody("POST", "tables", {}, **headers)
    assert answer.status_code == 401
    assert answer.json()["error"] == "Invalid or missing API key"
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_what_is_open_to_all_still_refuses_a_key_that_is_wrong(nobody: Api) -> None:
    assert nobody("GET", "tables").json() == {"name": None}
    assert nobody("GET", "tables", HTTP_X_API_KEY=_key()).json() == {"name": "Partner"}
    assert nobody("GET", "tables", HTTP_X_API_KEY="cv_live_x").status_code == 401


def test_a_method_without_scopes_is_open_to_nobody(nobody: Api) -> None:
    assert nobody("DELETE", "tables", HTTP_X_API_KEY=_key("*")).status_code == 403


def test_a_scope_that_no_key_can_have_is_a_mistake_in_the_code() -> None:
    with pytest.raises(ValueError, match="read:tables"):

        class _Wrong(KeyedView):
            scopes = {"GET": ("read:tables",)}


def test_a_key_has_its_requests_an_hour_and_says_so(nobody: Api) -> None:
    text = _key("*", rate_per_hour=3)
    answers = [nobody("GET", "tables", HTTP_X_API_KEY=text) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert [answer.headers["X-RateLimit-Remaining"] for answer in answers] == ["2", "1", "0", "0"]
    assert {answer.headers["X-RateLimit-Limit"] for answer in answers} == {"3"}
    refused = answers[-1]
    assert refused.json()["code"] == "RATE_LIMIT_EXCEEDED"
    assert 0 < int(refused.headers["Retry-After"]) <= 2 * 3600
    # Another key is another count.
    assert nobody("GET", "tables", HTTP_X_API_KEY=_key("*")).status_code == 200


@override_settings(API_SOURCE_PER_HOUR=2)
def test_a_source_has_its_requests_over_all_its_keys(nobody: Api) -> None:
    first, second = (_key("*", source="resy") for _ in range(2))
    statuses = [
        nobody("GET", "tables", HTTP_X_API_KEY=text).status_code for text in (first, second, first)
    ]
    assert statuses == [200, 200, 429]


@override_settings(API_ANONYMOUS_PER_HOUR=1)
def test_strangers_are_counted_by_address(nobody: Api) -> None:
    statuses = [
        nobody("GET", "tables", REMOTE_ADDR=address).status_code
        for address in ("192.0.2.1", "192.0.2.1", "192.0.2.2")
    ]
    assert statuses == [200, 429, 200]


def test_a_refusal_for_want_of_a_scope_counts_too(nobody: Api) -> None:
    text = _key("read:events", rate_per_hour=1)
    assert nobody("POST", "tables", {}, HTTP_X_API_KEY=text).status_code == 403
    assert nobody("POST", "tables", {}, HTTP_X_API_KEY=text).status_code == 429


def _request(restaurant: Restaurant | None = None, header: str = "") -> Request:
    headers = {"X-Restaurant-Id": header} if header else {}
    request = Request(RequestFactory().get("/", headers=headers))
    if restaurant is not None:
        request.user = KeyCaller(  # type: ignore[assignment]
            "key_1", "P", (), "", restaurant.pk, restaurant.public_id, restaurant.slug, False, 10
        )
    return request


def test_a_key_of_one_restaurant_means_that_one_and_sees_no_other() -> None:
    own, other = make_restaurant(), make_restaurant(is_default=True)
    assert restaurant_of(_request(own)) == own.public_id
    assert restaurant_of(_request(own), own.slug) == own.public_id
    for named in (other.public_id, other.slug, "rest_nowhere"):
        with pytest.raises(RestaurantNotFound):
            restaurant_of(_request(own), named)
    with pytest.raises(RestaurantNotFound):
        restaurant_of(_request(own, other.public_id))


def test_without_a_key_of_one_it_is_the_named_then_the_default_then_the_only_one() -> None:
    with pytest.raises(RestaurantNotFound):
        restaurant_of(_request())
    first = make_restaurant()
    assert restaurant_of(_request()) == first.public_id
    second = make_restaurant()
    with pytest.raises(Invalid, match="X-Restaurant-Id"):
        restaurant_of(_request())
    assert restaurant_of(_request(header=second.slug)) == second.public_id
    assert restaurant_of(_request(), second.public_id) == second.public_id
    second.is_default = True
    second.save()
    assert restaurant_of(_request()) == second.public_id
    with pytest.raises(RestaurantNotFound):
        restaurant_of(_request(), "nowhere")
