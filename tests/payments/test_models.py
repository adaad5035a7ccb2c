from __future__ import annotations

import datetime as dt

import pytest
from django.core.exceptions import ValidationError

from payments.models import default_refund_ladder, validate_ladder
from reservations.engine.money import RefundStep
from reservations.engine.policies import refund_percent


@pytest.mark.parametrize("ladder", [default_refund_ladder(), [], [[0, 100]], [[48, 80], [0, 80]]])
def test_a_ladder_that_falls_is_accepted(ladder: list[list[int]]) -> None:
    """By the validator, and by the engine, which reads it afterwards."""
    validate_ladder(ladder)
    steps = tuple(RefundStep(hours, percent) for hours, percent in ladder)
    visit = dt.datetime(2025, 11, 15, 19, tzinfo=dt.UTC)
    given = [refund_percent(steps, visit, visit - dt.timedelta(hours=h)) for h, _ in ladder]
    assert given == [percent for _, percent in ladder]


@pytest.mark.parametrize(
    "ladder",
    [
        "24:100",
        {"24": 100},
        [24, 100],
        [[24]],
        [[24, 100, 1]],
        [["24", 100]],
        [[True, 100]],
        [[24, 100.0]],
        [[-1, 100]],
        [[24, 101]],
        [[24, -1]],
        [[24, 50], [4, 100]],
        [[4, 100], [24, 50]],
        [[24, 100], [24, 50]],
    ],
)
def test_any_other_ladder_is_refused_with_an_example(ladder: object) -> None:
    with pytest.raises(ValidationError, match=r"Write \[\[24, 100\], \[4, 50\]\]"):
        validate_ladder(ladder)
