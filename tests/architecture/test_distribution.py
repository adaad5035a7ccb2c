"""Tests that must not run beside each other run in one process."""

from __future__ import annotations

import pytest


@pytest.mark.xdist_group("told")
def test_who_distributes_the_tests_knows_their_groups(request: pytest.FixtureRequest) -> None:
    """pytest-xdist reads a group from the end of the id, and is silent if there is none."""
    if not request.config.getoption("loadgroup", default=False):
        pytest.skip("the tests of this run are not distributed by groups")
    assert request.node.nodeid.endswith("@told")
