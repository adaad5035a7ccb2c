from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest

from reservations.engine.availability import day, decide
from reservations.engine.calendar import boundary_to_minute
from reservations.engine.rules import ORDER, PHYSICAL
from reservations.engine.types import (
    BookableOffer,
    CapacityMode,
    Channel,
    Closure,
    Gauge,
    Opening,
    Plan,
    Query,
    Reason,
    Refusal,
    Seating,
)
from tests.engine.builders import (
    FRIDAY,
    NEW_YORK,
    NOW,
    counted,
    dinner,
    friday,
    ledger,
    minute,
    plan,
    query,
    reasons,
    table,
    use,
)

STAFF = [Channel.IN_HOUSE, Channel.WALK_IN]


def why(of: Plan, asked: Query, wall: int | str = "19:00") -> list[Reason]:
    return reasons(decide(of, ledger(), asked, wall))


# What is accepted


def test_an_accepted_party_gets_its_table_for_its_turn_and_the_buffer() -> None:
    decision = decide(plan(buffer_minutes=15), ledger(), query(2), "19:00")
    assert decision.accepted
    assert decision.seating == Seating((1,), friday("19:00"), friday("20:30"), friday("20:45"))
    assert decision.refusals == ()
    assert decision.rule_version == "best-fit/1"
    assert decision.query == query(2)


def test_a_time_can_be_given_as_wall_minute_or_as_the_label_guests_see() -> None:
    by_label = decide(plan(), ledger(), query(2), "19:00")
    by_wall = decide(plan(), ledger(), query(2), 1140)
    assert by_label == by_wall


def test_nineteen_to_twenty_one_keeps_nineteen_thirty_out() -> None:
    of = plan(tables=(table(1),))
    taken = ledger(use(1, "19:00", "21:00"))
    open_slots = [offer.slot.label for offer in day(of, taken, query(2)) if offer.available]
    assert open_slots == ["21:00"]


def test_the_day_lists_every_slot_with_what_is_free_and_why_not() -> None:
    offers = day(plan(tables=(table(1),)), ledger(use(1, "19:30", "21:00")), query(2))
    assert [(o.slot.label, o.free, o.total, reasons(o.refusals)) for o in offers] == [
        ("18:00", 1, 1, []),
        ("18:30", 0, 1, [Reason.TABLES_TAKEN]),
        ("19:00", 0, 1, [Reason.TABLES_TAKEN]),
        ("19:30", 0, 1, [Reason.TABLES_TAKEN]),
        ("20:00", 0, 1, [Reason.TABLES_TAKEN]),
        ("20:30", 0, 1, [Reason.TABLES_TAKEN]),
        ("21:00", 1, 1, []),
    ]


def test_a_query_for_one_service_lists_and_books_that_service_only() -> None:
    of = plan(services=(dinner(), dinner(id=2, last_seating=18 * 60)))
    assert [o.slot.service.id for o in day(of, ledger(), query(2, service_id=2))] == [2]
    assert why(of, query(2, service_id=2)) == [Reason.NOT_A_SLOT]
    decision = decide(of, ledger(), query(2, service_id=2), "18:00")
    assert decision.slot is not None
    assert decision.slot.service.id == 2


def test_of_two_services_at_one_time_the_first_that_accepts_is_taken() -> None:
    of = plan(services=(dinner(max_party=1), dinner(id=2)))
    decision = decide(of, ledger(), query(2), "19:00")
    assert decision.accepted
    assert decision.slot is not None
    assert decision.slot.service.id == 2


def test_if_no_service_accepts_the_one_with_the_fewest_reasons_answers() -> None:
    of = plan(services=(dinner(max_party=1, max_covers=1), dinner(id=2, max_covers=1)))
    decision = decide(of, ledger(), query(2), "19:00")
    assert reasons(decision) == [Reason.SERVICE_FULL]
    assert decision.slot is not None
    assert decision.slot.service.id == 2


