"""Every check finds what it is there to find: the book is damaged on purpose, rolled back after."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import connection, transaction

from core.actors import SYSTEM
from notifications.services import deliver_due
from payments.services.refunds import process_refunds
from reservations.guests import Guest
from reservations.models import Reservation
from reservations.proof.invariants import ALWAYS, AT_REST, OVERLAPPING_CLAIMS, broken
from reservations.services.cancellation import cancel_reservation
from reservations.services.progress import accept, decline, expire_unanswered
from restaurants.models import Restaurant
from tests.factories import make_bella, make_restaurant, make_service
from tests.faults.acts import hold, pay
from tests.fixtures.domain import Clock
from tests.reservations.money_damages import MONEY_DAMAGES


@pytest.fixture
def book(clock: Clock, bella: Restaurant, new_guest: Callable[[], Guest]) -> None:
    """A paid booking, one cancelled with its refund, a hold; and a booking in a pool of seats."""
    pool = make_restaurant(capacity_mode="seats", seats=50)
    make_service(pool)
    payer, canceller, holder, sitter = (new_guest() for _ in range(4))
    pay(hold(bella, payer), payer)
    cancelled = pay(hold(bella, canceller), canceller).booking
    cancel_reservation(cancelled.public_id, by=canceller.actor)
    hold(bella, holder)
    pay(hold(pool, sitter), sitter)
    process_refunds()
    deliver_due()


def found() -> set[str]:
    """What is broken, but for the hold that may live."""
    return set(broken(AT_REST)) - {"lapsed_hold_left"}


def damage(statements: str) -> None:
    """Change rows past all services. Pending checks of foreign keys would forbid ALTER TABLE."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(statements)


LIVE = "(SELECT id FROM reservations_hold WHERE status = 'live')"
PAID = """(SELECT id FROM reservations_reservation
  WHERE payment_id IS NOT NULL AND status = 'confirmed')"""
PAYMENT = """(SELECT payment_id FROM reservations_reservation
  WHERE payment_id IS NOT NULL AND status = 'confirmed')"""

PAST_SERVICES = {"gauge_drift", "deed_without_record"}
"""Who comes or goes past the services is neither counted nor recorded: may be found besides."""

OFF_THE_RECORD = "ALTER TABLE core_auditentry DISABLE TRIGGER audit_append_only;"

HALF_BACK = """UPDATE payments_refund SET amount = amount / 2;
  UPDATE payments_payment SET refunded = refunded / 2;
  UPDATE payments_sandboxcharge SET minor_amount = minor_amount / 2 WHERE kind = 'refund';"""
"""The guest who cancelled got half, and all books agree about it."""

