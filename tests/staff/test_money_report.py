"""The report against rows counted by hand, its table, its drawing; the preview of policies."""

from __future__ import annotations

import csv
import datetime as dt
import io
from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse

from payments.models import Payment, PaymentDispute, Policy, Redemption, Refund
from reservations.models import Reservation
from reservations.selectors.money_report import report
from restaurants.models import Restaurant
from staff.chart import chart_by, chart_of
from staff.tables import told
from tests.fixtures.domain import Clock
from tests.payments.rows import make_payment
from tests.reservations.money import make_booking, secured_by
from tests.staff.conftest import As, Cast

pytestmark = pytest.mark.django_db

FIRST, LAST = dt.date(2025, 11, 10), dt.date(2025, 11, 12)


def at(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text)


def took(house: Restaurant, amount: str, when: str, **fields: Any) -> Payment:
    row = make_payment(house, amount, **fields)
    Payment.objects.filter(pk=row.pk).update(
        status="succeeded", captured=Decimal(amount), settled_at=at(when)
    )
    return Payment.objects.get(pk=row.pk)


@pytest.fixture
def books(house: Restaurant, elsewhere: Restaurant, clock: Clock) -> None:
    """Three days in New York, counted by hand below."""
    direct = make_booking(house)
    partner = make_booking(house, time="20:30")
    Reservation.objects.filter(pk=partner.pk).update(source="opentable")
    dinner = secured_by(house, "deposit", weekdays=[0])
    asked = {"policy": dinner, "policy_name": dinner.name}
    one = took(house, "50.00", "2025-11-10T12:00:00-05:00", purpose=direct.public_id, **asked)
    # Already the 11th in Europe and by UTC, still the 10th in New York.
    took(house, "30.00", "2025-11-10T23:59:59-05:00", purpose=partner.public_id)
    took(
        house,
        "25.00",
        "2025-11-12T00:00:00-05:00",
        purpose=partner.public_id,
        kind="no_show_fee",
        **asked,
    )
    gone = Policy.objects.create(restaurant=house, name="Sunday menu", amount=Decimal(10))
    of_gone = {"policy": gone, "policy_name": "Sunday menu"}
    took(house, "10.00", "2025-11-11T09:00:00-05:00", kind="prepayment", **of_gone)
    # One has another name by now, the other one is no more.
    dinner.name = "Dinner"
    dinner.save()
    gone.delete()
    # Not in it: the day after, the day before, another currency's sum, another house, not taken.
    took(house, "99.00", "2025-11-13T00:00:00-05:00")
    took(house, "99.00", "2025-11-09T23:59:59-05:00")
    took(house, "700", "2025-11-11T09:00:00-05:00", currency="JPY")
    took(elsewhere, "99.00", "2025-11-11T09:00:00-05:00")
    make_payment(house, "99.00")
    for amount, status, when in (
        ("20.00", "succeeded", "2025-11-11T10:00:00-05:00"),
        ("5.00", "requested", None),
        ("7.00", "failed", "2025-11-11T10:00:00-05:00"),
    ):
        Refund.objects.create(
            payment=one,
            idempotency_key=f"refund:{amount}",
            amount=Decimal(amount),
            reason="cancelled",
            status=status,
            created_at=clock.now,
            settled_at=at(when) if when else None,
        )
    Redemption.objects.create(
        payment=one,
        idempotency_key="r1",
        amount=Decimal("15.00"),
        by_label="Mia",
        created_at=at("2025-11-12T20:00:00-05:00"),
    )
    PaymentDispute.objects.create(
        payment=one,
        reference="dp",
        status="lost",
        amount=Decimal("8.00"),
        opened_at=at("2025-11-10T10:00:00-05:00"),
        updated_at=at("2025-11-12T10:00:00-05:00"),
    )


def sums(figures: Any) -> tuple[str, ...]:
    """Taken, fees, refunded, lost, redeemed, net, number."""
    each = (figures.taken, figures.fees, figures.refunded, figures.lost, figures.redeemed)
    return (*(f"{value:.2f}" for value in (*each, figures.net)), str(figures.number))