# No such slot


@pytest.mark.parametrize("wall", ["19:10", "03:00", "12:00", 1141, -5, 10**9, "", "19:00:00", "x"])
def test_a_time_that_is_no_slot_is_refused_as_such(wall: int | str) -> None:
    decision = decide(plan(), ledger(), query(2), wall)
    assert decision.refusals == (Refusal(Reason.NOT_A_SLOT, {"asked": wall}),)
    assert decision.slot is None
    assert not decision.accepted


def test_a_date_without_service_is_refused_as_such() -> None:
    shut = plan(services=(dinner(weekdays=frozenset({0})),))
    assert why(shut, query(2)) == [Reason.NO_SERVICE]
    assert day(shut, ledger(), query(2)) == ()


@pytest.mark.parametrize(
    ("date", "expected"),
    [
        (dt.date(2026, 5, 14), [Reason.PAST, Reason.NO_SERVICE]),
        (dt.date.min, [Reason.PAST, Reason.NO_SERVICE]),
        (dt.date.max, [Reason.BEYOND_WINDOW, Reason.NO_SERVICE]),
    ],
)
def test_a_date_that_cannot_be_booked_anyway_says_so_first(
    date: dt.date, expected: list[Reason]
) -> None:
    of = plan(services=(dinner(valid_from=FRIDAY),))
    assert why(of, query(2, service_date=date)) == expected


def test_on_the_night_the_clocks_go_forward_a_skipped_label_is_no_slot() -> None:
    of = plan(services=(dinner(first_seating=25 * 60, last_seating=28 * 60),))
    asked = query(2, service_date=dt.date(2026, 3, 7), now=minute("2026-03-07 09:00"))
    assert why(of, asked, "02:30") == [Reason.NOT_A_SLOT]
    assert why(of, asked, "03:00") == []


# Time


@pytest.mark.parametrize(("now", "expected"), [("19:00", []), ("19:01", [Reason.PAST])])
@pytest.mark.parametrize("channel", list(Channel))
def test_a_slot_is_past_once_it_has_begun_for_everybody(
    now: str, expected: list[Reason], channel: Channel
) -> None:
    assert why(plan(), query(2, now=friday(now), channel=channel)) == expected


@pytest.mark.parametrize(("now", "expected"), [("18:00", []), ("18:01", [Reason.LEAD_TIME])])
def test_the_public_needs_the_lead_time_to_the_minute(now: str, expected: list[Reason]) -> None:
    of = plan(lead_minutes=60)
    assert why(of, query(2, now=friday(now))) == expected
    assert why(of, query(2, now=friday(now), channel=Channel.IN_HOUSE)) == []


@pytest.mark.parametrize(("now", "expected"), [("15:59", []), ("16:00", [Reason.CUT_OFF])])
def test_the_public_comes_too_late_from_the_cut_off_on(now: str, expected: list[Reason]) -> None:
    of = plan(cut_off=16 * 60)
    assert why(of, query(2, now=friday(now))) == expected
    assert why(of, query(2, now=friday(now), channel=Channel.WALK_IN)) == []


def test_the_cut_off_of_an_evening_is_an_instant_of_its_own_date() -> None:
    of = plan(cut_off=16 * 60)
    tomorrow = query(2, service_date=FRIDAY + dt.timedelta(days=1), now=friday("17:00"))
    assert why(of, tomorrow) == []
    skipped = plan(cut_off=150)
    sunday = dt.date(2026, 3, 8)
    change = boundary_to_minute(NEW_YORK, sunday, 150)
    assert why(skipped, query(2, service_date=sunday, now=change - 1)) == []
    assert why(skipped, query(2, service_date=sunday, now=change)) == [Reason.CUT_OFF]


