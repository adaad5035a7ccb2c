"""Filling in forms: weekdays, word lists, phone numbers, times; and the trail they leave."""

from __future__ import annotations

import datetime as dt
import html
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import transaction
from django.forms import Form

from core.locks import Space, lock
from core.models import AuditEntry
from customers.models import Customer
from reservations.guests import Guest
from reservations.models import Reservation
from reservations.services.holds import HoldRequest, place_hold
from restaurants.admin.fields import LinesField, WeekdaysField, WordsField
from restaurants.admin.service import days_text
from restaurants.models import Closure, DiningRoom, DiningService, Offer, Restaurant, TurnTime
from tests.admin.conftest import Cast, SignIn
from tests.admin.test_pages import page
from tests.concurrency.together import outcome_of, until_waiting
from tests.factories import make_service
from tests.fixtures.domain import Clock

pytestmark = pytest.mark.django_db


def filled(answer: Any) -> dict[str, Any]:
    """What a browser would post back from a page, unchanged."""
    context = answer.context
    forms: list[Any] = [context["adminform"].form]
    data: dict[str, Any] = {}
    for inline in context["inline_admin_formsets"]:
        formset = inline.formset
        forms += [formset.management_form, *formset.initial_forms]
    for form in forms:
        data |= _posted(form)
    return data


def _posted(form: Form) -> dict[str, Any]:
    data = {}
    for bound in form:
        value = bound.value()
        if hasattr(bound.field.widget, "widgets") and value is not None:
            for index, part in enumerate(bound.field.widget.decompress(value)):
                data[f"{bound.html_name}_{index}"] = "" if part is None else part
        elif isinstance(value, bool):
            data |= {bound.html_name: "on"} if value else {}
        elif value is not None:
            data[bound.html_name] = value
    return data


def test_the_page_of_a_house_can_be_saved_as_it_is(
    as_: SignIn, cast: Cast, house: Restaurant
) -> None:
    client = as_(cast.manager)
    url = page(Restaurant, "change", house.pk)
    before = Restaurant.objects.values().get(pk=house.pk)
    answer = client.post(url, filled(client.get(url)))
    assert answer.status_code == 302, answer.context["errors"]
    after = Restaurant.objects.values().get(pk=house.pk)
    assert {k: v for k, v in after.items() if k != "plan_version"} == {
        k: v for k, v in before.items() if k != "plan_version"
    }


def test_changes_of_the_set_up_are_audited(as_: SignIn, cast: Cast, house: Restaurant) -> None:
    client = as_(cast.manager)
    url = page(Restaurant, "change", house.pk)
    form = filled(client.get(url))
    form |= {"cuisine": "Italian, Sicilian ", "tables-0-max_seats": 5}
    assert client.post(url, form).status_code == 302
    house.refresh_from_db()
    assert house.cuisine == ["Italian", "Sicilian"]
    trail = {
        entry.verb: (entry.actor_label, entry.restaurant_id, entry.data)
        for entry in AuditEntry.objects.all()
    }
    who = (cast.manager.full_name, house.pk)
    assert trail["restaurant.changed"] == (*who, {"label": house.name, "fields": ["cuisine"]})
    table = str(house.tables.get(max_seats=5))
    assert trail["diningtable.changed"] == (*who, {"label": table, "fields": ["max_seats"]})


def test_weekdays_are_ticked(as_: SignIn, cast: Cast, house: Restaurant) -> None:
    client = as_(cast.manager)
    service = house.services.get()
    url = page(DiningService, "change", service.pk)
    html = client.get(url).content.decode()
    assert html.count('type="checkbox" name="weekdays"') == 7
    form = filled(client.get(url)) | {"weekdays": ["4", "5"]}
    assert client.post(url, form).status_code == 302
    service.refresh_from_db()
    assert service.weekdays == [4, 5]


