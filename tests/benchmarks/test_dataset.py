"""The benchmarks' bookings are rows that the database of today takes."""

from __future__ import annotations

import pytest

from benchmarks import dataset_couvert
from benchmarks.dataset import Scale
from payments.models import Payment
from reservations.models import Hold, Reservation, TableClaim
from tests.fixtures.domain import Clock


@pytest.mark.django_db(transaction=True)
def test_a_small_data_set_loads(clock: Clock) -> None:
    dataset_couvert.load(Scale(restaurants=1, days=1, per_day=6, first="2026-06-01"))
    booked = Reservation.objects.filter(restaurant__public_id="rest_bench1").count()
    assert (booked, TableClaim.objects.count() >= booked) == (6, True)
    past = Payment.objects.count()
    assert past == Hold.objects.count() == 6