def test_every_figure_is_the_one_counted_by_hand(house: Restaurant, books: None) -> None:
    yen, dollars = report(house.pk, house.tz, FIRST, LAST, is_test=True)
    assert (yen.currency, sums(yen.total)[0]) == ("JPY", "700.00")
    assert dollars.currency == "USD"
    assert sums(dollars.total) == ("90.00", "25.00", "20.00", "8.00", "15.00", "87.00", "4")
    assert {day.day: sums(each) for day, each in dollars.by_day.items()} == {
        10: ("80.00", "0.00", "0.00", "0.00", "0.00", "80.00", "2"),
        11: ("10.00", "0.00", "20.00", "0.00", "0.00", "-10.00", "1"),
        12: ("0.00", "25.00", "0.00", "8.00", "15.00", "17.00", "1"),
    }
    assert {name: sums(each) for name, each in dollars.by_source.items()} == {
        "": ("10.00", "0.00", "0.00", "0.00", "0.00", "10.00", "1"),
        "opentable": ("30.00", "25.00", "0.00", "0.00", "0.00", "55.00", "2"),
        "website": ("50.00", "0.00", "20.00", "8.00", "15.00", "22.00", "1"),
    }
    assert {name: sums(each) for name, each in dollars.by_kind.items()} == {
        "deposit": ("80.00", "0.00", "20.00", "8.00", "15.00", "52.00", "2"),
        "no_show_fee": ("0.00", "25.00", "0.00", "0.00", "0.00", "25.00", "1"),
        "prepayment": ("10.00", "0.00", "0.00", "0.00", "0.00", "10.00", "1"),
    }
    assert {name: sums(each) for name, each in dollars.by_policy.items()} == {
        "": ("30.00", "0.00", "0.00", "0.00", "0.00", "30.00", "1"),
        "Dinner": ("50.00", "25.00", "20.00", "8.00", "15.00", "47.00", "2"),
        "Sunday menu": ("10.00", "0.00", "0.00", "0.00", "0.00", "10.00", "1"),
    }
    assert [(line.day.day, line.source, line.kind, line.policy) for line in dollars.lines] == [
        (10, "opentable", "deposit", ""),
        (10, "website", "deposit", "Dinner"),
        (11, "", "prepayment", "Sunday menu"),
        (11, "website", "deposit", "Dinner"),
        (12, "opentable", "no_show_fee", "Dinner"),
        (12, "website", "deposit", "Dinner"),
    ]
    assert sum(line.figures.net for line in dollars.lines) == dollars.total.net


def test_real_money_and_test_money_are_kept_apart(house: Restaurant, books: None) -> None:
    assert report(house.pk, house.tz, FIRST, LAST, is_test=False) == []
    assert report(house.pk, house.tz, FIRST, LAST, is_test=True, provider="stripe") == []


def test_a_night_with_25_hours_is_one_day(house: Restaurant, clock: Clock) -> None:
    took(house, "1.00", "2025-11-02T00:00:00-04:00")
    took(house, "2.00", "2025-11-02T23:59:59-05:00")
    day = dt.date(2025, 11, 2)
    (found,) = report(house.pk, house.tz, day, day, is_test=True)
    assert sums(found.total)[0] == "3.00"


def test_the_page_and_its_table(
    as_: As, cast: Cast, house: Restaurant, books: None, django_assert_max_num_queries: Any
) -> None:
    client, query = as_(cast.manager), {"first": "2025-11-10", "last": "2025-11-12"}
    with django_assert_max_num_queries(14):
        page = client.get(reverse("staff:payment_report", args=[house.slug]), query)
    text = page.content.decode()
    assert "$87.00" in text
    assert "\u2212$10.00" in text
    assert '<title id="chart-title-USD">Money by day</title>' in text
    assert '<title id="policies-title-USD">Money by policy</title>' in text
    assert "<li>No policy</li><li>Dinner</li><li>Sunday menu</li>" in text
    assert '<th scope="row">Sunday menu</th>' in text
    answer: Any = client.get(reverse("staff:payment_report_csv", args=[house.slug]), query)
    saved = b"".join(answer.streaming_content).decode("utf-8-sig")
    rows = [row for row in csv.DictReader(io.StringIO(saved)) if row["currency"] == "USD"]
    assert len(rows) == 6
    assert rows[3] == {
        "day": "2025-11-11",
        "source": "Website",
        "kind": "deposit",
        "currency": "USD",
        "payments": "0",
        "taken": "0.00",
        "fees": "0.00",
        "refunded": "20.00",
        "lost_in_disputes": "0.00",
        "net": "-20.00",
        "off_bills": "0.00",
        "policy": "Dinner",
    }


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({}, 200),
        ({"first": "2025-11-12", "last": "2025-11-10"}, 422),
        ({"first": "2020-01-01", "last": "2025-11-10"}, 422),
        ({"first": "x"}, 422),
        ({"money": "x"}, 200),
    ],
)
def test_days_that_cannot_be(
    as_: As, cast: Cast, house: Restaurant, query: dict[str, str], status: int
) -> None:
    page = as_(cast.owner).get(reverse("staff:payment_report", args=[house.slug]), query)
    assert page.status_code == status