def test_a_service_without_weekdays_and_date_is_explained(
    as_: SignIn, cast: Cast, house: Restaurant
) -> None:
    client = as_(cast.manager)
    url = page(DiningService, "change", house.services.get().pk)
    answer = client.post(url, filled(client.get(url)) | {"weekdays": []})
    assert answer.status_code == 200
    assert house.services.get().weekdays == [0, 1, 2, 3, 4, 5, 6]


def test_a_turn_time_of_a_service_belongs_to_its_restaurant(
    as_: SignIn, cast: Cast, house: Restaurant
) -> None:
    client = as_(cast.manager)
    service = house.services.get()
    url = page(DiningService, "change", service.pk)
    form = filled(client.get(url)) | {
        "turn_times-TOTAL_FORMS": 1,
        "turn_times-0-up_to": 2,
        "turn_times-0-minutes": 75,
        "turn_times-0-service": service.pk,
    }
    assert client.post(url, form).status_code == 302
    turn = TurnTime.objects.get(service=service)
    assert (turn.restaurant, turn.up_to, turn.minutes) == (house, 2, 75)


def test_a_closure_is_entered_on_the_restaurants_clocks(
    as_: SignIn, cast: Cast, house: Restaurant
) -> None:
    client = as_(cast.manager)
    form = {
        "restaurant": house.pk,
        "starts_at_0": "2025-12-31",
        "starts_at_1": "18:00",
        "ends_at_0": "2026-01-01",
        "ends_at_1": "02:00",
        "note": "New Year",
    }
    assert client.post(page(Closure, "add"), form).status_code == 302
    closure = Closure.objects.get(note="New Year")
    assert closure.starts_at == dt.datetime(2025, 12, 31, 23, 0, tzinfo=dt.UTC)
    html = client.get(page(Closure, "change", closure.pk)).content.decode()
    assert 'value="18:00:00"' in html


def test_a_closure_that_ends_before_it_begins_is_refused(
    as_: SignIn, cast: Cast, house: Restaurant
) -> None:
    form = {
        "restaurant": house.pk,
        "starts_at_0": "2025-12-31",
        "starts_at_1": "18:00",
        "ends_at_0": "2025-12-31",
        "ends_at_1": "17:00",
    }
    assert as_(cast.manager).post(page(Closure, "add"), form).status_code == 200
    assert Closure.objects.count() == 1


def test_a_guests_number_is_kept_in_one_form(as_: SignIn, cast: Cast, booked: Reservation) -> None:
    client = as_(cast.host)
    guest = booked.customer
    assert guest is not None
    url = page(Customer, "change", guest.pk)
    form = filled(client.get(url)) | {"phone": "(212) 555-0199", "email": "Ada@Example.com"}
    assert client.post(url, form | {"allergies": "nuts, shellfish"}).status_code == 302
    guest.refresh_from_db()
    assert (guest.phone, guest.email) == ("+12125550199", "ada@example.com")
    assert guest.allergies == ["nuts", "shellfish"]
    answer = client.post(url, form | {"phone": "call me"})
    assert "This is not a telephone number." in answer.content.decode()


def test_word_lists_are_trimmed_and_measured() -> None:
    words = WordsField(longest=5)
    assert words.clean(" a, b ,, ") == ["a", "b"]
    assert words.prepare_value(["a", "b"]) == "a, b"
    assert not words.has_changed(["a", "b"], "a,b")
    assert words.has_changed(["a"], "b")
    with pytest.raises(Exception, match="longer than 5"):
        words.clean("abcdef")
    with pytest.raises(Exception, match="required"):
        WordsField(longest=5, required=True).clean(" ")
    lines = LinesField(longest=50)
    assert lines.clean("/a, b\n/c\n") == ["/a, b", "/c"]
    assert lines.prepare_value(["/a", "/b"]) == "/a\n/b"


