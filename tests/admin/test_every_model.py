"""Whoever works at one house neither sees nor changes anything of another: every model, every way.

The walk goes by what is registered, so a page that is added later is looked at too: it needs a row
of the house in the fixture ``everything``, or a place among the pages for operators.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib import admin
from django.db.models import ManyToManyField, Model
from django.test import Client, RequestFactory
from django.urls import reverse

from accounts.models import User
from restaurants.models import AllowedSite, Restaurant
from tests.admin.conftest import Cast, SignIn
from tests.admin.test_pages import MODELS, OPERATORS_ONLY, label, page

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("everything")]

SCOPED = [model for model in MODELS if label(model) not in OPERATORS_ONLY]
CLOSED = (302, 403, 404)
"""Back to the index, forbidden, or not there."""


def admin_of(model: type[Model]) -> Any:
    return admin.site._registry[model]


def rows_of(model: type[Model], house: Restaurant) -> list[Any]:
    """What the house has of it; a page without any is not looked at, so there must be some."""
    if model is Restaurant:
        return [house]
    if label(model) == "customers.customer":
        found = model._default_manager.filter(organization=house.organization_id)
    else:
        found = model._default_manager.filter(**{admin_of(model).house_path: house.pk})
    rows = list(found)
    assert rows, f"no {label(model)} in the fixture to look at"
    return rows


def stored() -> dict[str, list[dict[str, Any]]]:
    """Every row of every scoped model."""
    return {label(model): list(model._default_manager.order_by("pk").values()) for model in SCOPED}


def request_of(user: User) -> Any:
    request = RequestFactory().get("/admin/")
    request.user = user
    return request


def marks_of(row: Any) -> set[str]:
    """Words that must not stand on a stranger's page."""
    names = ("public_id", "code", "email", "guest_email", "recipient", "key", "origin")
    values = (getattr(row, name, "") for name in names)
    return {value for value in values if value and isinstance(value, str)}


def test_what_is_for_operators_opens_for_nobody_else(as_: SignIn, cast: Cast) -> None:
    for model in MODELS:
        if label(model) not in OPERATORS_ONLY:
            assert hasattr(admin_of(model), "house_path"), f"{label(model)}: scoped or not?"
            continue
        row: Any = model._default_manager.first()
        for user in (cast.owner, cast.charlie):
            client = as_(user)
            for address in (page(model, "changelist"), page(model, "add")):
                assert client.get(address).status_code == 403, address
            for name in ("change", "history", "delete") if row else ():
                assert client.get(page(model, name, row.pk)).status_code in CLOSED


def test_no_page_shows_a_row_of_another_house(as_: SignIn, cast: Cast, house: Restaurant) -> None:
    client = as_(cast.charlie)
    for model in SCOPED:
        rows = rows_of(model, house)
        searched: list[Any] = [{}, *({"q": mark} for row in rows[:3] for mark in marks_of(row))]
        for query in (*searched, {"house": house.pk}):
            answer = client.get(page(model, "changelist"), query)
            if answer.status_code == 403:
                continue
            assert answer.status_code in (200, 302), (label(model), query)
            if answer.status_code == 200:
                shown = {row.pk for row in answer.context["cl"].result_list}
                assert not shown & {row.pk for row in rows}, (label(model), query)
        for row in rows:
            for name in ("change", "history", "delete"):
                answer = client.get(page(model, name, row.pk), follow=True)
                assert answer.redirect_chain or answer.status_code in CLOSED, (label(model), name)
                assert not any(mark in answer.content.decode() for mark in marks_of(row)), (
                    label(model),
                    name,
                )


def test_nothing_sent_changes_a_row_of_another_house(
    as_: SignIn, cast: Cast, house: Restaurant
) -> None:
    operator, client = request_of(cast.operator), as_(cast.charlie)
    before = stored()
    for model in SCOPED:
        for row in rows_of(model, house)[:2]:
            fields = {
                field.name: "1" for field in model._meta.concrete_fields if not field.primary_key
            }
            client.post(page(model, "change", row.pk), fields)
            client.post(page(model, "change", row.pk), {"_saveasnew": "1", **fields})
            client.post(page(model, "delete", row.pk), {"post": "yes"})
            for name in admin_of(model).get_actions(operator):
                sent = {"action": name, "_selected_action": [row.pk], "post": "yes", "index": 0}
                client.post(page(model, "changelist"), sent)
            for address in own_pages(model, row):
                assert client.get(address).status_code in CLOSED, address
                client.post(
                    address, {"_form_submitted": "True", "reason": "", "date": "2025-12-24"}
                )
        assert stored() == before, label(model)


def own_pages(model: type[Model], row: Any) -> Iterator[str]:
    """Buttons and pages that an admin adds to Django's."""
    usual = {"changelist", "add", "history", "delete", "change", "autocomplete"}
    prefix = f"{model._meta.app_label}_{model._meta.model_name}_"
    for pattern in admin_of(model).get_urls():
        name = str(pattern.name or "")
        if name.startswith(prefix) and name.removeprefix(prefix) not in usual:
            [argument] = pattern.pattern.converters
            yield reverse(f"admin:{name}", kwargs={argument: row.pk})


def test_no_choice_names_a_row_of_another_house(as_: SignIn, cast: Cast, house: Restaurant) -> None:
    request, client = request_of(cast.charlie), as_(cast.charlie)
    for model in SCOPED:
        owner = admin_of(model)
        for part in (owner, *(inline(owner.model, admin.site) for inline in owner.inlines)):
            related = [
                field
                for field in (*part.model._meta.fields, *part.model._meta.many_to_many)
                if field.remote_field and field.remote_field.model in SCOPED
            ]
            for field in related:
                theirs = {row.pk for row in rows_of(field.remote_field.model, house)}
                build = (
                    part.formfield_for_manytomany
                    if isinstance(field, ManyToManyField)
                    else part.formfield_for_foreignkey
                )
                offered = set(build(field, request).queryset.values_list("pk", flat=True))
                assert not offered & theirs, (part, field.name)
                assert not completed(client, field) & theirs, (part, field.name)


def completed(client: Client, field: Any) -> set[int]:
    """What the box that completes a name offers for this field, whether or not a form has it."""
    answer = client.get(
        reverse("admin:autocomplete"),
        {
            "app_label": field.model._meta.app_label,
            "model_name": field.model._meta.model_name,
            "field_name": field.name,
        },
    )
    if answer.status_code == 403:
        return set()
    return {int(result["id"]) for result in answer.json()["results"]}


def test_the_walk_would_see_it(as_: SignIn, cast: Cast, house: Restaurant) -> None:
    """The control: whoever works at the house finds the same rows, so the walk looks at rows."""
    client = as_(cast.owner)
    for model in SCOPED:
        answer = client.get(page(model, "changelist"))
        assert answer.status_code == 200
        shown = {row.pk for row in answer.context["cl"].result_list}
        assert shown & {row.pk for row in rows_of(model, house)}, label(model)
    assert len([*own_pages(Restaurant, house)]) > 3
    assert len([*own_pages(AllowedSite, house.sites.get())]) == 1