DAMAGES = {
    "table claimed twice": (
        """ALTER TABLE reservations_tableclaim DROP CONSTRAINT claim_table_once;
        UPDATE reservations_tableclaim SET table_id = (SELECT min(table_id)
          FROM reservations_tableclaim) WHERE released_at IS NULL""",
        {"overlapping_claims"},
    ),
    "fewer seats than guests": (
        "UPDATE restaurants_restaurant SET seats = 1 WHERE capacity_mode = 'seats'",
        {"pool_oversold"},
    ),
    "service over its covers": (
        "UPDATE restaurants_diningservice SET max_covers = 3",
        {"service_overfull"},
    ),
    "slot over its covers": (
        "UPDATE restaurants_diningservice SET slot_covers = 3",
        {"service_overfull"},
    ),
    "slot over its parties": (
        "UPDATE restaurants_diningservice SET slot_parties = 1",
        {"service_overfull"},
    ),
    "slot over its online covers": (
        "UPDATE restaurants_diningservice SET online_slot_covers = 3",
        {"service_overfull"},
    ),
    "slot over its online parties": (
        "UPDATE restaurants_diningservice SET online_slot_parties = 1",
        {"service_overfull"},
    ),
    "counter above its limit": (
        """ALTER TABLE reservations_serviceload DROP CONSTRAINT load_covers_within_limit;
        UPDATE reservations_serviceload SET covers_allowed = 1""",
        {"gauge_above_limit"},
    ),
    "counter of parties that are not there": (
        "UPDATE reservations_serviceload SET covers = covers + 1",
        {"gauge_drift"},
    ),
    "parties that no counter counts": (
        "DELETE FROM reservations_serviceload",
        {"gauge_drift", "party_uncounted"},
    ),
    "party that left the counters and stayed in the house": (
        f"""UPDATE reservations_serviceload s SET covers = covers - 2, parties = parties - 1
        FROM reservations_reservation b WHERE b.id = {PAID} AND s.id = ANY(b.load_ids);
        UPDATE reservations_reservation SET load_ids = '{{}}' WHERE id = {PAID}""",
        {"party_uncounted"},
    ),
    "party counted in another slot": (
        "UPDATE reservations_serviceload SET cell = cell + 400 WHERE gauge = 'slot'",
        {"party_uncounted"},
    ),
    "party of the public not counted as such": (
        "UPDATE reservations_serviceload SET cell = cell + 400 WHERE gauge = 'slot_online'",
        {"party_uncounted"},
    ),
    "party counted on another day": (
        "UPDATE reservations_serviceload SET cell = cell + 96 WHERE gauge = 'service'",
        {"party_uncounted"},
    ),
    "pool that forgets its last quarter of an hour": (
        """UPDATE reservations_serviceload SET cell = cell + 400 WHERE id = (
          SELECT id FROM reservations_serviceload WHERE gauge = 'seats'
          ORDER BY cell DESC LIMIT 1)""",
        {"party_uncounted"},
    ),
    "booking without a table": (
        f"UPDATE reservations_tableclaim SET released_at = now() WHERE reservation_id = {PAID}",
        {"party_without_place"},
    ),
    "hold without a table": (
        f"UPDATE reservations_tableclaim SET released_at = now() WHERE hold_id = {LIVE}",
        {"party_without_place"},
    ),
    "party too big for its table": (
        f"UPDATE reservations_reservation SET party_size = 9 WHERE id = {PAID}",
        {"party_without_place"},
    ),
    "table for half the stay": (
        """UPDATE reservations_tableclaim SET during =
          tstzrange(lower(during), upper(during) - interval '1 hour') WHERE released_at IS NULL""",
        {"party_without_place"},
    ),
    "table of a party that will not come": (
        f"UPDATE reservations_reservation SET status = 'no_show' WHERE id = {PAID}",
        {"claim_without_owner"},
    ),
    "table of a hold that is over": (
        "UPDATE reservations_hold SET status = 'released' WHERE status = 'live'",
        {"claim_without_owner"},
    ),
    "two live holds of one guest": (
        """DROP INDEX hold_one_live_per_guest;
        UPDATE reservations_hold SET guest_key = (SELECT guest_key FROM reservations_hold
          WHERE status = 'live');
        INSERT INTO reservations_hold SELECT (h).* FROM (SELECT jsonb_populate_record(x,
          '{"id": 0, "public_id": "hold_second", "load_ids": []}') AS h
          FROM reservations_hold x WHERE status = 'live') y""",
        {"several_live_holds", "party_without_place", "party_uncounted", "deed_without_record"},
    ),
    "confirmed hold that is no booking": (
        "UPDATE reservations_hold SET status = 'confirmed' WHERE status = 'live'",
        {"hold_without_reservation", "claim_without_owner"},
    ),
    "live hold that is a booking": (
        f"""UPDATE reservations_hold SET status = 'live'
        WHERE id = (SELECT hold_id FROM reservations_reservation WHERE id = {PAID})""",
        {"hold_without_reservation", "party_without_place"},
    ),
    "payment without a booking": (
        f"UPDATE reservations_reservation SET payment_id = NULL WHERE id = {PAID}",
        {"paid_for_nothing", "unpaid"},
    ),
    "deposit of another amount": (
        f"UPDATE reservations_reservation SET deposit_amount = 60 WHERE id = {PAID}",
        {"unpaid"},
    ),
    "deposit in another currency": (
        f"UPDATE reservations_reservation SET currency = 'EUR' WHERE id = {PAID}",
        {"unpaid"},
    ),
    "two payments for one hold": (
        """INSERT INTO payments_payment SELECT (p).* FROM (SELECT jsonb_populate_record(x,
          '{"id": 0, "public_id": "pay_second", "idempotency_key": "second"}') AS p
          FROM payments_payment x WHERE refunded = 0) y""",
        {"paid_twice", "paid_for_nothing", "charge_unaccounted"},
    ),
    "cancellation without its refund": (
        "UPDATE payments_payment SET refunded = 0; DELETE FROM payments_refund",
        {"owed_refund", "refund_unaccounted"},
    ),
    "guest turned away without the money": (
        f"""UPDATE reservations_tableclaim SET released_at = now() WHERE reservation_id = {PAID};
        UPDATE reservations_reservation SET status = 'declined' WHERE id = {PAID}""",
        {"owed_refund", "message_lost"},
    ),
    "request that lapsed without the money": (
        f"""UPDATE reservations_tableclaim SET released_at = now() WHERE reservation_id = {PAID};
        UPDATE reservations_reservation SET status = 'expired' WHERE id = {PAID}""",
        {"owed_refund", "message_lost"},
    ),
    "cancellation with half of what was agreed": (HALF_BACK, {"owed_refund"}),
    "cancellation with more than the cap": (
        "UPDATE reservations_reservation SET refund_cap = 50 WHERE status = 'cancelled'",
        {"owed_refund"},
    ),
    "cancellation with more than the ladder gives": (
        """UPDATE reservations_reservation SET refund_ladder = '[[24, 50], [4, 25]]'
        WHERE status = 'cancelled'""",
        {"owed_refund"},
    ),
    "refund of a late cancellation": (
        """UPDATE reservations_reservation SET cancelled_at = starts_at - interval '3 hours'
        WHERE status = 'cancelled'""",
        {"owed_refund"},
    ),
    "refund of a booking that stands": (
        f"""INSERT INTO payments_refund SELECT (r).* FROM (SELECT jsonb_populate_record(x,
          jsonb_build_object('id', 0, 'public_id', 'ref_undue', 'idempotency_key', 'undue',
                             'payment_id', {PAYMENT})) AS r FROM payments_refund x) y;
        INSERT INTO payments_sandboxcharge SELECT (s).* FROM (SELECT jsonb_populate_record(x,
          jsonb_build_object('id', 0, 'key', 'undue', 'charge_reference', p.provider_reference))
          AS s FROM payments_sandboxcharge x, payments_payment p
          WHERE x.kind = 'refund' AND p.id = {PAYMENT}) y;
        UPDATE payments_payment SET refunded = amount WHERE id = {PAYMENT}""",
        {"owed_refund"},
    ),
    "refund that is not added up": (
        "UPDATE payments_payment SET refunded = refunded - 1 WHERE refunded > 0",
        {"refund_sum"},
    ),
    "confirmation nobody was told of": (
        "DELETE FROM notifications_message WHERE kind = 'reservation_confirmed'",
        {"message_lost"},
    ),
    "cancellation nobody was told of": (
        "DELETE FROM notifications_message WHERE kind = 'reservation_cancelled'",
        {"message_lost"},
    ),
    "request that was accepted and nobody was told": (
        f"""UPDATE notifications_message SET kind = 'reservation_pending' WHERE about =
        (SELECT public_id FROM reservations_reservation WHERE id = {PAID})""",
        {"message_lost"},
    ),
    "bookings off the record": (
        OFF_THE_RECORD + "DELETE FROM core_auditentry WHERE verb = 'reservation.confirmed'",
        {"deed_without_record"},
    ),
    "cancellation off the record": (
        OFF_THE_RECORD + "DELETE FROM core_auditentry WHERE verb = 'reservation.cancelled'",
        {"deed_without_record"},
    ),
    "holds off the record": (
        OFF_THE_RECORD + "DELETE FROM core_auditentry WHERE verb = 'hold.placed'",
        {"deed_without_record"},
    ),
    "record under another verb": (
        OFF_THE_RECORD
        + """UPDATE core_auditentry SET verb = 'reservation.declined'
        WHERE verb = 'reservation.cancelled'""",
        {"deed_without_record"},
    ),
    "record of what was not done": (
        """INSERT INTO core_auditentry SELECT (a).* FROM (SELECT jsonb_populate_record(x,
          jsonb_build_object('id', (SELECT max(id) + 1 FROM core_auditentry),
                             'verb', 'hold.released')) AS a
          FROM core_auditentry x JOIN reservations_hold h ON h.public_id = x.target
          WHERE x.verb = 'hold.placed' AND h.status = 'live') y""",
        {"deed_without_record"},
    ),
    "more time off the record": (
        "UPDATE reservations_hold SET extensions = 1 WHERE status = 'live'",
        {"deed_without_record"},
    ),
    "holds without their decision": (
        "DELETE FROM reservations_seatingdecision",
        {"deed_without_record"},
    ),
    "charge we do not know of": (
        """INSERT INTO payments_sandboxcharge SELECT (s).* FROM (SELECT jsonb_populate_record(x,
          '{"id": 0, "key": "lost"}') AS s
          FROM payments_sandboxcharge x WHERE kind = 'charge' LIMIT 1) y""",
        {"charge_unaccounted"},
    ),
    "charge the provider does not know of": (
        f"""DELETE FROM payments_sandboxcharge WHERE kind = 'charge' AND key IN
        (SELECT idempotency_key FROM payments_payment WHERE id IN {PAYMENT})""",
        {"charge_unaccounted"},
    ),
    "refund of another amount": (
        "UPDATE payments_sandboxcharge SET minor_amount = 1 WHERE kind = 'refund'",
        {"refund_unaccounted"},
    ),
    "refund that did not arrive": (
        "DELETE FROM payments_sandboxcharge WHERE kind = 'refund'",
        {"refund_unaccounted"},
    ),
    "refund twice": (
        """INSERT INTO payments_sandboxcharge SELECT (s).* FROM (SELECT jsonb_populate_record(x,
          '{"id": 0, "key": "again"}') AS s
          FROM payments_sandboxcharge x WHERE kind = 'refund' LIMIT 1) y""",
        {"refund_unaccounted"},
    ),
    "payment without an answer": (
        f"UPDATE payments_payment SET status = 'unknown', captured = 0 WHERE id IN {PAYMENT}",
        {"money_in_the_air", "unpaid", "charge_unaccounted"},
    ),
    "message nobody will send": (
        "UPDATE notifications_message SET status = 'failed'",
        {"message_stuck"},
    ),
}


