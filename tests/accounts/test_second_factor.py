"""``manage.py reset_second_factor``, and the counts of guesses."""

from __future__ import annotations

import datetime as dt
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from accounts.models import Authenticator, Guesses, User
from accounts.services import guessing, second_factor
from core.errors import TooOften
from core.models import AuditEntry
from tests.factories import make_user
from tests.fixtures.domain import Clock

pytestmark = pytest.mark.django_db


def test_an_operator_takes_a_lost_factor_away(clock: Clock) -> None:
    user = make_user("mia@example.com", is_staff=True)
    second_factor.begin(user)
    Authenticator.objects.update(confirmed=True)
    before = User.objects.get().get_session_auth_hash()
    said = StringIO()
    call_command("reset_second_factor", "Mia@example.com", stdout=said)
    call_command("reset_second_factor", "mia@example.com", stdout=said)
    assert said.getvalue().splitlines() == [
        "The second factor is taken away.",
        "There was no second factor.",
    ]
    assert User.objects.get().get_session_auth_hash() != before
    assert AuditEntry.objects.get().verb == "staff.second_factor_removed"
    with pytest.raises(CommandError, match="no account eve"):
        call_command("reset_second_factor", "eve@example.com")


RULE = guessing.Rule("code", 3, dt.timedelta(minutes=1), dt.timedelta(minutes=6))


def test_waits_double_up_to_the_longest(clock: Clock) -> None:
    waits = [RULE.wait_after(number) // dt.timedelta(minutes=1) for number in range(1, 9)]
    assert waits == [0, 0, 1, 2, 4, 6, 6, 6]
    assert RULE.wait_after(10**6) == dt.timedelta(minutes=6)


def test_an_honest_try_begins_the_count_anew(clock: Clock) -> None:
    guessing.attempts([(RULE, "x")])
    guessing.forgive(guessing.attempts([(RULE, "x")]))
    assert not Guesses.objects.exists()


def test_a_day_without_tries_is_forgotten(clock: Clock) -> None:
    for _ in range(2):
        guessing.attempts([(RULE, "x")])
    clock.advance(days=1)
    assert guessing.attempts([(RULE, "x")])[0].failures == 1
    clock.advance(days=1)
    assert guessing.forget_old() == 1


def test_of_two_rules_one_that_is_locked_counts_nothing_for_the_other(clock: Clock) -> None:
    for _ in range(3):
        guessing.attempts([(RULE, "x")])
    with pytest.raises(TooOften) as refused:
        guessing.attempts([(guessing.NETWORK, "net"), (RULE, "x")])
    assert refused.value.retry_after == 60
    rows = Guesses.objects.filter(scope="network")
    assert sum(row.failures for row in rows) == 0


def test_nothing_that_is_kept_names_anybody(clock: Clock) -> None:
    guessing.attempts(
        [(guessing.PASSWORD, "mia@example.com"), (guessing.NETWORK, "192.0.2.7")],
        account=guessing.account_key("mia@example.com"),
    )
    kept = str(list(Guesses.objects.values()))
    assert "mia" not in kept
    assert "192.0.2" not in kept