@pytest.mark.parametrize(("days", "expected"), [(30, []), (31, [Reason.BEYOND_WINDOW])])
def test_the_public_books_to_the_last_day_of_the_window(days: int, expected: list[Reason]) -> None:
    of = plan(window_days=30)
    asked = query(2, service_date=FRIDAY + dt.timedelta(days=days))
    assert why(of, asked) == expected
    if expected:
        assert decide(of, ledger(), asked, "19:00").refusals[0].facts == {
            "limit": 30,
            "last_date": "2026-06-14",
        }
    staff = query(2, service_date=FRIDAY + dt.timedelta(days=days), channel=Channel.IN_HOUSE)
    assert why(of, staff) == []


def test_the_window_is_counted_from_the_restaurants_own_date() -> None:
    of = plan(window_days=0)
    just_before_midnight = query(2, now=minute("2026-05-14 23:59"))
    assert why(of, just_before_midnight) == [Reason.BEYOND_WINDOW]
    assert why(of, query(2, now=minute("2026-05-15 00:00"))) == []


def test_a_past_slot_is_only_past_and_not_short_of_notice_as_well() -> None:
    of = plan(lead_minutes=60, cut_off=600)
    assert why(of, query(2, now=friday("19:30"))) == [Reason.PAST]


def test_the_slot_past_midnight_can_be_booked_after_midnight() -> None:
    of = plan(services=(dinner(first_seating=23 * 60, last_seating=25 * 60),), window_days=0)
    asked = query(2, now=minute("2026-05-16 00:15"))
    assert why(of, asked, "00:00") == [Reason.PAST]
    assert why(of, asked, "00:30") == []


# Parties


@pytest.mark.parametrize(
    ("party", "expected"),
    [
        (1, [Reason.PARTY_TOO_SMALL]),
        (2, []),
        (6, []),
        (7, [Reason.PARTY_TOO_LARGE]),
        (10**9, [Reason.PARTY_TOO_LARGE, Reason.NO_TABLE_FITS]),
    ],
)
@pytest.mark.parametrize("where", ["plan", "service"])
def test_party_limits_bind_the_public(where: str, party: int, expected: list[Reason]) -> None:
    limits = {"min_party": 2, "max_party": 6}
    of = (
        plan(tables=(table(1, 8),), **limits)
        if where == "plan"
        else plan(tables=(table(1, 8),), services=(dinner(**limits),), max_party=50)
    )
    assert why(of, query(party)) == expected
    if party < 10:
        assert why(of, query(party, channel=Channel.IN_HOUSE)) == []


def test_a_party_both_limits_forbid_is_refused_once() -> None:
    of = plan(tables=(table(1, 8),), max_party=4, services=(dinner(max_party=3),))
    assert why(of, query(5)) == [Reason.PARTY_TOO_LARGE]


@pytest.mark.parametrize("party", [0, -3])
@pytest.mark.parametrize("channel", list(Channel))
@pytest.mark.parametrize("mode", list(CapacityMode))
def test_a_party_of_nobody_is_refused_whatever_is_waived(
    party: int, channel: Channel, mode: CapacityMode
) -> None:
    of = plan(capacity_mode=mode, seats=10, min_party=0)
    asked = query(party, channel=channel, waived=frozenset(Reason))
    assert why(of, asked)[0] is Reason.PARTY_TOO_SMALL


# Closed, private


def test_closings_bind_everybody_and_those_for_the_public_only_the_public() -> None:
    of = plan(closures=(Closure(1, friday("19:00"), friday("20:00"), note="Film crew"),))
    for channel in Channel:
        assert why(of, query(2, channel=channel)) == [Reason.CLOSURE]
    assert decide(of, ledger(), query(2), "19:00").refusals[0].facts == {"note": "Film crew"}
    online = plan(closures=(Closure(1, friday("19:00"), friday("20:00"), online_only=True),))
    assert why(online, query(2)) == [Reason.CLOSURE]
    for channel in STAFF:
        assert why(online, query(2, channel=channel)) == []