@pytest.mark.usefixtures("book")
@pytest.mark.parametrize("name", DAMAGES)
def test_damage_is_found_by_the_checks_it_concerns_and_by_no_other(name: str) -> None:
    statements, expected = DAMAGES[name]
    assert found() == set()
    damage(statements)
    assert found() - PAST_SERVICES == expected - PAST_SERVICES
    assert expected <= found()


@pytest.mark.usefixtures("book")
def test_a_hold_that_is_alive_is_found_once_everything_should_be_over() -> None:
    assert set(broken(AT_REST)) == {"lapsed_hold_left"}
    assert broken(ALWAYS) == {}


@pytest.mark.usefixtures("book")
def test_an_imported_past_visit_keeps_its_place_as_history() -> None:
    damage(f"UPDATE reservations_reservation SET status = 'completed' WHERE id = {PAID}")
    assert "claim_without_owner" in found()
    damage("UPDATE reservations_reservation SET source = 'import'")
    assert found() == {"deed_without_record"}
    damage(
        OFF_THE_RECORD
        + """UPDATE core_auditentry SET verb = 'reservation.completed'
      WHERE target IN (SELECT public_id FROM reservations_reservation WHERE status = 'completed')
        AND verb = 'reservation.confirmed'"""
    )
    assert found() == set()


