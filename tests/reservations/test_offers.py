"""An offer booked with a table: shown when it is served, kept as told, refused when it is over."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from html import unescape

import pytest
from django.core import mail
from django.db import IntegrityError, transaction
from django.db.models import F

from core.actors import Actor, ActorKind
from core.models import AuditEntry
from notifications.services import deliver_due
from payments.models import Payment, Policy
from payments.services.settling import settle_unknown
from reservations.details import NO_OFFER, ChosenOffer
from reservations.errors import NotBookable, PaymentPending
from reservations.guests import Guest
from reservations.models import Hold, Reservation, SeatingDecision
from reservations.selectors.bookings import booking
from reservations.services.by_link import change_for_link
from reservations.services.changes import Change, change_reservation
from reservations.services.holds import expire_holds, place_hold
from reservations.services.links import issue_link
from restaurants.models import DiningService, Offer, Restaurant
from tests import factories
from tests.faults.acts import ask, pay
from tests.fixtures.domain import Clock
from tests.reservations.browser import SATURDAY, Browser

pytestmark = pytest.mark.django_db(transaction=True)

STAFF = Actor(ActorKind.STAFF, "staff_1", "Sam")
LOST = {"token": "tok_sandbox_lost_answer"}


@pytest.fixture
def house(clock: Clock) -> Restaurant:
    """Lunch and dinner, no deposit; it is Monday 10 November 2025, noon."""
    house = factories.make_restaurant(name="Bella Notte", slug="bella", window_days=365)
    factories.make_service(house, name="Lunch", first_seating=dt.time(12), last_seating=dt.time(13))
    factories.make_service(
        house, name="Dinner", first_seating=dt.time(19), last_seating=dt.time(20)
    )
    factories.make_tables(house, 4, 4)
    return house


@pytest.fixture
def tasting(house: Restaurant) -> Offer:
    """$75 a head at dinner, until the end of November."""
    return make_offer(house, services=["Dinner"], valid_until=dt.date(2025, 11, 30))


def make_offer(house: Restaurant, services: list[str] | None = None, **fields: object) -> Offer:
    values = {"name": "Tasting menu", "price": Decimal(75)} | fields
    offer = Offer.objects.create(restaurant=house, **values)
    offer.services.set(DiningService.objects.filter(restaurant=house, name__in=services or []))
    return offer


def times(browser: Browser) -> list[str]:
    return [
        part.split('"')[0]
        for part in browser.html.split('name="time" id="')[1:]
        for part in [part.split('value="')[1]]
    ]


def page(house: Restaurant, **asked: object) -> Browser:
    wish = {"party": 2, "date": SATURDAY} | asked
    return Browser().get(f"/r/{house.slug}/?" + "&".join(f"{k}={v}" for k, v in wish.items()))


# --- Which times are shown ------------------------------------------------------------------------


def test_the_times_shown_are_those_at_which_it_is_served(house: Restaurant, tasting: Offer) -> None:
    assert times(page(house)) == ["12:00", "12:30", "13:00", "19:00", "19:30", "20:00"]
    shown = page(house, offer=tasting.pk)
    assert times(shown) == ["19:00", "19:30", "20:00"]
    assert "Tasting menu, $75 a head. You pay for it at the restaurant." in shown.text
    assert f'<input type="hidden" name="offer" value="{tasting.pk}">' in shown.html


def test_guests_choose_between_offers_and_none_with_none_first(
    house: Restaurant, tasting: Offer
) -> None:
    lunch = make_offer(house, name="Set lunch", price=Decimal("24.50"), per_person=False)
    make_offer(house, name="Shown only", is_bookable=False)
    make_offer(house, name="Switched off", is_active=False)
    make_offer(house, name="Last month", valid_until=dt.date(2025, 10, 31))

    def radios(shown: Browser) -> list[str]:
        rows = shown.html.split('type="radio" name="offer" ')[1:]
        return [row.split(">")[0] for row in rows]

    values = ["", str(lunch.pk), str(tasting.pk)]
    none, *others = [f'value="{value}"' for value in values]
    assert radios(page(house)) == [f"{none} checked", *others]
    assert radios(page(house, offer=tasting.pk)) == [none, others[0], f"{others[1]} checked"]
    assert "No offer" in page(house).text
    assert "Set lunch $24.50" in page(house).text


def test_a_house_without_offers_asks_nothing(house: Restaurant) -> None:
    make_offer(house, is_bookable=False)
    shown = page(house)
    assert 'name="offer"' not in shown.html
    assert "Book this offer" not in shown.text
    assert "Tasting menu" in shown.text, "it is shown all the same"


def test_the_button_beside_an_offer_leads_to_its_times(house: Restaurant, tasting: Offer) -> None:
    url = f"/r/bella/?party=3&date={SATURDAY}&offer={tasting.pk}#times"
    assert f'href="{url}"' in unescape(page(house, party=3).html)
    later = make_offer(house, name="New Year", valid_from=dt.date(2025, 12, 31))
    url = f"/r/bella/?party=2&date=2025-12-31&offer={later.pk}#times"
    shown = page(house)
    assert f'href="{url}"' in unescape(shown.html)
    assert "From Wednesday 31 December 2025" in shown.text
    assert "Until Sunday 30 November 2025" in shown.text


def test_a_day_without_it_says_so_and_offers_the_table_alone(
    house: Restaurant, tasting: Offer
) -> None:
    DiningService.objects.filter(name="Dinner").update(weekdays=[4, 5])
    sunday = SATURDAY + dt.timedelta(days=1)
    shown = page(house, date=sunday, offer=tasting.pk)
    assert "This offer is not served on this day." in shown.text
    assert times(shown) == []
    alone = f"/r/bella/?party=2&date={sunday}#times"
    assert f'href="{alone}">Times without the offer</a>' in unescape(shown.html)
    assert f"/r/bella/?party=2&date={SATURDAY}&offer={tasting.pk}#times" in unescape(shown.html)


@pytest.mark.parametrize("why", ["date", "off", "not bookable", "gone"])
def test_an_offer_that_is_over_says_so(house: Restaurant, tasting: Offer, why: str) -> None:
    end(tasting, why)
    date = dt.date(2025, 12, 1) if why == "date" else SATURDAY
    shown = page(house, date=date, offer=tasting.pk)
    assert "This offer has ended. Please choose another one, or book without it." in shown.text
    assert "Times without the offer" in shown.text
    assert times(shown) == []


def end(offer: Offer, why: str) -> None:
    match why:
        case "off":
            Offer.objects.update(is_active=False)
        case "not bookable":
            Offer.objects.update(is_bookable=False)
        case "gone":
            Offer.objects.filter(pk=offer.pk).delete()


def test_a_change_of_an_offer_changes_the_rules_at_once(house: Restaurant, tasting: Offer) -> None:
    versions = [Restaurant.objects.get().plan_version]
    Offer.objects.update(price=F("price") + 1)
    versions.append(Restaurant.objects.get().plan_version)
    tasting.services.clear()
    versions.append(Restaurant.objects.get().plan_version)
    assert versions == [versions[0], versions[0] + 1, versions[0] + 2]


# --- Booking it -----------------------------------------------------------------------------------


def test_it_goes_from_the_hold_to_the_mail_as_it_was_told(
    house: Restaurant, tasting: Offer
) -> None:
    browser = Browser().hold(house, offer=tasting.pk)
    assert "Offer Tasting menu, $75 a head" in browser.text
    assert "To pay at the restaurant Tasting menu $150 To pay now Nothing" in browser.text
    Offer.objects.update(name="Another", price=99)
    browser.confirm()
    assert "Offer Tasting menu, $75 a head: $150 for 2 guests" in browser.text
    told = ChosenOffer(tasting.pk, "Tasting menu", Decimal("75.000"), True)
    row = Reservation.objects.get()
    assert booking(row.public_id).offer == told
    assert (row.offer_id, row.offer_name, row.offer_price) == (
        tasting.pk,
        "Tasting menu",
        Decimal(75),
    )
    deliver_due()
    assert "Offer: Tasting menu, $75.00 a head" in str(mail.outbox[0].body)
    token = issue_link(row.public_id)
    assert "Tasting menu, $75 a head: $150 for 2 guests" in Browser().get(f"/booking/{token}/").text
    entry = Browser().client.get(f"/booking/{token}/calendar.ics").content.decode()
    assert "Offer: Tasting menu" in entry.replace("\r\n ", "")
    assert SeatingDecision.objects.get().asked["offer_id"] == tasting.pk


def test_a_house_is_told_of_it_with_a_guests_note(house: Restaurant, tasting: Offer) -> None:
    Browser().hold(house, offer=tasting.pk).confirm()
    token = issue_link(Reservation.objects.get().public_id)
    Browser().post(f"/booking/{token}/message/", text="A quiet table?")
    deliver_due()
    (note,) = [m for m in mail.outbox if m.to == ["book@house.example"]]
    assert "Offer: Tasting menu, $75.00 a head" in str(note.body)


def test_without_an_offer_nothing_is_kept_or_said(house: Restaurant, tasting: Offer) -> None:
    browser = Browser().hold(house)
    assert "Offer" not in browser.text
    browser.confirm()
    assert booking(Reservation.objects.get().public_id).offer == NO_OFFER
    deliver_due()
    assert "Offer" not in str(mail.outbox[0].body)


def test_a_price_for_the_whole_party_is_not_multiplied(house: Restaurant) -> None:
    platter = make_offer(house, name="Platter", price=Decimal("39.50"), per_person=False)
    browser = Browser().hold(house, offer=platter.pk)
    assert "Offer Platter, $39.50" in browser.text
    assert "To pay at the restaurant Platter $39.50" in browser.text


@pytest.mark.parametrize("why", ["off", "not bookable", "gone"])
def test_one_that_ended_in_between_is_refused_at_hold_time(
    house: Restaurant, tasting: Offer, why: str
) -> None:
    end(tasting, why)
    browser = Browser().hold(house, offer=tasting.pk)
    assert "This offer has ended. Please choose another one, or book without it." in browser.text
    assert Hold.objects.count() == 0


def test_it_is_refused_at_a_meal_it_does_not_belong_to(
    house: Restaurant, tasting: Offer, guest: Guest
) -> None:
    with pytest.raises(NotBookable) as refused:
        place_hold(ask(house, "12:00", offer_id=tasting.pk), guest, by=guest.actor)
    assert refused.value.code == "OFFER_NOT_THEN"
    assert refused.value.text == (
        "This offer is not served at this time. Please choose another time, or book without it."
    )


def test_the_same_time_with_and_without_are_two_wishes(house: Restaurant, tasting: Offer) -> None:
    browser = Browser().hold(house, offer=tasting.pk)
    held = browser.url
    assert browser.hold(house, offer=tasting.pk).url == held, "a double click"
    assert browser.hold(house).url != held
    assert "You hold a table already." in browser.text


def test_a_lapsed_hold_is_taken_again_with_its_offer(
    house: Restaurant, tasting: Offer, clock: Clock
) -> None:
    browser = Browser().hold(house, offer=tasting.pk)
    clock.advance(minutes=11)
    browser.confirm()
    assert Reservation.objects.get().offer_name == "Tasting menu"


def test_a_payment_that_arrives_late_brings_it_though_it_has_ended(
    house: Restaurant, tasting: Offer, guest: Guest, clock: Clock
) -> None:
    Policy.objects.create(restaurant=house, name="Deposit", amount=Decimal(25))
    held = place_hold(ask(house, offer_id=tasting.pk), guest, by=guest.actor)
    with pytest.raises(PaymentPending):
        pay(held, guest, LOST)
    end(tasting, "gone")
    clock.advance(minutes=20)
    expire_holds()
    settle_unknown()
    row = Reservation.objects.get()
    assert (row.offer_id, row.offer_name, row.offer_price) == (None, "Tasting menu", Decimal(75))
    assert Payment.objects.get().status == "succeeded"


# --- Changing it ----------------------------------------------------------------------------------


@pytest.fixture
def token(house: Restaurant, tasting: Offer) -> str:
    """The link of a booking of the menu, Saturday at 19:00."""
    Browser().hold(house, offer=tasting.pk).confirm()
    return issue_link(Reservation.objects.get().public_id)


def test_a_change_shows_the_times_of_the_offer_and_keeps_it(token: str, tasting: Offer) -> None:
    browser = Browser().get(f"/booking/{token}/change/")
    assert times(browser) == ["19:00", "19:30", "20:00"]
    browser.post(
        f"/booking/{token}/change/", date=SATURDAY, party=3, time="20:00", offer=tasting.pk
    )
    assert "Your booking has been changed." in browser.text
    row = Reservation.objects.get()
    assert (row.party_size, row.offer_name) == (3, "Tasting menu")
    assert "Tasting menu, $75 a head: $225 for 3 guests" in browser.text


def test_a_guest_gives_it_up_for_another_meal(token: str) -> None:
    browser = Browser().get(f"/booking/{token}/change/?offer=no")
    assert times(browser) == ["12:00", "12:30", "13:00", "19:00", "19:30", "20:00"]
    assert '<input type="radio" name="offer" value="no" checked>' in browser.html
    assert "&amp;offer=no#times" in browser.html, "other days keep the choice"
    browser.post(f"/booking/{token}/change/", date=SATURDAY, party=2, time="12:30", offer="no")
    assert "Your booking has been changed." in browser.text
    row = Reservation.objects.get()
    assert (row.offer_id, row.offer_name, row.offer_price) == (None, "", None)
    trail = AuditEntry.objects.get(verb="reservation.changed").data
    assert (trail["before"]["offer"], trail["after"]["offer"]) == ("Tasting menu", "")


def test_giving_it_up_alone_is_a_change(token: str) -> None:
    changed = change_for_link(token, Change(without_offer=True))
    assert (changed.offer, changed.sequence, changed.wall_time) == (NO_OFFER, 1, "19:00")


@pytest.mark.parametrize("why", ["off", "gone"])
def test_one_that_ended_in_between_is_refused_at_change_time(
    token: str, tasting: Offer, why: str
) -> None:
    end(tasting, why)
    sentence = "This offer has ended. Please choose another one, or book without it."
    browser = Browser().get(f"/booking/{token}/change/")
    assert sentence in browser.text
    assert times(browser) == []
    browser.post(f"/booking/{token}/change/", date=SATURDAY, party=2, time="20:00")
    assert sentence in browser.text
    row = Reservation.objects.get()
    assert (row.sequence, row.offer_name) == (0, "Tasting menu"), "as it was"
    assert change_for_link(token, Change(time="20:00", without_offer=True)).wall_time == "20:00"


def test_the_house_moves_a_party_whatever_its_offer_says(token: str) -> None:
    row = Reservation.objects.get()
    moved = change_reservation(row.public_id, Change(time="12:00"), by=STAFF)
    assert (moved.wall_time, moved.offer.offer_name) == ("12:00", "Tasting menu")


# --- In the database ------------------------------------------------------------------------------


def test_no_row_has_a_price_of_nothing(token: str) -> None:
    with pytest.raises(IntegrityError, match="reservation_offer"), transaction.atomic():
        Reservation.objects.update(offer_name="")
    with pytest.raises(IntegrityError, match="hold_offer"), transaction.atomic():
        Hold.objects.update(offer_name="")
