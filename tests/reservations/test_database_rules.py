"""What the database refuses by itself, whatever the application does."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.utils import InternalError

from core import audit
from core.actors import SYSTEM
from core.models import AuditEntry
from payments.models import Payment
from reservations.engine.lifecycle import HOLDS_TABLE, Status
from reservations.guests import Guest
from reservations.models import Hold, Reservation, ServiceLoad, TableClaim
from reservations.models.reservation import LIVE_STATUSES
from reservations.services.holds import HoldRequest, place_hold
from restaurants.models import Restaurant
from tests.factories import make_restaurant, make_service
from tests.fixtures.domain import Clock

pytestmark = pytest.mark.django_db

EVENING = dt.datetime(2025, 11, 15, 19, tzinfo=dt.UTC)


def refused_by(constraint: str, act: Callable[[], Any]) -> bool:
    try:
        with transaction.atomic():
            act()
            with connection.cursor() as cursor:
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    except IntegrityError as error:
        return constraint in str(error)
    return False


@pytest.fixture
def claim(clock: Clock, bella: Restaurant, guest: Guest) -> TableClaim:
    place_hold(
        HoldRequest(bella.public_id, dt.date(2025, 11, 15), "19:00", 2), guest, by=guest.actor
    )
    return TableClaim.objects.get()


def copy_of(claim: TableClaim, **changes: Any) -> TableClaim:
    values = {f.attname: getattr(claim, f.attname) for f in claim._meta.fields if f.name != "id"}
    return TableClaim(**(values | changes))


@pytest.mark.parametrize(
    ("start", "end", "overlaps"),
    [
        (-3, -1, False),
        (-2, 0, False),
        (-1, 1, True),
        (0, 2, True),
        (0.5, 1.5, True),
        (1, 3, True),
        (-1, 3, True),
        (2, 4, False),
    ],
)
def test_two_live_claims_of_a_table_cannot_overlap_in_any_of_the_eight_ways(
    claim: TableClaim, start: float, end: float, overlaps: bool
) -> None:
    zero = claim.during.lower
    during = (zero + dt.timedelta(hours=start), zero + dt.timedelta(hours=end))
    assert refused_by("claim_table_once", copy_of(claim, during=during).save) is overlaps


def test_a_released_claim_is_in_nobodys_way_and_another_table_neither(claim: TableClaim) -> None:
    other = claim.restaurant.tables.exclude(pk=claim.table_id)[0]
    copy_of(claim, table_id=other.pk).save()
    TableClaim.objects.filter(pk=claim.pk).update(released_at=EVENING)
    copy_of(claim, released_at=None).save()
    assert TableClaim.objects.count() == 3


def test_two_tables_can_be_swapped_in_one_transaction_because_the_constraint_can_wait(
    claim: TableClaim,
) -> None:
    other = claim.restaurant.tables.exclude(pk=claim.table_id)[0]
    second = copy_of(claim, table_id=other.pk)
    second.save()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS claim_table_once DEFERRED")
        TableClaim.objects.filter(pk=claim.pk).update(table_id=second.table_id)
        TableClaim.objects.filter(pk=second.pk).update(table_id=claim.table_id)
        cursor.execute("SET CONSTRAINTS claim_table_once IMMEDIATE")
    assert TableClaim.objects.get(pk=claim.pk).table_id == other.pk


def test_a_claim_has_exactly_one_owner_and_an_end(claim: TableClaim) -> None:
    later = (EVENING + dt.timedelta(days=9), EVENING + dt.timedelta(days=9, hours=1))
    orphan = copy_of(claim, during=later, hold_id=None, expires_at=None)
    assert refused_by("claim_one_owner", orphan.save)
    assert refused_by("claim_bounded", copy_of(claim, during=(later[0], None)).save)
    assert refused_by("claim_bounded", copy_of(claim, during=(later[0], later[0])).save)


def test_a_guest_has_one_live_hold(claim: TableClaim) -> None:
    hold = Hold.objects.get()
    hold.pk, hold.public_id = None, "hold_another"
    assert refused_by("hold_one_live_per_guest", hold.save)


@pytest.mark.parametrize(
    ("changes", "constraint"),
    [
        ({"covers": 11}, "load_covers_within_limit"),
        ({"covers": -1}, "load_covers_within_limit"),
        ({"parties": 4}, "load_parties_within_limit"),
        ({"parties": -1}, "load_parties_within_limit"),
    ],
)
def test_counts_stay_between_zero_and_what_is_allowed(
    changes: dict[str, int], constraint: str
) -> None:
    restaurant = make_restaurant()
    load = ServiceLoad.objects.create(
        restaurant=restaurant,
        gauge="slot",
        service=make_service(restaurant),
        cell=1,
        covers=10,
        covers_allowed=10,
        parties=3,
        parties_allowed=3,
    )
    update = ServiceLoad.objects.filter(pk=load.pk).update
    assert refused_by(constraint, lambda: update(**changes))


def test_a_seat_pool_has_one_row_per_quarter_of_an_hour_though_it_has_no_service() -> None:
    restaurant = make_restaurant(capacity_mode="seats", seats=50)
    fields = {"restaurant": restaurant, "gauge": "seats", "cell": 7, "covers": 1, "parties": 1}
    ServiceLoad.objects.create(**fields)
    assert refused_by("load_cell_once", lambda: ServiceLoad.objects.create(**fields))


def test_no_more_money_goes_back_than_was_taken() -> None:
    payment = Payment.objects.create(
        restaurant=make_restaurant(),
        purpose="hold_x",
        gateway="sandbox",
        idempotency_key="deposit:hold_x:0",
        amount=Decimal(50),
        currency="USD",
        status="succeeded",
        captured=50,
        created_at=EVENING,
    )
    update = Payment.objects.filter(pk=payment.pk).update
    assert refused_by("payment_refunds_within_captured", lambda: update(refunded=Decimal("50.01")))
    assert refused_by("payment_refunds_within_captured", lambda: update(refunded=Decimal(-1)))
    assert refused_by(
        "payment_refunds_within_captured",
        lambda: update(refunded=Decimal(1), captured=0, status="unknown"),
    )
    assert refused_by("payment_captured_when_succeeded", lambda: update(status="unknown"))
    assert refused_by("payment_amount", lambda: update(amount=Decimal(0), captured=0))


def test_the_audit_trail_cannot_be_edited_or_shortened() -> None:
    entry = audit.record("test.happened", "res_x", by=SYSTEM)
    for attempt in (
        lambda: AuditEntry.objects.filter(pk=entry.pk).update(verb="test.never"),
        lambda: AuditEntry.objects.filter(pk=entry.pk).delete(),
    ):
        with (
            pytest.raises((IntegrityError, InternalError), match="append-only"),
            transaction.atomic(),
        ):
            attempt()
    assert AuditEntry.objects.get().verb == "test.happened"


def test_the_index_of_live_reservations_knows_the_statuses_of_the_lifecycle() -> None:
    assert set(LIVE_STATUSES) == HOLDS_TABLE | {Status.REQUESTED}
    assert {value for value, _ in Reservation.Status.choices} == set(Status)
