"""Proof of work: a sum for the browser, so that asking a thousand times costs something.

Challenges and proofs are ALTCHA's (version 2); no person ever sees one. A challenge is signed, good
for five minutes and for one use. Who cannot compute may wait instead: the same challenge is also
honoured some seconds after it was made.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import altcha
from django.conf import settings

from core import clock, rates

ALGORITHM = "PBKDF2/SHA-256"
LIFE_SECONDS = 300
WAIT_SECONDS = 10
"""How long a browser without scripts waits instead."""

_LONGEST = 4000
_MALFORMED = (ValueError, KeyError, TypeError, AttributeError, RecursionError)


@dataclass(frozen=True, slots=True)
class Challenge:
    """One challenge, as a page carries it."""

    text: str
    """JSON for the solver, and what comes back from a browser that waited."""


def issue() -> Challenge:
    """A new challenge."""
    made = altcha.create_challenge(
        ALGORITHM,
        settings.PROOF_OF_WORK_COST,
        data={"at": int(clock.now().timestamp())},
        hmac_secret=_secret(),
    )
    return Challenge(json.dumps(made.to_dict(), separators=(",", ":")))


def is_solved(proof: str) -> bool:
    """Whether ``proof`` solves a challenge of ours that is fresh and was never used. Uses it up."""
    if len(proof) > _LONGEST:
        return False
    try:
        payload = altcha.Payload.from_base64(proof)
        result = altcha.verify_solution(payload, _secret())
    except _MALFORMED:
        return False
    is_good = result.verified and _age(payload.challenge) <= LIFE_SECONDS
    return bool(is_good) and _first_use(payload.challenge)


def is_waited_for(text: str) -> bool:
    """Whether ``text`` is a challenge of ours, old enough and never used. Uses it up."""
    challenge = _signed(text)
    if challenge is None or not WAIT_SECONDS <= _age(challenge) <= LIFE_SECONDS:
        return False
    return _first_use(challenge)


def still_good(text: str) -> Challenge | None:
    """The challenge, if it is ours and has not lapsed: who asked too early goes on waiting."""
    challenge = _signed(text)
    return Challenge(text) if challenge and _age(challenge) < WAIT_SECONDS else None


def _signed(text: str) -> Any:
    """The challenge, whether solved or not, if the signature is ours."""
    if len(text) > _LONGEST:
        return None
    try:
        challenge = altcha.Challenge.from_dict(json.loads(text))
        # A solution that is none: the answer tells a bad signature from it.
        unsolved = altcha.Payload(challenge, altcha.Solution(counter=-1, derived_key=""))
        result = altcha.verify_solution(unsolved, _secret())
    except _MALFORMED:
        return None
    return challenge if result.invalid_signature is False else None


def _age(challenge: Any) -> float:
    """Seconds since a challenge of ours was made."""
    return clock.now().timestamp() - float(challenge.parameters.data["at"])


def _first_use(challenge: Any) -> bool:
    return rates.first_use("challenge", str(challenge.signature), LIFE_SECONDS)


def _secret() -> str:
    return rates.fingerprint("proof of work")
