"""Proof of work: signed, for one use, for five minutes; waiting is another way."""

from __future__ import annotations

import base64
import json

import pytest
from django.conf import LazySettings

from core import challenges
from core.challenges import LIFE_SECONDS, WAIT_SECONDS
from tests.fixtures.domain import Clock
from tests.solving import solve


@pytest.fixture(autouse=True)
def cheap(settings: LazySettings) -> None:
    settings.PROOF_OF_WORK_COST = 2


def test_a_solved_challenge_is_good_once(clock: Clock) -> None:
    proof = solve(challenges.issue().text)
    assert challenges.is_solved(proof)
    assert not challenges.is_solved(proof)


def test_a_challenge_lapses(clock: Clock) -> None:
    proof = solve(challenges.issue().text)
    clock.advance(seconds=LIFE_SECONDS + 1)
    assert not challenges.is_solved(proof)


def test_a_challenge_of_somebody_elses_making_is_none(clock: Clock, settings: LazySettings) -> None:
    text = challenges.issue().text
    proof = solve(text)
    settings.SECRET_KEY = "another"
    assert not challenges.is_solved(proof)
    clock.advance(seconds=WAIT_SECONDS)
    assert not challenges.is_waited_for(text)


def test_an_easier_challenge_than_the_one_that_was_set_is_none(clock: Clock) -> None:
    challenge = json.loads(challenges.issue().text)
    challenge["parameters"]["keyPrefix"] = ""
    challenge["parameters"]["cost"] = 1
    assert not challenges.is_solved(solve(json.dumps(challenge)))


def test_a_solution_that_is_wrong_is_none(clock: Clock) -> None:
    payload = json.loads(base64.b64decode(solve(challenges.issue().text)))
    payload["solution"]["counter"] += 1
    assert not challenges.is_solved(base64.b64encode(json.dumps(payload).encode()).decode())


def test_who_waited_need_not_compute_and_who_did_not_wait_goes_on_waiting(clock: Clock) -> None:
    text = challenges.issue().text
    clock.advance(seconds=WAIT_SECONDS - 1)
    assert not challenges.is_waited_for(text)
    again = challenges.still_good(text)
    assert again is not None
    assert again.text == text
    clock.advance(seconds=1)
    assert challenges.still_good(text) is None
    assert challenges.is_waited_for(text)
    assert not challenges.is_waited_for(text)
    # Waiting and computing are the same challenge: it cannot be used for both.
    assert not challenges.is_solved(solve(text))


@pytest.mark.parametrize(
    "odd",
    ["", "x", "e30=", "W10=", "bnVsbA==", "{}", "[]", "null", '{"parameters": 1}', "9" * 9000, "é"],
)
def test_nonsense_is_no_proof(odd: str, clock: Clock) -> None:
    assert not challenges.is_solved(odd)
    assert not challenges.is_waited_for(odd)
    assert challenges.still_good(odd) is None
