"""Tests that must not run beside each other run in one process."""

from __future__ import annotations

import os

import pytest


@pytest.mark.xdist_group("told")
@pytest.mark.skipif("PYTEST_XDIST_WORKER" not in os.environ, reason="one process runs all tests")
def test_who_distributes_the_tests_knows_their_groups(request: pytest.FixtureRequest) -> None:
    """pytest-xdist reads a group from the end of the id, and is silent if there is none."""
    assert request.node.nodeid.endswith("@told")