def test_weekdays_are_numbers() -> None:
    field = WeekdaysField()
    assert field.clean(["6", "0"]) == [6, 0]
    assert field.clean([]) == []
    assert not field.has_changed([0, 6], ["6", "0"])
    with pytest.raises(Exception, match="not one of the available choices"):
        field.clean(["7"])


@pytest.mark.parametrize(
    ("days", "text"),
    [
        ([0, 1, 2, 3, 4, 5, 6], "Every day"),
        ([0, 1, 2, 3, 4], "Mon–Fri"),
        ([5, 6], "Sat, Sun"),
        ([2, 0], "Mon, Wed"),
        ([], ""),
    ],
)
def test_weekdays_in_words(days: list[int], text: str) -> None:
    assert days_text(days) == text


def test_what_is_removed_leaves_a_trail(as_: SignIn, cast: Cast, house: Restaurant) -> None:
    client = as_(cast.manager)
    one, two, three = (Offer.objects.create(restaurant=house, name=f"Menu {n}") for n in "123")
    assert client.post(page(Offer, "delete", one.pk), {"post": "yes"}).status_code == 302
    posted = {
        "action": "delete_selected",
        "_selected_action": [two.pk, three.pk],
        "post": "yes",
    }
    assert client.post(page(Offer, "changelist"), posted).status_code == 302
    assert house.offers.count() == 0
    trail = AuditEntry.objects.filter(verb="offer.removed", actor_label=cast.manager.full_name)
    assert {entry.target: entry.data for entry in trail} == {
        offer.public_id: {"label": offer.name} for offer in (one, two, three)
    }


def test_a_room_with_tables_is_not_removed(as_: SignIn, cast: Cast, house: Restaurant) -> None:
    room = house.rooms.get()
    url = page(DiningRoom, "delete", room.pk)
    answer = as_(cast.manager).post(url, {"post": "yes"})
    assert answer.status_code == 200
    assert answer.context["protected"]
    assert house.rooms.count() == 1


LIMITED = (
    "The service “Tasting” would have no room left, and so be open in all of them. Choose other"
    " rooms for it first; to switch it off is not enough."
)


def test_the_last_room_of_a_service_is_not_removed(
    as_: SignIn, cast: Cast, house: Restaurant
) -> None:
    client, main = as_(cast.manager), house.rooms.get()
    cave = DiningRoom.objects.create(restaurant=house, name="Cave")
    service = make_service(house, name="Tasting", is_active=False)
    service.rooms.set([cave])
    answer = client.post(page(DiningRoom, "delete", cave.pk), {"post": "yes"})
    assert answer.context["protected"] == [LIMITED]
    selected = {"action": "delete_selected", "_selected_action": [cave.pk], "post": "yes"}
    answer = client.post(page(DiningRoom, "changelist"), selected)
    assert answer.context["protected"] == [LIMITED]
    url = page(Restaurant, "change", house.pk)
    data = filled(client.get(url))
    row = next(key for key, pk in data.items() if key.startswith("rooms-") and pk == cave.pk)
    data[row.removesuffix("id") + "DELETE"] = "on"
    answer = client.post(url, data)
    assert LIMITED in html.unescape(answer.content.decode())
    assert list(service.rooms.all()) == [cave]
    # One of two may go.
    service.rooms.add(main)
    assert client.post(url, data).status_code == 302
    assert list(service.rooms.all()) == [main]


def test_the_last_service_of_an_offer_is_not_removed(
    as_: SignIn, cast: Cast, house: Restaurant
) -> None:
    client = as_(cast.manager)
    brunch, tasting = (make_service(house, name=name) for name in ("Brunch", "Tasting"))
    offer = Offer.objects.create(restaurant=house, name="Oysters", is_active=False)
    offer.services.set([brunch, tasting])
    both = {"action": "delete_selected", "_selected_action": [brunch.pk, tasting.pk], "post": "yes"}
    answer = client.post(page(DiningService, "changelist"), both)
    kept = (
        "The offer “Oysters” would have no service left, and so hold in all of them."
        " Choose other services for it first, or remove it."
    )
    assert answer.context["protected"] == [kept]
    # One of two may go.
    assert client.post(page(DiningService, "delete", brunch.pk), {"post": "yes"}).status_code == 302
    assert list(offer.services.all()) == [tasting]


