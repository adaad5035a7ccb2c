"""Two managers and one tag: the second is told, and overwrites nothing unseen."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from customers.errors import TagChanged
from customers.models import GuestTag
from customers.services.tags import TagValues, remove_tag, save_tag
from restaurants.models import Restaurant
from tests.reservations.stand import HOST
from tests.staff.conftest import As, Cast
from tests.staff.test_setup import text_of

pytestmark = pytest.mark.django_db

TOLD = "Somebody else has changed this since you opened it."
LOOK_AGAIN = "Look at what it is now. If it shall still go, remove it."


@pytest.fixture
def tag(house: Restaurant) -> GuestTag:
    values = TagValues("Sues", "", GuestTag.Colour.RED, for_managers=False)
    return save_tag(house.organization_id, values, by=HOST)


def page_of(tag: GuestTag) -> str:
    return f"/staff/r/bella/guests/tags/{tag.public_id}/"


def opened(client: Client, tag: GuestTag) -> dict[str, str]:
    """What the form of the tag sends when nothing is touched."""
    shown: str = client.get(page_of(tag)).context["shown"]
    return {"name": "Sues", "category": "", "colour": "red", "shown": shown}


def sent(client: Client, tag: GuestTag, said: dict[str, str]) -> Any:
    return client.post(page_of(tag), said)


def hide(tag: GuestTag) -> None:
    """A colleague lets only managers see it."""
    values = TagValues("Sues", "", GuestTag.Colour.RED, for_managers=True)
    save_tag(tag.organization_id, values, by=HOST, public_id=tag.public_id)


def test_an_old_form_does_not_show_a_hidden_tag_to_all(as_: As, cast: Cast, tag: GuestTag) -> None:
    client = as_(cast.manager)
    mine = opened(client, tag) | {"category": "Care"}
    hide(tag)
    page = sent(client, tag, mine)
    tag.refresh_from_db()
    assert (page.status_code, tag.for_managers, tag.category) == (409, True, "")
    assert TOLD in text_of(page)
    told = [(line.label, line.now, line.yours) for line in page.context["stale"].lines]
    assert told == [("Only managers see it", "yes", "")]
    # What was typed stands there beside what is there now; saved again, both are kept.
    form = page.context["form"]
    assert (form["category"].value(), form["for_managers"].value()) == ("Care", True)
    again = mine | {"for_managers": "on", "shown": page.context["shown"]}
    assert sent(client, tag, again).status_code == 302
    tag.refresh_from_db()
    assert (tag.for_managers, tag.category) == (True, "Care")


def test_an_old_form_takes_no_tag_away_that_is_another_by_now(
    as_: As, cast: Cast, tag: GuestTag
) -> None:
    client = as_(cast.manager)
    gone = {"do": "remove", "shown": opened(client, tag)["shown"]}
    hide(tag)
    page = sent(client, tag, gone)
    assert page.status_code == 409
    assert TOLD in text_of(page)
    assert LOOK_AGAIN in text_of(page)
    assert GuestTag.objects.filter(pk=tag.pk).exists()
    again = gone | {"shown": page.context["shown"]}
    assert sent(client, tag, again).status_code == 302
    assert not GuestTag.objects.filter(pk=tag.pk).exists()


def test_a_form_that_is_as_it_was_shown_is_saved(as_: As, cast: Cast, tag: GuestTag) -> None:
    client = as_(cast.manager)
    mine = opened(client, tag) | {"name": "Litigates"}
    assert sent(client, tag, mine).status_code == 302
    tag.refresh_from_db()
    assert tag.name == "Litigates"


def test_what_was_wrong_is_still_compared_with_what_was_shown_first(
    as_: As, cast: Cast, tag: GuestTag
) -> None:
    client = as_(cast.manager)
    first = opened(client, tag)
    hide(tag)
    page = sent(client, tag, first | {"name": ""})
    assert (page.status_code, page.context["shown"]) == (422, first["shown"])
    assert sent(client, tag, first | {"name": "Claims"}).status_code == 409


def test_the_comparison_is_made_of_the_tag_under_the_lock(tag: GuestTag) -> None:
    """Not of the one that was read before: a save in between would be overwritten."""
    seen: list[str] = []

    def note(locked: GuestTag) -> bool:
        seen.append(locked.name)
        return False

    GuestTag.objects.filter(pk=tag.pk).update(name="Meanwhile")
    with pytest.raises(TagChanged):
        save_tag(
            tag.organization_id,
            TagValues("Mine"),
            by=HOST,
            public_id=tag.public_id,
            is_as_shown=note,
        )
    with pytest.raises(TagChanged):
        remove_tag(tag.organization_id, tag.public_id, by=HOST, is_as_shown=note)
    assert seen == ["Meanwhile", "Meanwhile"]
    assert GuestTag.objects.get(pk=tag.pk).name == "Meanwhile"
