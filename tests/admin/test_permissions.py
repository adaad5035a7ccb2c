"""Least privilege: Charlie works at another house and sees nothing of this one."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib import admin
from django.db.models import Model
from django.urls import reverse

from customers.models import Customer
from payments.models import Payment, Refund
from reservations.models import Hold, Reservation, SeatingDecision, TableClaim
from restaurants.models import (
    Closure,
    DiningRoom,
    DiningService,
    DiningTable,
    Membership,
    Offer,
    Restaurant,
    TableCombination,
)
from tests.admin.conftest import Cast, SignIn
from tests.admin.test_pages import MODELS, OPERATORS_ONLY, label, page
from tests.factories import make_user

pytestmark = pytest.mark.django_db


def rows_of(client: Any, model: type[Model]) -> set[int]:
    answer = client.get(page(model, "changelist"))
    if answer.status_code == 403:
        return set()
    assert answer.status_code == 200
    return {row.pk for row in answer.context["cl"].result_list}


def test_charlie_finds_no_row_of_this_house_in_any_list(
    as_: SignIn, cast: Cast, everything: Reservation, elsewhere: Restaurant
) -> None:
    client = as_(cast.charlie)
    assert rows_of(client, Restaurant) == {elsewhere.pk}
    assert rows_of(client, DiningRoom) == set(elsewhere.rooms.values_list("pk", flat=True))
    assert rows_of(client, DiningTable) == set(elsewhere.tables.values_list("pk", flat=True))
    assert rows_of(client, Membership) == {cast.charlie.memberships.get().pk}
    for model in (Reservation, Hold, TableClaim, SeatingDecision, Payment, Refund, Customer):
        assert rows_of(client, model) == set(), label(model)
    assert rows_of(client, Closure) == set()


def test_charlie_opens_no_page_of_a_row_of_this_house(
    as_: SignIn, cast: Cast, everything: Reservation, house: Restaurant, elsewhere: Restaurant
) -> None:
    mine = set(elsewhere.tables.values_list("pk", flat=True))
    client = as_(cast.charlie)
    tested = 0
    for model in MODELS:
        if label(model) in OPERATORS_ONLY or model is Restaurant:
            continue
        house_path = admin.site._registry[model].house_path  # type: ignore[attr-defined]
        if label(model) == "customers.customer":
            rows = list(model._default_manager.all()[:1])
        else:
            rows = list(model._default_manager.filter(**{house_path: house.pk})[:1])
        for row in rows:
            assert not (model is DiningTable and row.pk in mine)
            for name in ("change", "history", "delete"):
                status = client.get(page(model, name, row.pk)).status_code
                # Django sends a person who may not see a row back to the index: 302, or says 403.
                assert status in (302, 403), (label(model), name)
            tested += 1
    assert client.get(page(Restaurant, "change", house.pk)).status_code == 302
    assert tested >= 15


def test_charlie_changes_nothing_by_posting(
    as_: SignIn, cast: Cast, everything: Reservation, house: Restaurant
) -> None:
    client = as_(cast.charlie)
    client.post(page(Restaurant, "change", house.pk), {"name": "Mine now"})
    table = house.tables.first()
    assert table is not None
    client.post(page(DiningTable, "change", table.pk), {"label": "X"})
    client.post(page(DiningTable, "delete", table.pk), {"post": "yes"})
    posted = {"action": "delete_selected", "_selected_action": [table.pk], "post": "yes"}
    client.post(page(DiningTable, "changelist"), posted)
    for name in ("pause_online", "close_day"):
        url = reverse(f"admin:restaurants_restaurant_{name}", args=[house.pk])
        client.post(url, {"_form_submitted": "True", "date": "2025-12-24"})
    url = reverse("admin:reservations_reservation_cancel", args=[everything.pk])
    client.post(url, {"_form_submitted": "True"})
    house.refresh_from_db()
    everything.refresh_from_db()
    table.refresh_from_db()
    assert (house.name, table.label, everything.status) == ("Bella Notte", "1", "confirmed")
    assert house.closures.count() == 1
    assert house.special_days.count() == 1


def test_choices_offer_only_rows_of_ones_own_house(
    as_: SignIn, cast: Cast, house: Restaurant, elsewhere: Restaurant
) -> None:
    client = as_(cast.manager)
    form = client.get(page(DiningTable, "add")).context["adminform"].form
    assert set(form.fields["restaurant"].queryset) == {house}
    assert set(form.fields["room"].queryset) == set(house.rooms.all())
    html = client.get(page(Closure, "add")).content.decode()
    assert "Maison Allo" not in html


@pytest.mark.parametrize("model", [Restaurant, DiningRoom, DiningService, DiningTable])
def test_autocomplete_does_not_name_other_houses_rows(
    as_: SignIn, cast: Cast, elsewhere: Restaurant, model: type[Model]
) -> None:
    source = {
        Restaurant: (DiningTable, "restaurant"),
        DiningRoom: (DiningTable, "room"),
        DiningService: (Closure, "service"),
        DiningTable: (TableCombination, "tables"),
    }[model]
    answer = as_(cast.manager).get(
        reverse("admin:autocomplete"),
        {
            "app_label": "restaurants",
            "model_name": source[0]._meta.model_name or "",
            "field_name": source[1],
        },
    )
    offered = {int(result["id"]) for result in answer.json()["results"]}
    theirs = model._default_manager.filter(
        **{"pk" if model is Restaurant else "restaurant": elsewhere.pk}
    )
    assert offered
    assert not offered & set(theirs.values_list("pk", flat=True))


def test_a_row_of_another_house_cannot_be_slipped_into_a_form(
    as_: SignIn, cast: Cast, house: Restaurant, elsewhere: Restaurant
) -> None:
    client = as_(cast.manager)
    room = house.rooms.get()
    theirs = elsewhere.rooms.first()
    assert theirs is not None
    form = {
        "restaurant": house.pk,
        "room": theirs.pk,
        "label": "99",
        "min_seats": 1,
        "max_seats": 2,
        "access": "online",
        "priority": 0,
        "shape": "square",
        "rotation": 0,
        "x": 0,
        "y": 0,
        "width": 80,
        "height": 80,
        "is_active": "on",
    }
    assert client.post(page(DiningTable, "add"), form).status_code == 200
    assert client.post(page(DiningTable, "add"), form | {"restaurant": elsewhere.pk}).status_code
    assert not DiningTable.objects.filter(label="99").exists()
    assert client.post(page(DiningTable, "add"), form | {"room": room.pk}).status_code == 302
    assert DiningTable.objects.get(label="99").restaurant == house


def test_even_an_operator_cannot_mix_two_houses(
    as_: SignIn, cast: Cast, house: Restaurant, elsewhere: Restaurant
) -> None:
    theirs = elsewhere.tables.first()
    mine = house.tables.first()
    assert theirs is not None
    assert mine is not None
    answer = as_(cast.operator).post(
        page(TableCombination, "add"),
        {
            "restaurant": house.pk,
            "tables": [mine.pk, theirs.pk],
            "min_seats": 3,
            "max_seats": 4,
            "priority": 0,
        },
    )
    assert "This belongs to another restaurant." in answer.content.decode()
    assert house.combinations.count() == 1


@pytest.mark.parametrize("who", ["viewer", "host"])
def test_who_may_not_manage_cannot_change_the_house(
    as_: SignIn, cast: Cast, house: Restaurant, who: str
) -> None:
    client = as_(getattr(cast, who))
    room = house.rooms.get()
    assert client.get(page(DiningRoom, "change", room.pk)).status_code == 200
    assert client.post(page(DiningRoom, "change", room.pk), {"name": "X"}).status_code == 403
    assert client.get(page(DiningRoom, "add")).status_code == 403
    assert client.post(page(DiningRoom, "delete", room.pk), {"post": "yes"}).status_code == 403
    assert client.post(page(Restaurant, "change", house.pk), {"name": "X"}).status_code == 403
    room.refresh_from_db()
    assert room.name == "Main room"


def test_a_viewer_runs_no_service(as_: SignIn, cast: Cast, everything: Reservation) -> None:
    client = as_(cast.viewer)
    hold = Hold.objects.get(status="live")
    refund = Refund.objects.get()
    for name, pk in (
        ("reservations_reservation_cancel", everything.pk),
        ("reservations_hold_release", hold.pk),
        ("payments_refund_retry", refund.pk),
        ("restaurants_restaurant_pause_online", everything.restaurant_id),
    ):
        url = reverse(f"admin:{name}", args=[pk])
        assert client.post(url, {"_form_submitted": "True"}).status_code == 403, name
    everything.refresh_from_db()
    hold.refresh_from_db()
    assert (everything.status, hold.status) == ("confirmed", "live")
    assert Refund.objects.count() == 1
    html = client.get(page(Reservation, "change", everything.pk)).content.decode()
    assert reverse("admin:reservations_reservation_cancel", args=[everything.pk]) not in html


def test_only_operators_change_what_identifies_a_house(
    as_: SignIn, cast: Cast, house: Restaurant
) -> None:
    form = as_(cast.owner).get(page(Restaurant, "change", house.pk)).context["adminform"].form
    assert not {"organization", "public_id", "slug"} & set(form.fields)
    form = as_(cast.operator).get(page(Restaurant, "change", house.pk)).context["adminform"].form
    assert {"organization", "public_id", "slug"} <= set(form.fields)


@pytest.mark.parametrize("who", ["operator", "owner", "manager"])
def test_who_works_where_is_read_here_and_decided_elsewhere(
    as_: SignIn, cast: Cast, house: Restaurant, who: str
) -> None:
    client, row = as_(getattr(cast, who)), Membership.objects.get(user=cast.host)
    assert client.get(page(Membership, "change", row.pk)).status_code == 200
    new = {"restaurant": house.pk, "email": "new@example.com", "role": "owner"}
    assert client.post(page(Membership, "add"), new).status_code == 403
    assert client.post(page(Membership, "change", row.pk), new).status_code == 403
    assert client.post(page(Membership, "delete", row.pk), {"post": "yes"}).status_code == 403
    assert list(Membership.objects.filter(user=cast.host).values_list("role")) == [("host",)]


def test_guests_and_people_without_a_role_see_nothing(
    as_: SignIn, cast: Cast, everything: Reservation
) -> None:
    nobody = make_user("nobody@example.com", is_staff=True)
    client = as_(nobody)
    assert client.get("/admin/").status_code == 200
    for model in MODELS:
        assert client.get(page(model, "changelist")).status_code == 403, label(model)
    assert as_(cast.guest).get("/admin/").status_code == 302


def test_a_locked_out_member_sees_nothing(as_: SignIn, cast: Cast) -> None:
    client = as_(cast.manager)
    cast.manager.is_active = False
    cast.manager.save(update_fields=["is_active"])
    assert client.get(page(Restaurant, "changelist")).status_code == 302


def test_the_same_person_may_manage_one_house_and_view_another(
    as_: SignIn, cast: Cast, house: Restaurant, elsewhere: Restaurant
) -> None:
    Membership.objects.create(user=cast.manager, restaurant=elsewhere, role="viewer")
    client = as_(cast.manager)
    theirs = Offer.objects.filter(restaurant=elsewhere).first()
    assert theirs is not None
    assert client.get(page(Offer, "change", theirs.pk)).status_code == 200
    assert client.post(page(Offer, "change", theirs.pk), {"name": "X"}).status_code == 403
    form = client.get(page(Offer, "add")).context["adminform"].form
    assert set(form.fields["restaurant"].queryset) == {house}
    posted = {"action": "delete_selected", "_selected_action": [theirs.pk], "post": "yes"}
    client.post(page(Offer, "changelist"), posted)
    assert Offer.objects.filter(pk=theirs.pk).exists()
