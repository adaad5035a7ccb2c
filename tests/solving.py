"""Solving a proof of work as a browser does."""

from __future__ import annotations

import base64
import json

import altcha


def solve(text: str) -> str:
    """The proof for a challenge."""
    challenge = altcha.Challenge.from_dict(json.loads(text))
    solution = altcha.solve_challenge(challenge)
    assert solution is not None
    payload = {"challenge": challenge.to_dict(), "solution": solution.to_dict()}
    return base64.b64encode(json.dumps(payload).encode()).decode()
