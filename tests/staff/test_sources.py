"""Secrets of partner sources on the staff pages; and the house's day."""

from __future__ import annotations

import datetime as dt

import pytest
from django.urls import reverse

from core.models import AuditEntry
from core.secrets import decrypt
from reservations.guests import Guest
from reservations.models import Reservation, SourceSecret
from reservations.selectors.today import figures_of_day, next_arrivals, service_date_at
from reservations.services.confirmation import Particulars, confirm_hold
from reservations.services.holds import HoldRequest, place_hold
from restaurants.models import Restaurant
from tests.factories import make_user
from tests.fixtures.domain import Clock
from tests.staff.conftest import As, Cast, Connections, once_of, secret_in

pytestmark = pytest.mark.django_db

SECRET = r"whsec_[A-Za-z0-9+/=]{44}"


def url(house: Restaurant, name: str, *args: str) -> str:
    return reverse(f"staff:{name}", args=[house.slug, *args])


def test_a_secret_is_made_once_and_shown_once(as_: As, cast: Cast, house: Restaurant) -> None:
    client, address = as_(cast.manager), url(house, "source_new")
    sent = {"once": once_of(client.get(address)), "source": " OpenTable ", "is_test": "on"}
    page = client.post(address, sent)
    secret = secret_in(page, SECRET)
    made = SourceSecret.objects.get()
    assert (made.source, made.restaurant_id, made.is_test) == ("opentable", house.pk, True)
    assert decrypt(made.secret) == secret
    assert "no-store" in page.headers["Cache-Control"]
    assert "/api/webhooks/reservations" in page.content.decode()
    assert AuditEntry.objects.get(verb="source_secret.created").actor_id == cast.manager.public_id
    assert client.post(address, sent).status_code == 302
    assert SourceSecret.objects.count() == 1
    assert secret not in client.get(url(house, "sources")).content.decode()


def test_what_cannot_be_a_source_is_said(as_: As, cast: Cast, house: Restaurant) -> None:
    client, address = as_(cast.owner), url(house, "source_new")
    for name in ("", "open table", "x" * 31):
        page = client.post(address, {"once": once_of(client.get(address)), "source": name})
        assert page.status_code == 422
    assert not SourceSecret.objects.exists()


def test_rotating_keeps_the_old_one_for_a_day_and_withdrawing_ends_it(
    as_: As, cast: Cast, house: Restaurant, here: Connections, clock: Clock
) -> None:
    client, address = as_(cast.owner), url(house, "source_rotate", here.secret.public_id)
    sent = {"once": once_of(client.get(address))}
    secret_in(client.post(address, sent), SECRET)
    assert client.post(address, sent).status_code == 302
    here.secret.refresh_from_db()
    assert here.secret.expires_at == clock.now + dt.timedelta(days=1)
    assert SourceSecret.objects.count() == 2
    assert "Being replaced" in client.get(url(house, "sources")).content.decode()
    withdraw = url(house, "source_withdraw", here.secret.public_id)
    for _ in range(2):
        assert client.post(withdraw).status_code == 302
    here.secret.refresh_from_db()
    assert here.secret.revoked_at == clock.now
    assert AuditEntry.objects.filter(verb="source_secret.revoked").count() == 1


# --- The day -------------------------------------------------------------------------------------


def book(house: Restaurant, time: str, party: int, name: str) -> Reservation:
    guest = Guest.with_account(make_user().public_id)
    asked = HoldRequest(house.public_id, dt.date(2025, 11, 10), time, party)
    held = place_hold(asked, guest, by=guest.actor)
    method = {"last4": "4242", "cardBrand": "Visa"}
    particulars = Particulars(name=name, email="a@b.example")
    done = confirm_hold(
        held.public_id, guest, method=method, particulars=particulars, by=guest.actor
    )
    return Reservation.objects.get(public_id=done.booking.public_id)


def test_the_day_counts_what_is_booked_here_and_to_come(
    as_: As, cast: Cast, house: Restaurant, clock: Clock
) -> None:
    client = as_(cast.viewer)
    page = client.get(url(house, "house")).content.decode()
    assert "Nobody else is expected today." in page
    first, second = book(house, "18:00", 2, "Ada"), book(house, "19:00", 4, "Bob")
    clock.set("2025-11-10T18:10:00-05:00")
    today = figures_of_day([house], clock.now)[house.pk]
    assert (today.date, today.bookings, today.covers, today.here, today.to_come) == (
        dt.date(2025, 11, 10),
        2,
        6,
        0,
        6,
    )
    assert [row.guest_name for row in next_arrivals(house, clock.now, limit=8)] == ["Ada", "Bob"]
    Reservation.objects.filter(pk=first.pk).update(status="seated")
    Reservation.objects.filter(pk=second.pk).update(is_test=True)
    today = figures_of_day([house], clock.now)[house.pk]
    assert (today.bookings, today.covers, today.here, today.to_come) == (1, 2, 2, 0)
    assert next_arrivals(house, clock.now, limit=8) == []


def test_after_midnight_it_is_still_the_evening_before(house: Restaurant, clock: Clock) -> None:
    clock.set("2025-11-11T03:59:00-05:00")
    assert service_date_at(house, clock.now) == dt.date(2025, 11, 10)
    clock.set("2025-11-11T04:00:00-05:00")
    assert service_date_at(house, clock.now) == dt.date(2025, 11, 11)


def test_each_house_has_its_own_calendar(
    house: Restaurant, elsewhere: Restaurant, clock: Clock
) -> None:
    clock.set("2025-11-10T23:00:00-05:00")
    days = figures_of_day([house, elsewhere], clock.now)
    assert days[house.pk].date == dt.date(2025, 11, 10)
    assert days[elsewhere.pk].date == dt.date(2025, 11, 11)


def test_who_has_one_house_goes_straight_there_and_others_choose(
    as_: As, cast: Cast, house: Restaurant, elsewhere: Restaurant
) -> None:
    assert as_(cast.host).get("/staff/").headers["Location"] == url(house, "house")
    page = as_(cast.operator).get("/staff/?q=maison").content.decode()
    assert ("Maison Allo</a>" in page, "Bella Notte</a></h2>" in page) == (True, False)
    cast.host.memberships.all().delete()
    assert "No restaurant yet" in as_(cast.host).get("/staff/").content.decode()