def test_the_public_neither_sees_nor_books_a_private_service() -> None:
    of = plan(services=(dinner(is_private=True),))
    assert day(of, ledger(), query(2)) == ()
    assert why(of, query(2)) == [Reason.PRIVATE]
    assert len(day(of, ledger(), query(2, channel=Channel.IN_HOUSE))) == 7
    assert why(of, query(2, channel=Channel.IN_HOUSE)) == []
    shown = query(2, waived=frozenset({Reason.PRIVATE}))
    assert [offer.available for offer in day(of, ledger(), shown)] == [True] * 7
    assert why(of, shown) == []


def test_a_private_service_does_not_answer_for_a_public_one() -> None:
    of = plan(services=(dinner(is_private=True), dinner(id=2, max_covers=0, slot_covers=0)))
    assert why(of, query(2)) == [Reason.SERVICE_FULL, Reason.PACING_COVERS]


# Waivers


WAIVABLE: list[tuple[Reason, dict[str, Any], dict[str, Any]]] = [
    (Reason.PAST, {}, {"now": friday("22:00")}),
    (Reason.LEAD_TIME, {"lead_minutes": 9999}, {}),
    (Reason.CUT_OFF, {"cut_off": 0}, {}),
    (Reason.BEYOND_WINDOW, {"window_days": 0}, {"now": NOW - 1440}),
    (Reason.CLOSED, {"openings": (Opening(0, 0, 60),)}, {}),
    (Reason.CLOSURE, {"closures": (Closure(1, 0, 10**8),)}, {}),
    (Reason.PRIVATE, {"services": (dinner(is_private=True),)}, {}),
    (Reason.PREPAYMENT_NOT_SET_UP, {"services": (dinner(requires_prepayment=True),)}, {}),
    (Reason.PARTY_TOO_SMALL, {"min_party": 3}, {}),
    (Reason.PARTY_TOO_LARGE, {"max_party": 1}, {}),
    (Reason.SERVICE_FULL, {"services": (dinner(max_covers=1),)}, {}),
    (Reason.PACING_PARTIES, {"services": (dinner(slot_parties=0),)}, {}),
    (Reason.OVERSIZE, {"tables": (table(1, 8),), "max_spare_seats": 0}, {}),
]


@pytest.mark.parametrize(("reason", "house", "request_"), WAIVABLE)
def test_staff_can_set_one_rule_aside_for_a_request(
    reason: Reason, house: dict[str, Any], request_: dict[str, Any]
) -> None:
    of = plan(**house)
    assert why(of, query(2, **request_)) == [reason]
    assert why(of, query(2, **request_, waived=frozenset({reason}))) == []
    others = frozenset(Reason) - {reason}
    assert why(of, query(2, **request_, waived=others)) == [reason]


def test_a_time_off_the_interval_is_booked_when_staff_say_so() -> None:
    asked = query(2, waived=frozenset({Reason.NOT_A_SLOT}))
    decision = decide(plan(), ledger(), asked, "19:10")
    assert decision.seating == Seating((1,), friday("19:10"), friday("20:40"), friday("20:40"))
    assert why(plan(), asked, "17:00") == [Reason.NOT_A_SLOT]
    assert why(plan(cut_off=0), asked, "19:10") == [Reason.CUT_OFF]


def test_nobody_can_waive_a_table_that_is_taken_or_does_not_exist() -> None:
    everything = frozenset(Reason)
    taken = ledger(use(1, "18:00", "22:00"), use(2, "18:00", "22:00"))
    assert reasons(decide(plan(), taken, query(2, waived=everything), "19:00")) == [
        Reason.TABLES_TAKEN
    ]
    assert why(plan(), query(3, waived=everything)) == [Reason.NO_TABLE_FITS]
    nowhere = plan(services=(dinner(weekdays=frozenset()),))
    assert why(nowhere, query(2, waived=everything)) == [Reason.NO_SERVICE]


# Reasons


