"""``manage.py create_staff``."""

from __future__ import annotations

import io

import pytest
from django.core.management import CommandError, call_command

from accounts.models import User
from restaurants.models import Membership
from tests.factories import make_restaurant

pytestmark = pytest.mark.django_db


def create_staff(*arguments: str) -> tuple[str, str]:
    out, err = io.StringIO(), io.StringIO()
    call_command("create_staff", *arguments, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def test_the_user_id_is_printed_alone() -> None:
    house = make_restaurant()
    out, err = create_staff(
        "mia@example.com",
        *("--role", "manager", "--restaurant", house.public_id, "--password", "corner table"),
    )
    user = User.objects.get()
    assert (out, err) == (f"{user.public_id}\n", "")
    assert user.check_password("corner table")
    assert [(m.restaurant, m.role) for m in Membership.objects.all()] == [(house, "manager")]


def test_a_made_up_password_is_shown_once() -> None:
    house = make_restaurant()
    arguments = ("mia@example.com", "--role", "host", "--restaurant", house.slug)
    _, err = create_staff(*arguments)
    password = err.strip().removeprefix("Password (shown this once): ")
    assert User.objects.get().check_password(password)
    assert create_staff(*arguments)[1] == ""
    assert User.objects.get().check_password(password)


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("mia@example.com", "--role", "host", "--restaurant", "nowhere"), "no restaurant nowhere"),
        (("mia", "--role", "host", "--restaurant", "nowhere"), "not an e-mail address"),
        (
            (f"{'x' * 260}@a.de", "--role", "host", "--restaurant", "nowhere"),
            r"^email: Ensure this value has at most 254 characters \(it has 265\)\.$",
        ),
        (
            (*("mia@example.com", "--role", "host"), "--restaurant", "x", "--name", "y" * 200),
            r"^full_name: Ensure this value has at most 120 characters \(it has 200\)\.$",
        ),
        (
            (*("mia@example.com", "--role", "host"), "--restaurant", "x", "--password", "123"),
            "^This password is too short. .* too common. This password is entirely numeric.$",
        ),
        (("mia@example.com", "--role", "boss", "--restaurant", "nowhere"), "invalid choice"),
    ],
)
def test_mistakes_are_explained(arguments: tuple[str, ...], complaint: str) -> None:
    with pytest.raises(CommandError, match=complaint):
        create_staff(*arguments)
    assert User.objects.count() == 0
