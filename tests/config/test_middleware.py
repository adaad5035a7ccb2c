"""What happens to a request before and after its view."""

from __future__ import annotations

import gzip
import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.contrib.sessions.middleware import SessionMiddleware
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.test import Client
from django.urls import include, path

from config.logs import LineFormatter
from core import correlation

pytestmark = pytest.mark.urls(__name__)


def show(request: HttpRequest) -> HttpResponse:
    return JsonResponse(
        {
            "id": correlation.current(),
            "session": hasattr(request, "session"),
            "user": hasattr(request, "user"),
            "htmx": hasattr(request, "htmx"),
        }
    )


def away(request: HttpRequest) -> HttpResponse:
    raise OperationalError("connection refused: secret-host")


def away_raw(request: HttpRequest) -> HttpResponse:
    raise psycopg.OperationalError("connection refused")


def broken(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("secret detail")


def refusing(request: HttpRequest) -> HttpResponse:
    return HttpResponse("not now", status=503)


def telling(request: HttpRequest) -> StreamingHttpResponse:
    def lines() -> Iterator[bytes]:
        logging.getLogger("couvert").warning("Telling")
        yield b"told"

    return StreamingHttpResponse(lines())


def save(request: HttpRequest) -> HttpResponse:
    return HttpResponse("saved")


def long(request: HttpRequest) -> HttpResponse:
    return HttpResponse("<p>A table for two.</p>" * 40)


urlpatterns = [
    path("long/", long),
    path("api/long", long),
    path("admin/long/", long),
    path("api/show", show),
    path("show/", show),
    path("api/save", save),
    path("save/", save),
    path("admin/show/", show),
    path("api/away", away),
    path("api/away-raw", away_raw),
    path("away/", away),
    path("api/broken", broken),
    path("broken/", broken),
    path("refusing/", refusing),
    path("telling/", telling),
    path("healthz", show),
    # Error pages lead somewhere.
    path("", include("reservations.urls")),
]
handler404 = "config.errors.not_found"
handler500 = "config.errors.server_error"


@pytest.fixture
def quiet() -> Client:
    return Client(raise_request_exception=False)


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    """What is logged, as the handler of the process sees it."""
    mark = correlation.CorrelationFilter()
    caplog.handler.addFilter(mark)
    yield caplog
    caplog.handler.removeFilter(mark)


def test_pages_get_the_whole_stack_and_the_api_none_of_it(client: Client) -> None:
    page, api = client.get("/show/").json(), client.get("/api/show").json()
    assert {page[key] for key in ("session", "user", "htmx")} == {True}
    assert {api[key] for key in ("session", "user", "htmx")} == {False}


def test_a_form_needs_its_token_and_an_api_call_does_not() -> None:
    strict = Client(enforce_csrf_checks=True)
    assert strict.post("/save/").status_code == 403
    assert strict.post("/api/save").status_code == 200


def test_only_pages_are_redirected_to_a_closing_slash(client: Client) -> None:
    assert client.get("/show").headers["Location"] == "/show/"
    assert client.get("/api/show/").status_code == 404


def test_a_sane_request_id_is_kept_and_echoed(client: Client) -> None:
    answer = client.get("/api/show", headers={"X-Request-Id": "partner-7.A_b:1"})
    assert answer.json()["id"] == answer["X-Request-Id"] == "partner-7.A_b:1"
    assert correlation.current() == ""


@pytest.mark.parametrize("url", ["/broken/", "/api/broken", "/refusing/"])
def test_what_the_framework_logs_after_the_last_middleware_has_the_id(
    quiet: Client, log: pytest.LogCaptureFixture, url: str
) -> None:
    quiet.get(url, headers={"X-Request-Id": "call-2"})
    assert [(line.levelname, vars(line)["correlation_id"]) for line in log.records] == [
        ("ERROR", "call-2")
    ]
    assert correlation.current() == ""


def test_so_has_what_is_logged_while_a_stream_is_read(
    client: Client, log: pytest.LogCaptureFixture
) -> None:
    answer = client.get("/telling/", headers={"X-Request-Id": "call-3"})
    assert log.records == []
    assert b"".join(answer) == b"told"
    assert [(line.message, vars(line)["correlation_id"]) for line in log.records] == [
        ("Telling", "call-3")
    ]
    assert correlation.current() == ""


@pytest.mark.django_db  # closing an answer looks after connections of earlier tests
def test_one_request_does_not_inherit_the_id_of_another(
    client: Client, log: pytest.LogCaptureFixture
) -> None:
    left_open = client.get("/telling/", headers={"X-Request-Id": "call-4"})
    assert client.get("/api/show", headers={"X-Request-Id": "call-5"}).json()["id"] == "call-5"
    left_open.close()
    assert correlation.current() == ""


@pytest.mark.parametrize("host", ["strange.example", "bad host", "a" * 300, "testserver:80:80"])
def test_an_unknown_host_is_a_400_in_the_callers_shape_and_one_line(
    client: Client, log: pytest.LogCaptureFixture, host: str
) -> None:
    call = {"Host": host, "X-Request-Id": "call-6"}
    answer = client.get("/api/show", headers=call)
    assert (answer.status_code, answer["X-Request-Id"]) == (400, "call-6")
    assert answer.json() == {
        "error": "There is no book under this host name. Check the address.",
        "code": "UNKNOWN_HOST",
        "details": {},
        "correlationId": "call-6",
    }
    page = client.get("/show/", headers=call)
    assert (page.status_code, page["Content-Type"]) == (400, "text/html; charset=utf-8")
    assert "There is no book under this host name." in page.content.decode()
    assert client.get("/static/nothing.css", headers=call).status_code == 400
    assert len(log.records) == 3
    for line in log.records:
        assert (line.levelname, line.exc_info) == ("WARNING", None)
        assert (vars(line)["correlation_id"], vars(line)["host"]) == ("call-6", host[:100])


def test_probes_call_by_any_name(client: Client, log: pytest.LogCaptureFixture) -> None:
    assert client.get("/healthz", headers={"Host": "10.0.0.7:8000"}).status_code == 200
    assert log.records == []


@pytest.mark.parametrize("odd", ["", "a b", "x" * 65, "a\tb", "<script>", "ä", "a;b"])
def test_any_other_request_id_is_replaced(client: Client, odd: str) -> None:
    answer = client.get("/api/show", headers={"X-Request-Id": odd})
    assert answer["X-Request-Id"] != odd
    assert len(answer["X-Request-Id"]) == 16


def test_every_plain_answer_has_a_length(client: Client) -> None:
    answer = client.get("/api/show")
    assert answer["Content-Length"] == str(len(answer.content))


@pytest.mark.parametrize("url", ["/api/away", "/api/away-raw"])
def test_a_database_that_is_away_is_said_in_json(client: Client, url: str) -> None:
    answer = client.get(url)
    assert answer.status_code == 503
    assert answer["Retry-After"] == "2"
    assert answer.json()["code"] == "SERVICE_UNAVAILABLE"
    assert "secret-host" not in answer.content.decode()


def test_a_database_that_is_away_is_said_on_a_page(client: Client) -> None:
    answer = client.get("/away/")
    assert (answer.status_code, answer["Retry-After"]) == (503, "2")
    assert "<h1>" in answer.content.decode()
    assert "secret-host" not in answer.content.decode()


def test_a_database_lost_after_the_view_is_said_as_well(
    quiet: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lost(*_: Any) -> HttpResponse:
        raise OperationalError("gone")

    monkeypatch.setattr(SessionMiddleware, "process_response", lost)
    answer = quiet.get("/show/")
    assert (answer.status_code, answer["Retry-After"]) == (503, "2")


def test_our_own_fault_is_a_500_that_names_only_its_reference(quiet: Client) -> None:
    answer = quiet.get("/api/broken", headers={"X-Request-Id": "call-1"})
    assert answer.status_code == 500
    body = answer.json()
    assert set(body) == {"error", "code", "details", "correlationId"}
    assert (body["code"], body["correlationId"]) == ("INTERNAL_ERROR", "call-1")
    assert "call-1" in body["error"]
    page = quiet.get("/broken/")
    assert page.status_code == 500
    assert "secret detail" not in page.content.decode()


@pytest.mark.parametrize("key", ["\0" * 20, "x" * 33, "Ä" * 32, "'; --" * 8, "short"])
@pytest.mark.parametrize("path", ["/my-bookings/", "/admin/login/"])
@pytest.mark.django_db
def test_a_cookie_that_cannot_be_a_session_is_none(client: Client, path: str, key: str) -> None:
    client.cookies[settings.SESSION_COOKIE_NAME] = key
    assert client.get(path).status_code in (200, 404)


def test_pages_carry_a_policy_without_inline_scripts(client: Client) -> None:
    policy = client.get("/show/")["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "script-src 'self';" in policy + ";"
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy


def test_the_admin_has_a_looser_policy_of_its_own(client: Client) -> None:
    policy = client.get("/admin/show/")["Content-Security-Policy"]
    assert "'unsafe-eval'" in policy
    assert "default-src 'self'" in policy


def test_browsers_are_told_what_not_to_do(client: Client) -> None:
    page = client.get("/show/")
    assert page["X-Content-Type-Options"] == "nosniff"
    assert page["X-Frame-Options"] == "DENY"
    assert page["Referrer-Policy"] == "strict-origin-when-cross-origin"
    assert client.get("/api/show")["X-Content-Type-Options"] == "nosniff"


def test_known_origins_may_call_the_api(client: Client) -> None:
    origin = settings.CORS_ALLOWED_ORIGINS[0]
    answer = client.options(
        "/api/show",
        headers={"Origin": origin, "Access-Control-Request-Method": "POST"},
    )
    assert answer["Access-Control-Allow-Origin"] == origin
    for header in ("authorization", "idempotency-key", "x-source", "x-api-key", "content-type"):
        assert header in answer["Access-Control-Allow-Headers"]


def test_unknown_origins_and_pages_get_no_permission(client: Client) -> None:
    strange = client.get("/api/show", headers={"Origin": "https://strange.example"})
    page = client.get("/show/", headers={"Origin": settings.CORS_ALLOWED_ORIGINS[0]})
    assert "Access-Control-Allow-Origin" not in strange.headers
    assert "Access-Control-Allow-Origin" not in page.headers


def test_a_logged_line_is_one_line_with_the_id_and_no_objects() -> None:
    record = logging.makeLogRecord(
        {"name": "couvert", "levelname": "INFO", "msg": "Held\nfor %s", "args": ("table 4",)}
    )
    record.seats, record.request = 4, HttpRequest()
    token = correlation.bind("call-9")
    correlation.CorrelationFilter().filter(record)
    correlation.release(token)
    line = LineFormatter().format(record)
    assert line.endswith("INFO couvert [call-9] Held\\nfor table 4 seats=4")
    assert "\n" not in line


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        (f"/booking/{'Ab-_9' * 5}x1/cancel/", "/booking/…/cancel/"),
        (f"/bookings/sign-in/{'x' * 27}/", "/bookings/sign-in/…/"),
        (f"/waitlist/{'x' * 27}/", "/waitlist/…/"),
        (f"/waitlist/{'x' * 27}/offer/", "/waitlist/…/offer/"),
        (f"/queue/{'x' * 27}/", "/queue/…/"),
        (f"/pay/{'x' * 27}/", "/pay/…/"),
        (f"/staff/password/{'x' * 27}/", "/staff/password/…/"),
        (f"/r/anchor/continue/{'ey.J_' * 30}/?embed=1", "/r/anchor/continue/…/?embed=1"),
        (f"/e/{'1-0a.' * 20}=/r/anchor/", "/e/…/r/anchor/"),
        (f"/e/{'1-0a.' * 20}=/booking/{'x' * 27}/", "/e/…/booking/…/"),
        ("/r/anchor/waitlist/", "/r/anchor/waitlist/"),
        ("/booking/made-up/", "/booking/made-up/"),
    ],
)
def test_no_link_of_a_guest_can_be_read_in_the_log(path: str, shown: str) -> None:
    record = logging.makeLogRecord(
        {
            "name": "x",
            "levelname": "WARNING",
            "msg": "Forbidden (%s): %s",
            "args": ("no token", path),
        }
    )
    record.path = path
    line = LineFormatter().format(record)
    assert line.endswith(f'Forbidden (no token): {shown} path="{shown}"')


def test_a_refused_form_does_not_log_its_link(log: pytest.LogCaptureFixture) -> None:
    token = "Zx" * 13 + "Z"
    assert Client(enforce_csrf_checks=True).post(f"/booking/{token}/cancel/").status_code == 403
    [record] = [record for record in log.records if record.name == "django.security.csrf"]
    assert token in record.getMessage()
    assert token not in LineFormatter().format(record)


def test_a_traceback_stays_on_the_line() -> None:
    try:
        raise ValueError("no")
    except ValueError as error:
        record = logging.makeLogRecord(
            {"name": "x", "msg": "failed", "exc_info": (ValueError, error, None)}
        )
    line = LineFormatter().format(record)
    assert "\n" not in line
    assert "ValueError: no" in json.loads(line.split("traceback=")[1])


@pytest.mark.parametrize(
    ("path", "encoding"),
    [("/long/", "gzip"), ("/api/long", None), ("/admin/long/", None)],
)
def test_guest_pages_are_compressed_and_the_admin_is_not(
    client: Client, path: str, encoding: str | None
) -> None:
    answer = client.get(path, headers={"Accept-Encoding": "gzip, br"})
    assert answer.get("Content-Encoding") == encoding
    body = gzip.decompress(answer.content) if encoding else answer.content
    assert body == b"<p>A table for two.</p>" * 40
    assert "Content-Encoding" not in client.get(path).headers


def test_a_page_is_padded_so_that_its_length_tells_little(client: Client) -> None:
    asked = {"Accept-Encoding": "gzip"}
    lengths = {len(client.get("/long/", headers=asked).content) for _ in range(40)}
    assert len(lengths) > 5


def test_static_text_is_compressed_and_not_sent_again_to_who_has_it(client: Client) -> None:
    asked = {"Accept-Encoding": "gzip"}
    sheet = client.get("/static/css/pages.css", headers=asked)
    assert sheet["Content-Encoding"] == "gzip"
    known = asked | {"If-None-Match": sheet["ETag"]}
    assert client.get("/static/css/pages.css", headers=known).status_code == 304
    original = Path(settings.BASE_DIR, "static/css/pages.css").read_bytes()
    assert gzip.decompress(sheet.getvalue()) == original


@pytest.mark.parametrize(
    ("path", "more"),
    [
        ("/static/vendor/fraunces-5.3.0-latin-600.woff2", {}),
        ("/static/css/pages.css", {"Range": "bytes=0-999"}),
    ],
)
def test_fonts_and_parts_of_files_stay_as_they_are(
    client: Client, path: str, more: dict[str, str]
) -> None:
    answer = client.get(path, headers={"Accept-Encoding": "gzip"} | more)
    assert "Content-Encoding" not in answer.headers
    assert len(answer.getvalue()) == int(answer["Content-Length"])
