"""From exceptions to answers: the status table, the envelope, and what must never be seen."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.db import IntegrityError, InterfaceError, OperationalError, connection
from django.http import Http404, HttpResponse
from rest_framework import exceptions as rest

from accounts.errors import EmailTaken, SessionEnded, SignInRefused
from accounts.models import User
from api.errors import bare, camel, flatten, handler_of, problem_of, status_of
from api.holds.errors import handle_error as handle_holds
from api.holds.errors import wire_name
from core import correlation
from core.errors import Busy, Conflict, DomainError, Forbidden, Invalid, NotFound
from reservations.errors import (
    HoldExpired,
    HoldNotFound,
    PaidTooLate,
    PaymentDeclined,
    PaymentPending,
    SlotUnavailable,
)

handle = handler_of(bare)


def answer_to(error: Exception, **context: Any) -> tuple[HttpResponse, Any]:
    answer = handle(error, context)
    return answer, json.loads(answer.content)


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        (Invalid, 400),
        (DomainError, 400),
        (SignInRefused, 401),
        (SessionEnded, 401),
        (PaymentDeclined, 402),
        (Forbidden, 403),
        (NotFound, 404),
        (HoldNotFound, 404),
        (Busy, 409),
        (Conflict, 409),
        (EmailTaken, 409),
        (SlotUnavailable, 409),
        (PaidTooLate, 409),
        (HoldExpired, 410),
        (PaymentPending, 503),
    ],
)
def test_a_domain_error_has_the_status_of_its_nearest_ancestor(
    kind: type[DomainError], status: int
) -> None:
    assert status_of(kind) == status


def test_the_envelope_is_bare_and_carries_the_correlation_id() -> None:
    token = correlation.bind("abc123")
    try:
        answer, body = answer_to(Conflict("The table is gone.", suggested_times=["19:30"]))
    finally:
        correlation.release(token)
    assert answer.status_code == 409
    assert body == {
        "error": "The table is gone.",
        "code": "CONFLICT",
        "details": {"suggestedTimes": ["19:30"]},
        "correlationId": "abc123",
    }


def test_outside_of_a_request_a_correlation_id_is_made_up() -> None:
    _, body = answer_to(NotFound())
    assert len(body["correlationId"]) == 16


def test_one_wrong_field_is_the_sentence() -> None:
    answer, body = answer_to(Invalid(party_size="Send at most 12."))
    assert answer.status_code == 400
    assert body["error"] == "Check partySize: Send at most 12."
    assert body["code"] == "VALIDATION_ERROR"
    assert body["details"] == {"fields": {"partySize": "Send at most 12."}}


def test_several_wrong_fields_are_listed() -> None:
    error = rest.ValidationError({"date": ["Bad."], "card": {"last4": ["Short.", "Odd."]}})
    _, body = answer_to(error)
    assert body["error"] == "Check these fields: date, card.last4."
    assert body["details"] == {"fields": {"date": "Bad.", "card.last4": "Short. Odd."}}


def test_a_sentence_of_its_own_wins_over_the_made_up_one() -> None:
    _, body = answer_to(Invalid("Choose another day.", date="Closed."))
    assert body["error"] == "Choose another day."
    assert body["details"] == {"fields": {"date": "Closed."}}


def test_contract_2_has_its_own_words_for_some_fields() -> None:
    body = json.loads(handle_holds(Invalid(service_date="Past.", starts_at="No slot."), {}).content)
    assert body["details"] == {"fields": {"date": "Past.", "time": "No slot."}}
    assert wire_name("party_size") == "partySize"
    assert camel("special_requests") == "specialRequests"


@pytest.mark.parametrize("error", [Busy(), PaymentPending()])
def test_what_may_be_repeated_says_when(error: DomainError) -> None:
    answer, body = answer_to(error)
    assert int(answer["Retry-After"]) in (1, 2)
    assert body["error"] == error.text


def test_busy_speaks_contract_2s_words() -> None:
    answer, body = answer_to(Busy())
    assert answer.status_code == 409
    assert body["error"] == "Another user is currently booking this slot. Please try again."


@pytest.mark.parametrize("error", [SignInRefused(), rest.NotAuthenticated()])
def test_every_401_says_how_to_sign_in(error: Exception) -> None:
    answer, _ = answer_to(error)
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"] == 'Bearer realm="couvert"'


@pytest.mark.parametrize(
    ("error", "status", "code", "sentence"),
    [
        (
            rest.NotAuthenticated(),
            401,
            "UNAUTHORIZED",
            "Sign in first: send an access token as “Authorization: Bearer …”.",
        ),
        (rest.PermissionDenied(), 403, "FORBIDDEN", "You may not do this."),
        (PermissionDenied(), 403, "FORBIDDEN", "You may not do this."),
        (Http404(), 404, "NOT_FOUND", "There is nothing at this address."),
        (
            rest.UnsupportedMediaType("text/plain"),
            415,
            "UNSUPPORTED_MEDIA_TYPE",
            "Send the body as JSON, with the header Content-Type: application/json.",
        ),
        (rest.ParseError("Bad."), 400, "MALFORMED_BODY", "Bad."),
        (SuspiciousOperation(), 400, "BAD_REQUEST", "This request could not be understood."),
    ],
)
def test_the_frameworks_errors_are_put_into_our_words(
    error: Exception, status: int, code: str, sentence: str
) -> None:
    answer, body = answer_to(error)
    assert (answer.status_code, body["code"], body["error"]) == (status, code, sentence)


@pytest.mark.parametrize(
    ("wait", "sentence"),
    [
        (30.4, "Too many attempts. Wait 31 seconds, then try again."),
        (1, "Too many attempts. Wait 1 second, then try again."),
        (None, "Too many attempts. Wait 1 second, then try again."),
    ],
)
def test_too_many_attempts_say_how_long_to_wait(wait: float | None, sentence: str) -> None:
    answer, body = answer_to(rest.Throttled(wait))
    assert answer.status_code == 429
    assert body["error"] == sentence
    assert answer["Retry-After"] == str(body["details"]["retryAfter"])


@pytest.mark.parametrize("error", [OperationalError("host db-7 is gone"), InterfaceError("x")])
def test_a_database_that_is_away_is_503(
    error: Exception, caplog: pytest.LogCaptureFixture, db: None
) -> None:
    answer, body = answer_to(error)
    assert answer.status_code == 503
    assert answer["Retry-After"] == "2"
    assert body["code"] == "SERVICE_UNAVAILABLE"
    assert "db-7" not in answer.content.decode()
    assert "Database unavailable" in caplog.messages


def test_a_bug_is_500_and_shows_nothing_of_itself(caplog: pytest.LogCaptureFixture) -> None:
    answer, body = answer_to(KeyError("secret_internal_name"))
    assert answer.status_code == 500
    assert body["code"] == "INTERNAL_ERROR"
    assert body["details"] == {}
    assert "secret_internal_name" not in answer.content.decode()
    [record] = caplog.records
    assert record.levelno == logging.ERROR
    assert record.exc_info is not None
    assert record.exc_info[0] is KeyError
    assert record.reference == body["correlationId"]  # type: ignore[attr-defined]


def test_a_domain_error_is_no_news_for_the_log(caplog: pytest.LogCaptureFixture) -> None:
    answer_to(PaymentPending())
    answer_to(Conflict())
    assert caplog.records == []


@pytest.mark.django_db
def test_a_collision_is_409_and_the_row_stays_private(caplog: pytest.LogCaptureFixture) -> None:
    User.objects.create_user("ada@example.com")
    with pytest.raises(IntegrityError) as refusal:
        User.objects.create_user("ADA@example.com")
    answer, body = answer_to(refusal.value)
    assert answer.status_code == 409
    assert body["code"] == "CONFLICT"
    assert body["error"] == "Someone else did this at the same moment. Please try again."
    assert "ada@example.com" not in answer.content.decode() + caplog.text
    assert caplog.records[0].constraint == "user_email_once"  # type: ignore[attr-defined]


@pytest.mark.django_db
def test_any_other_constraint_is_a_bug_and_shown_to_nobody(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with pytest.raises(IntegrityError) as refusal, connection.cursor() as cursor:
        cursor.execute("INSERT INTO accounts_user (email) VALUES ('ada@example.com')")
    answer, body = answer_to(refusal.value)
    assert answer.status_code == 500
    assert body["code"] == "INTERNAL_ERROR"
    assert "ada@example.com" not in answer.content.decode() + caplog.text
    assert "accounts_user" not in answer.content.decode()


def test_details_that_are_no_json_do_not_hide_the_error(caplog: pytest.LogCaptureFixture) -> None:
    answer, body = answer_to(Conflict("Gone.", thing=object()))
    assert answer.status_code == 409
    assert body["error"] == "Gone."
    assert body["details"] == {}
    assert caplog.messages == ["An error's details are no JSON"]


@pytest.mark.parametrize(
    ("detail", "flat"),
    [
        ({"non_field_errors": ["Send one."]}, {"body": "Send one."}),
        ({"a": {"non_field_errors": ["Odd."]}}, {"a": "Odd."}),
        ({"items": [{}, {"name": ["Missing."]}]}, {"items.1.name": "Missing."}),
        (["One.", "Two."], {"body": "One. Two."}),
        ("Alone.", {"body": "Alone."}),
    ],
)
def test_nested_complaints_become_paths(detail: Any, flat: dict[str, str]) -> None:
    assert flatten(detail) == flat


def test_the_problem_can_be_had_without_an_envelope() -> None:
    problem = problem_of(rest.MethodNotAllowed("PUT"), allowed=("GET", "POST"))
    assert problem.status == 405
    assert problem.text == "This address answers GET and POST only."
    assert problem.headers == {"Allow": "GET, POST"}
