"""How the pages write what is written differently from country to country."""

from __future__ import annotations

import pytest

from reservations.views import wording


@pytest.mark.parametrize(
    ("where", "line"),
    [
        (("New York", "NY", "10011", "US"), "New York, NY 10011"),
        (("London", "", "SE1 9PP", "GB"), "London SE1 9PP"),
        (("Paris", "", "75003", "FR"), "75003 Paris"),
        (("Paris", "", "", "FR"), "Paris"),
        (("New York", "", "", "US"), "New York"),
        (("", "", "75003", "FR"), "75003"),
    ],
)
def test_a_town_is_written_as_on_a_letter(where: tuple[str, str, str, str], line: str) -> None:
    assert wording.town(*where) == line