def test_every_reason_has_its_place_in_the_order() -> None:
    assert sorted(ORDER) == sorted(Reason)
    assert set(ORDER) > PHYSICAL


def test_all_reasons_are_given_the_most_fundamental_first() -> None:
    of = plan(
        openings=(Opening(0, 0, 60),),
        closures=(Closure(1, 0, 10**8),),
        lead_minutes=9999,
        max_party=1,
        tables=(),
        services=(dinner(max_covers=1, slot_covers=1, online_slot_parties=0),),
    )
    assert why(of, query(2)) == [
        Reason.CLOSED,
        Reason.CLOSURE,
        Reason.PARTY_TOO_LARGE,
        Reason.LEAD_TIME,
        Reason.NO_TABLE_FITS,
        Reason.SERVICE_FULL,
        Reason.PACING_COVERS,
        Reason.ONLINE_PACING_PARTIES,
    ]


def test_a_refused_decision_still_lists_the_tables_that_were_free() -> None:
    decision = decide(plan(cut_off=0), ledger(), query(2), "19:00")
    assert reasons(decision) == [Reason.CUT_OFF]
    assert [candidate.table_ids for candidate in decision.candidates] == [(1,), (2,)]
    assert (decision.seating, decision.gauges) == (None, ())


def test_a_full_counter_and_taken_tables_are_both_reported() -> None:
    of = plan(services=(dinner(slot_covers=4),))
    full = counted(Gauge.SLOT, "19:00", 4)
    busy = ledger(use(1, "19:00", "20:30"), use(2, "19:00", "20:30"), gauges=full.gauges)
    decision = decide(of, busy, query(2), "19:00")
    assert reasons(decision) == [Reason.TABLES_TAKEN, Reason.PACING_COVERS]


# --- Offers ---------------------------------------------------------------------------------------


def with_offers(*offers: BookableOffer) -> Plan:
    lunch = dinner(id=2, name="Lunch", first_seating=12 * 60, last_seating=12 * 60)
    return plan(services=(lunch, dinner()), bookable_offers=offers)


@pytest.mark.parametrize(
    ("offer", "lunch", "evening"),
    [
        (BookableOffer(7, "Always"), None, None),
        (BookableOffer(7, "Dinner", service_ids=frozenset({1})), Reason.OFFER_NOT_THEN, None),
        (BookableOffer(7, "Today", valid_from=FRIDAY, valid_until=FRIDAY), None, None),
        (
            BookableOffer(7, "Over", valid_until=FRIDAY - dt.timedelta(days=1)),
            Reason.OFFER_OVER,
            Reason.OFFER_OVER,
        ),
        (
            BookableOffer(7, "Not yet", valid_from=FRIDAY + dt.timedelta(days=1)),
            Reason.OFFER_NOT_THEN,
            Reason.OFFER_NOT_THEN,
        ),
        (BookableOffer(8, "Another"), Reason.OFFER_OVER, Reason.OFFER_OVER),
    ],
)
def test_an_offer_is_served_at_its_meals_and_on_its_dates(
    offer: BookableOffer, lunch: Reason | None, evening: Reason | None
) -> None:
    asked = query(2, offer_id=7)
    found = {
        offered.slot.label: next((r.reason for r in offered.refusals), None)
        for offered in day(with_offers(offer), ledger(), asked)
    }
    assert (found["12:00"], found["19:00"]) == (lunch, evening)
    for time, reason in (("12:00", lunch), ("19:00", evening)):
        decided = decide(with_offers(offer), ledger(), asked, time)
        assert decided.accepted == (reason is None)
        waived = replace(asked, waived=frozenset({reason} if reason else ()))
        assert decide(with_offers(offer), ledger(), waived, time).accepted


def test_without_an_offer_none_matters() -> None:
    over = BookableOffer(7, "Over", valid_until=FRIDAY - dt.timedelta(days=1))
    assert decide(with_offers(over), ledger(), query(2), "12:00").accepted
