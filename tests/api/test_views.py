"""What every JSON view does: refusals in one shape, no pages, shared paths, unknown addresses."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import include, path
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from api import tokens
from api.auth import guest_of
from api.errors import Problem, handler_of
from api.renderers import json_response
from api.routing import by_method
from api.serializers import StrictSerializer, WholeNumber
from api.views import DialectView, public
from reservations.errors import PaymentPending


class Party(StrictSerializer):
    partySize = WholeNumber(min_value=1, max_value=12, source="party_size")  # noqa: N815


@public
class EchoView(DialectView):
    @extend_schema(operation_id="echo", request=Party, responses={200: Party})
    def post(self, request: Request) -> HttpResponse:
        return json_response(self.body(request, Party))

    def get(self, request: Request) -> HttpResponse:
        return json_response(self.query(request, Party))


class WhoView(DialectView):
    @extend_schema(operation_id="who", responses={200: Party})
    def get(self, request: Request) -> HttpResponse:
        return json_response({"id": guest_of(request).public_id})


@public
class BrokenView(DialectView):
    def get(self, request: Request) -> HttpResponse:
        raise RuntimeError("internal detail")

    def post(self, request: Request) -> HttpResponse:
        raise OperationalError("server closed the connection")


def shouting(problem: Problem, correlation_id: str) -> dict[str, Any]:
    return {"ERROR": problem.code}


@public
class PendingView(DialectView):
    def post(self, request: Request) -> HttpResponse:
        raise PaymentPending


class OtherDialectView(DialectView):
    handle_error = staticmethod(handler_of(shouting))

    @extend_schema(operation_id="other", responses={200: Party})
    def put(self, request: Request) -> HttpResponse:
        return json_response({"other": True})


def plain_page(request: HttpRequest) -> HttpResponse:
    return HttpResponse("page")


urlpatterns = [
    path("api/echo", EchoView.as_view()),
    path("api/who", WhoView.as_view()),
    path("api/broken", BrokenView.as_view()),
    path(
        "api/shared",
        by_method(GET=WhoView.as_view(), POST=EchoView.as_view(), PUT=OtherDialectView.as_view()),
    ),
    path("api/shared-too", by_method(PUT=OtherDialectView.as_view())),
    path("api/pending", PendingView.as_view()),
    path("api/", include("api.urls")),
]

pytestmark = pytest.mark.urls(__name__)


@pytest.fixture
def signed_in() -> dict[str, str]:
    return {"authorization": f"Bearer {tokens.access_token('user_ada')}"}


@pytest.fixture
def caller() -> Client:
    return Client(enforce_csrf_checks=True)


def post(caller: Client, body: bytes | str, content_type: str = "application/json") -> Any:
    return caller.post("/api/echo", body, content_type=content_type)


def test_a_body_is_read_and_answered_in_json(caller: Client) -> None:
    answer = post(caller, '{"partySize": 2}')
    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/json"
    assert answer.json() == {"party_size": 2}
    assert "Allow" not in answer
    assert "Vary" not in answer


def test_the_answer_is_json_even_for_a_browser(caller: Client) -> None:
    answer = caller.get("/api/echo?partySize=2", headers={"accept": "text/html"})
    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/json"


def test_a_charset_in_the_content_type_is_no_obstacle(caller: Client) -> None:
    assert post(caller, '{"partySize": 2}', "application/json; charset=utf-8").status_code == 200


def test_the_correlation_id_is_in_the_header_and_in_the_body(caller: Client) -> None:
    answer = caller.get("/api/nothing", headers={"x-request-id": "order-66"})
    assert answer["X-Request-Id"] == "order-66"
    assert answer.json()["correlationId"] == "order-66"


@pytest.mark.parametrize(
    ("body", "content_type", "status", "code"),
    [
        ("{", "application/json", 400, "MALFORMED_BODY"),
        ("[]", "application/json", 400, "MALFORMED_BODY"),
        ("", "application/json", 400, "VALIDATION_ERROR"),
        ("{}", "application/json", 400, "VALIDATION_ERROR"),
        ('{"partySize": "2"}', "application/json", 400, "VALIDATION_ERROR"),
        ('{"partySize": 2, "x": 1}', "application/json", 400, "VALIDATION_ERROR"),
        ("partySize=2", "application/x-www-form-urlencoded", 415, "UNSUPPORTED_MEDIA_TYPE"),
        ("partySize=2", "text/plain", 415, "UNSUPPORTED_MEDIA_TYPE"),
        ('{"partySize": 2}', "nonsense", 415, "UNSUPPORTED_MEDIA_TYPE"),
        ("x" * 5_000_000, "application/json", 413, "BODY_TOO_LARGE"),
    ],
)
def test_a_bad_body_is_refused_in_the_one_shape(
    caller: Client, body: str, content_type: str, status: int, code: str
) -> None:
    answer = post(caller, body, content_type)
    assert answer.status_code == status
    told = answer.json()
    assert sorted(told) == ["code", "correlationId", "details", "error"]
    assert told["code"] == code
    assert told["error"].endswith(".")


def test_without_a_token_a_view_is_closed(caller: Client) -> None:
    answer = caller.get("/api/who")
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"] == 'Bearer realm="couvert"'
    assert answer.json()["code"] == "UNAUTHORIZED"


def test_with_a_token_it_opens_and_asks_no_database(
    caller: Client, signed_in: dict[str, str]
) -> None:
    # No database fixture here: a query would fail this test.
    answer = caller.get("/api/who", headers=signed_in)
    assert answer.json() == {"id": "user_ada"}


@pytest.mark.parametrize(
    ("token", "code", "sentence"),
    [
        (
            "cv_live_123",
            "API_KEY_INVALID",
            (
                "This API key is not valid here. Sign in as a guest and send the access token as"
                " “Authorization: Bearer …”."
            ),
        ),
        (
            "nonsense",
            "TOKEN_INVALID",
            "This access token is not valid. Sign in again to get a new one.",
        ),
    ],
)
def test_a_bad_token_is_401_with_its_own_sentence(
    caller: Client, token: str, code: str, sentence: str
) -> None:
    answer = caller.get("/api/who", headers={"authorization": f"Bearer {token}"})
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"] == 'Bearer realm="couvert"'
    assert (answer.json()["code"], answer.json()["error"]) == (code, sentence)


def test_an_open_view_does_not_look_at_tokens(caller: Client) -> None:
    answer = caller.get("/api/echo?partySize=2", headers={"authorization": "Bearer nonsense"})
    assert answer.status_code == 200


def test_a_wrong_method_is_405_with_the_right_ones(caller: Client) -> None:
    answer = caller.delete("/api/echo")
    assert answer.status_code == 405
    assert answer["Allow"] == "GET, POST, HEAD"
    assert answer.json()["code"] == "METHOD_NOT_ALLOWED"
    assert answer.json()["error"] == "This address answers GET and POST only."


def test_options_lists_the_methods(caller: Client) -> None:
    answer = caller.options("/api/echo")
    assert answer.status_code == 204
    assert answer["Allow"] == "GET, POST, HEAD, OPTIONS"


def test_a_bug_is_a_500_in_the_same_shape(caller: Client) -> None:
    answer = caller.get("/api/broken", headers={"x-request-id": "order-66"})
    assert answer.status_code == 500
    assert answer.json() == {
        "error": "Something went wrong on our side. Try again, and tell us the correlation id"
        " if it stays.",
        "code": "INTERNAL_ERROR",
        "details": {},
        "correlationId": "order-66",
    }


@pytest.mark.django_db
def test_a_database_that_is_away_is_a_503(caller: Client) -> None:
    answer = caller.post("/api/broken")
    assert answer.status_code == 503
    assert answer["Retry-After"] == "2"


def test_a_payment_without_an_answer_is_a_503_and_no_news_for_the_log(
    caller: Client, caplog: pytest.LogCaptureFixture
) -> None:
    answer = caller.post("/api/pending")
    assert (answer.status_code, answer["Retry-After"]) == (503, "2")
    assert answer.json()["code"] == "PAYMENT_PENDING"
    assert caplog.records == []


def test_a_bug_is_logged_once(caller: Client, caplog: pytest.LogCaptureFixture) -> None:
    caller.get("/api/broken")
    assert caplog.messages == ["Request failed"]


def test_a_shared_path_gives_each_method_to_its_owner(
    caller: Client, signed_in: dict[str, str]
) -> None:
    assert caller.get("/api/shared", headers=signed_in).json() == {"id": "user_ada"}
    assert caller.head("/api/shared", headers=signed_in).status_code == 200
    assert caller.put("/api/shared", headers=signed_in).json() == {"other": True}
    answer = caller.post("/api/shared", '{"partySize": 2}', content_type="application/json")
    assert answer.json() == {"party_size": 2}


def test_each_owner_of_a_shared_path_keeps_its_own_envelope(caller: Client) -> None:
    assert caller.get("/api/shared").json()["code"] == "UNAUTHORIZED"
    assert caller.put("/api/shared").json() == {"ERROR": "UNAUTHORIZED"}


def test_a_shared_path_knows_its_methods(caller: Client) -> None:
    answer = caller.delete("/api/shared")
    assert answer.status_code == 405
    assert answer["Allow"] == "GET, POST, PUT, HEAD"
    assert caller.options("/api/shared")["Allow"] == "GET, POST, PUT, HEAD, OPTIONS"
    answer = caller.delete("/api/shared-too")
    assert (answer["Allow"], answer.json()) == ("PUT", {"ERROR": "METHOD_NOT_ALLOWED"})


def test_a_shared_path_is_described_as_its_owners_are() -> None:
    generator: Any = SchemaGenerator  # untyped
    schema = generator(patterns=urlpatterns[3:4]).get_schema(public=True)
    shared = schema["paths"]["/api/shared"]
    assert {method: shared[method]["operationId"] for method in shared} == {
        "get": "who",
        "post": "echo",
        "put": "other",
    }
    assert shared["get"]["security"] == [{"guest": []}]
    assert "security" not in shared["post"]


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        (
            "/api/nothing",
            "There is nothing at this address. GET /api/docs lists what there is.",
        ),
        (
            "/api/auth/token/",
            "There is nothing at this address. Leave out the slash at the end of /api/auth/token/.",
        ),
    ],
)
def test_an_unknown_address_is_404_in_json(caller: Client, address: str, sentence: str) -> None:
    for method in ("get", "post", "delete"):
        answer = getattr(caller, method)(address)
        assert answer.status_code == 404
        assert answer["Content-Type"] == "application/json"
        assert answer.json()["code"] == "NOT_FOUND"
        assert answer.json()["error"] == sentence


def test_an_address_with_strange_characters_is_404(caller: Client) -> None:
    answer = caller.get("/api/reservations/%00")
    assert answer.status_code == 404
    assert json.loads(answer.content)["code"] == "NOT_FOUND"
