"""Locks against guessing: longer with every wrong try, for accounts that exist and for others.

An attempt is counted before it is made, under a lock on its row, so that a hundred at once are a
hundred; an honest one is forgiven. The count of a day without attempts is forgotten.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from django.db import transaction

from accounts.limits import SIGN_INS_OF_ACCOUNT
from accounts.models import Guesses
from core import clock, rates, tokens
from core.errors import TooOften

FORGOTTEN_AFTER = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Rule:
    """``free`` tries in a row; then a wait of ``first``, twice as long after each further one."""

    scope: str
    free: int
    first: dt.timedelta
    longest: dt.timedelta

    def wait_after(self, failures: int) -> dt.timedelta:
        """How long nobody may try after so many failures; zero while tries are free."""
        over = failures - self.free
        if over < 0:
            return dt.timedelta(0)
        # Twenty doublings of a minute are two years: no need to count on.
        return min(self.first * (1 << min(over, 20)), self.longest)


_MINUTE, _HOUR, _DAY = dt.timedelta(minutes=1), dt.timedelta(hours=1), dt.timedelta(days=1)

PASSWORD_FROM_NETWORK = Rule("password-from", 10, 5 * _MINUTE, _DAY)
"""One account's password, from one network."""
PASSWORD = Rule("password", 30, 5 * _MINUTE, _HOUR)
"""One account's password, from everywhere: shorter, since a stranger can bring it about."""
NETWORK = Rule("network", 60, 10 * _MINUTE, _DAY)
"""Any account's password from one network, wide enough for a group behind one address."""
CODE = Rule("code", 5, _MINUTE, _DAY)
"""The second factor, by who knows the password."""
PIN = Rule("pin", 5, _MINUTE, _DAY)
"""A person's PIN at one house, on any of its tablets."""
PIN_ON_TABLET = Rule("pin-tablet", 15, 5 * _MINUTE, _DAY)
"""Anybody's PIN on one tablet."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try that was counted: forgive it if it was honest."""

    rule: Rule
    subject: str
    failures: int
    locked_for: dt.timedelta
    """How long the door is shut should this one be wrong; zero if it stays open."""


@dataclass(frozen=True, slots=True)
class Lock:
    """An account that has to wait."""

    account: str
    scope: str
    until: dt.datetime


def account_key(email: str) -> str:
    """Under which guesses about an account are counted, whether or not there is one."""
    return tokens.fingerprint("account", email.strip().lower())


def attempts(tries: Iterable[tuple[Rule, str]], *, account: str = "") -> list[Attempt]:
    """Count one try under each rule. Raises TooOften, with nothing counted, while one is locked.

    Own transaction: what follows may fail, the count stays.
    """
    now, counted = clock.now(), []
    with transaction.atomic():
        rows = [(rule, _locked_row(rule, subject, account, now)) for rule, subject in tries]
        for _, row in rows:
            if row.locked_until is not None and row.locked_until > now:
                raise TooOften(retry_after=round((row.locked_until - now).total_seconds()))
        for rule, row in rows:
            stale = row.last_at <= now - FORGOTTEN_AFTER
            row.failures = 1 if stale else row.failures + 1
            wait = rule.wait_after(row.failures)
            row.locked_until = now + wait if wait else None
            row.last_at = now
            row.save(update_fields=["failures", "locked_until", "last_at"])
            counted.append(Attempt(rule, row.subject, row.failures, wait))
    return counted


def forgive(counted: Iterable[Attempt]) -> None:
    """The try was honest: an account's count begins anew, a shared one loses this try alone."""
    with transaction.atomic():
        for attempt in counted:
            rows = Guesses.objects.filter(scope=attempt.rule.scope, subject=attempt.subject)
            if attempt.rule not in (NETWORK, PIN_ON_TABLET):
                rows.delete()
                continue
            row = rows.select_for_update().first()
            if row is not None and row.failures:
                row.failures -= 1
                if not attempt.rule.wait_after(row.failures):
                    row.locked_until = None
                row.save(update_fields=["failures", "locked_until"])


def check(rule: Rule, subject: str) -> None:
    """Raise TooOften while this is locked; counts nothing."""
    now = clock.now()
    row = Guesses.objects.filter(scope=rule.scope, subject=_subject(rule, subject)).first()
    if row is not None and row.locked_until is not None and row.locked_until > now:
        raise TooOften(retry_after=round((row.locked_until - now).total_seconds()))


def locks_of(accounts: Iterable[str]) -> dict[str, list[Lock]]:
    """The locks that hold now, by :func:`account_key`. One query."""
    found: dict[str, list[Lock]] = {}
    rows = Guesses.objects.filter(account__in=list(accounts), locked_until__gt=clock.now())
    for row in rows.order_by("-locked_until"):
        if row.locked_until is not None:
            found.setdefault(row.account, []).append(Lock(row.account, row.scope, row.locked_until))
    return found


def unlock(email: str, rules: Iterable[Rule] | None = None) -> int:
    """Forget the guesses about an account (only of these rules); how many counts. Repeatable."""
    rows = Guesses.objects.filter(account=account_key(email))
    if rules is not None:
        rows = rows.filter(scope__in=[rule.scope for rule in rules])
    else:
        rates.reset(SIGN_INS_OF_ACCOUNT, email.strip().lower())
    return rows.delete()[0]


def forget_old() -> int:
    """Delete counts nobody added to for a day and whose locks are over. Repeatable."""
    now = clock.now()
    rows = Guesses.objects.filter(last_at__lte=now - FORGOTTEN_AFTER)
    return rows.exclude(locked_until__gt=now).delete()[0]


def _subject(rule: Rule, subject: str) -> str:
    return tokens.fingerprint(f"guess.{rule.scope}", subject)


def _locked_row(rule: Rule, subject: str, account: str, now: dt.datetime) -> Guesses:
    key = {"scope": rule.scope, "subject": _subject(rule, subject)}
    owner = "" if rule in (NETWORK, PIN_ON_TABLET) else account
    Guesses.objects.bulk_create([Guesses(**key, account=owner, last_at=now)], ignore_conflicts=True)
    return Guesses.objects.select_for_update().get(**key)