def test_bars_stand_on_their_days(house: Restaurant, books: None) -> None:
    dollars = report(house.pk, house.tz, FIRST, LAST, is_test=True)[1]
    chart = chart_of(dollars.by_day, FIRST, LAST)
    assert chart is not None
    assert (chart.width, chart.zero, chart.most) == (30, 80.0, Decimal(80))
    assert [(bar.x, bar.y, bar.height, bar.kind) for bar in chart.bars] == [
        (1.0, 0.0, 80.0, "in"),
        (11.0, 70.0, 10.0, "in"),
        (11.0, 80.0, 20.0, "out"),
        (21.0, 55.0, 25.0, "fees"),
        (21.0, 80.0, 8.0, "out"),
    ]
    assert chart_of({}, FIRST, LAST) is None
    policies = chart_by(dollars.by_policy.values())
    assert policies is not None
    assert (policies.width, policies.most) == (30, Decimal(75))
    assert [(bar.x, bar.kind) for bar in policies.bars] == [
        (1.0, "in"),
        (11.0, "in"),
        (11.0, "fees"),
        (11.0, "out"),
        (21.0, "in"),
    ]
    assert chart_by([]) is None


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@A1", " =1", "\t=1", "\r=1", "\uff1d1"])
def test_no_cell_is_a_formula(text: str) -> None:
    assert told(text) == f"'{text}"


def test_plain_text_stays_as_it_is() -> None:
    assert told("Ada = Guest") == "Ada = Guest"


# --- Policies -------------------------------------------------------------------------------------


@pytest.fixture
def policies(house: Restaurant) -> None:
    Policy.objects.all().delete()
    make = Policy.objects.create
    make(restaurant=house, name="Always", amount=Decimal(10))
    make(restaurant=house, name="Large parties", amount=Decimal(20), min_party=6)
    make(restaurant=house, name="Fridays", amount=Decimal(30), weekdays=[4], kind="prepayment")
    make(restaurant=house, name="Old", amount=Decimal(5), is_active=False)
    make(restaurant=house, name="Summer", amount=Decimal(5), valid_until=dt.date(2025, 9, 1))


def test_what_a_party_of_six_on_friday_pays_and_why(
    as_: As, cast: Cast, house: Restaurant, policies: None
) -> None:
    service = house.services.get()
    query = {"date": "2025-11-14", "party": "6", "service": str(service.pk), "offer": ""}
    page = as_(cast.host).get(reverse("staff:policies", args=[house.slug]), query)
    preview = page.context["preview"]
    assert (preview.amount, preview.kind, preview.per_person) == ("$180.00", "Prepayment", "$30.00")
    assert preview.lines[0] == "The price of $180.00 is taken now."
    assert preview.verdicts == [
        ("Fridays", "It applies, and says more exactly for whom than the others.", True),
        ("Always", "Applies, but another one says more exactly for whom.", False),
        ("Large parties", "Applies, but another one says more exactly for whom.", False),
        ("Summer", "Only on other dates.", False),
        ("Old", "It is switched off.", False),
    ]


@pytest.mark.parametrize(
    "query", [{"date": "x"}, {"date": "2025-11-14", "party": "0"}, {"date": "9999-12-31"}]
)
def test_odd_questions_are_answered(
    as_: As, cast: Cast, house: Restaurant, query: dict[str, str]
) -> None:
    page = as_(cast.host).get(reverse("staff:policies", args=[house.slug]), query)
    assert page.status_code == 200
    assert page.context["preview"] is None


@pytest.mark.parametrize(
    ("page", "query"),
    [
        ("payment_report", {"first": "9999-12-31", "last": "9999-12-31"}),
        ("payment_report", {"first": "0001-01-01", "last": "0001-01-02"}),
        ("payment_report_csv", {"first": "9999-12-31", "last": "9999-12-31"}),
        ("payments", {"until": "9999-12-31"}),
        ("payments", {"since": "0001-01-01"}),
        ("payments_csv", {"since": "0001-01-01", "until": "9999-12-31"}),
        ("policies", {"date": "9999-12-31", "party": "2"}),
        ("policies", {"date": "0001-01-01", "party": "2"}),
    ],
)
def test_the_ends_of_time_are_dates_like_any_other(
    as_: As, cast: Cast, house: Restaurant, page: str, query: dict[str, str]
) -> None:
    if "0001-01-01" in query.values():
        # East of Greenwich the first day begins before time does.
        Restaurant.objects.filter(pk=house.pk).update(zone="Pacific/Kiritimati")
    said = {**query, "service": str(house.services.get().pk)}
    answer = as_(cast.manager).get(reverse(f"staff:{page}", args=[house.slug]), said)
    assert answer.status_code in (200, 302, 422)