@pytest.mark.usefixtures("book")
def test_who_cancels_decides_what_is_owed() -> None:
    damage("UPDATE reservations_reservation SET refund_ladder = '[[24, 50]]'" + ";" + HALF_BACK)
    assert found() == set()
    by_staff = """UPDATE core_auditentry
      SET actor_kind = 'staff', data = data || '{"by_ladder": %s}'
      WHERE verb = 'reservation.cancelled'"""
    damage(OFF_THE_RECORD + by_staff % "false")
    assert found() == {"owed_refund"}
    damage(by_staff % "true")
    assert found() == set()


def test_half_a_deposit_is_rounded_as_its_currency_is(clock: Clock, guest: Guest) -> None:
    yen = make_bella(deposit="15", currency="JPY")
    cancelled = pay(hold(yen, guest, party=3), guest).booking
    clock.set("2025-11-15T12:00:00-05:00")
    assert cancel_reservation(cancelled.public_id, by=guest.actor).amount == 23
    process_refunds()
    deliver_due()
    assert found() == set()
    damage("UPDATE reservations_reservation SET currency = 'USD'")
    assert found() == {"unpaid"}


@pytest.fixture
def requests(clock: Clock, new_guest: Callable[[], Guest]) -> list[str]:
    """Four paid requests: accepted, declined, never answered, and one that waits."""
    house = make_bella()
    house.services.update(auto_confirm=False)
    ids = []
    for time in ("12:00", "14:30", "17:00", "19:30"):
        asker = new_guest()
        ids.append(pay(hold(house, asker, time), asker).booking.public_id)
    accept(ids[0], by=SYSTEM)
    decline(ids[1], by=SYSTEM)
    clock.advance(days=3)
    Reservation.objects.filter(public_id=ids[3]).update(status_changed_at=clock.now)
    assert expire_unanswered() == 1
    process_refunds()
    deliver_due()
    assert list(Reservation.objects.order_by("id").values_list("status", flat=True)) == [
        "confirmed",
        "declined",
        "expired",
        "pending",
    ]
    return ids