def switching(client: Any, house: Restaurant, **more: Any) -> Any:
    """Save the house's page with seats for tables."""
    url = page(Restaurant, "change", house.pk)
    form = filled(client.get(url)) | {"capacity_mode": "seats", "seats": 40} | more
    return client.post(url, form)


def mode_errors(answer: Any) -> list[str]:
    assert answer.status_code == 200
    errors: list[str] = answer.context["adminform"].form.errors["capacity_mode"]
    return errors


def test_the_capacity_mode_of_an_empty_house_is_switched(
    as_: SignIn, cast: Cast, house: Restaurant
) -> None:
    assert switching(as_(cast.manager), house).status_code == 302
    house.refresh_from_db()
    assert (house.capacity_mode, house.seats) == ("seats", 40)


def test_a_switch_of_the_capacity_mode_under_a_booking_is_an_error_of_its_field(
    as_: SignIn, cast: Cast, house: Restaurant, clock: Clock
) -> None:
    # PostgreSQL's own clock decides what is upcoming.
    clock.now = dt.datetime.now(dt.UTC)
    guest = Guest.with_account(cast.guest.public_id)
    soon = clock.now.date() + dt.timedelta(days=7)
    place_hold(HoldRequest(house.public_id, soon, "19:00", 2), guest, by=guest.actor)
    trail = AuditEntry.objects.count()
    answer = switching(as_(cast.manager), house, name="New name")
    [sentence] = mode_errors(answer)
    assert sentence.startswith("Guests are expected or hold a place right now")
    assert sentence in html.unescape(answer.content.decode())
    # What was typed is still in the form, and nothing of it in the book.
    assert 'value="New name"' in answer.content.decode()
    house.refresh_from_db()
    assert (house.capacity_mode, house.name) == ("tables", "Bella Notte")
    assert AuditEntry.objects.count() == trail


def test_other_changes_of_a_house_with_bookings_are_saved(
    as_: SignIn, cast: Cast, house: Restaurant, booked: Reservation
) -> None:
    answer = switching(as_(cast.manager), house, capacity_mode="tables", name="New name")
    assert answer.status_code == 302
    house.refresh_from_db()
    assert house.name == "New name"


@pytest.mark.django_db(transaction=True)
def test_a_booking_that_commits_while_the_page_is_saved_is_an_error_of_the_field_too(
    as_: SignIn, cast: Cast, house: Restaurant, clock: Clock
) -> None:
    client, guest = as_(cast.manager), Guest.with_account(cast.guest.public_id)
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            request = HoldRequest(house.public_id, dt.date(2025, 11, 15), "19:00", 2)
            place_hold(request, guest, by=guest.actor)
            saving = pool.submit(outcome_of, lambda: switching(client, house))
            until_waiting()
        [sentence] = mode_errors(saving.result(20))
    assert sentence.startswith("Guests are expected or hold a place right now")
    house.refresh_from_db()
    assert house.capacity_mode == "tables"


@pytest.mark.django_db(transaction=True)
def test_a_save_that_waits_too_long_for_bookings_says_so(
    as_: SignIn, cast: Cast, house: Restaurant
) -> None:
    client = as_(cast.manager)
    with ThreadPoolExecutor(1) as pool, transaction.atomic():
        lock(Space.SERVICE_DAY, house.public_id, dt.date(2025, 11, 15))
        saving = pool.submit(outcome_of, lambda: switching(client, house))
        errors = mode_errors(saving.result(20))
    assert errors == ["Somebody is booking at this moment. Please save again."]