def test_requests_and_their_answers_keep_every_promise(requests: list[str]) -> None:
    assert found() == set()


@pytest.mark.parametrize(
    ("statements", "expected"),
    [
        ("DELETE FROM notifications_message WHERE kind = 'reservation_declined'", "message_lost"),
        ("DELETE FROM notifications_message WHERE kind = 'reservation_expired'", "message_lost"),
        ("DELETE FROM notifications_message WHERE kind = 'reservation_pending'", "message_lost"),
        ("DELETE FROM notifications_message WHERE kind = 'reservation_confirmed'", "message_lost"),
        (HALF_BACK, "owed_refund"),
        (
            OFF_THE_RECORD + "DELETE FROM core_auditentry WHERE verb = 'reservation.declined'",
            "deed_without_record",
        ),
        (
            OFF_THE_RECORD + "DELETE FROM core_auditentry WHERE verb = 'reservation.expired'",
            "deed_without_record",
        ),
        (
            OFF_THE_RECORD + "DELETE FROM core_auditentry WHERE verb = 'reservation.pending'",
            "deed_without_record",
        ),
    ],
)
def test_damage_to_requests_is_found(requests: list[str], statements: str, expected: str) -> None:
    damage(statements)
    assert found() == {expected}


@pytest.mark.usefixtures("book")
def test_the_check_for_overlaps_sees_what_the_constraint_would_refuse() -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS claim_table_once DEFERRED")
        cursor.execute(
            "UPDATE reservations_tableclaim SET table_id = (SELECT min(table_id) FROM"
            " reservations_tableclaim) WHERE released_at IS NULL"
        )
        [row] = OVERLAPPING_CLAIMS.violations()
        transaction.set_rollback(True)
    assert row[1] != row[2]
    assert OVERLAPPING_CLAIMS.violations() == []


def test_every_check_has_a_name_of_its_own_and_is_damaged_above() -> None:
    names = [check.name for check in AT_REST]
    assert len(names) == len(set(names))
    proven = set().union(*(found for _, found in (DAMAGES | MONEY_DAMAGES).values()))
    assert proven == set(names) - {"lapsed_hold_left"}
