"""``manage.py create_guest``."""

from __future__ import annotations

import io

import pytest
from django.core.management import CommandError, call_command

from accounts.models import User

pytestmark = pytest.mark.django_db


def run(*arguments: str) -> tuple[str, str]:
    out, err = io.StringIO(), io.StringIO()
    call_command("create_guest", *arguments, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def test_the_user_id_stands_alone_on_standard_output() -> None:
    out, err = run("ada@example.com", "--password", "corner table", "--name", "Ada Guest")
    user = User.objects.get()
    assert (out, err) == (f"{user.public_id}\n", "")
    assert user.check_password("corner table")
    assert (user.full_name, user.is_staff) == ("Ada Guest", False)


def test_a_made_up_password_is_shown_once_and_works() -> None:
    out, err = run("ada@example.com")
    password = err.removeprefix("Password (shown this once): ").strip()
    assert len(password) == 16
    user = User.objects.get()
    assert out == f"{user.public_id}\n"
    assert user.check_password(password)


def test_again_with_a_password_sets_it() -> None:
    first, _ = run("ada@example.com", "--password", "first corner table", "--name", "Ada")
    again, _ = run("ADA@example.com", "--password", "second corner table")
    assert again == first
    user = User.objects.get()
    assert user.check_password("second corner table")
    assert user.full_name == "Ada"


def test_again_without_a_password_changes_nothing() -> None:
    run("ada@example.com", "--password", "first corner table")
    _, err = run("ada@example.com")
    assert err == ""
    assert User.objects.get().check_password("first corner table")


LONG = f"{'x' * 260}@a.de"
TOO_SHORT = "This password is too short. It must contain at least 8 characters."


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("ada",), "ada is not an e-mail address."),
        ((LONG,), "email: Ensure this value has at most 254 characters (it has 265)."),
        (
            ("ada@example.com", "--name", "y" * 200),
            "full_name: Ensure this value has at most 120 characters (it has 200).",
        ),
        (
            ("ada@example.com", "--password", "123"),
            f"{TOO_SHORT} This password is too common. This password is entirely numeric.",
        ),
        (
            ("ada@example.com", "--password", "ada@example"),
            "The password is too similar to the email.",
        ),
    ],
)
def test_mistakes_are_explained(arguments: tuple[str, ...], complaint: str) -> None:
    with pytest.raises(CommandError) as refused:
        run(*arguments)
    assert str(refused.value) == complaint
    assert User.objects.count() == 0


def test_a_weak_password_does_not_replace_one_that_is_there() -> None:
    run("ada@example.com", "--password", "first corner table")
    with pytest.raises(CommandError, match="too short"):
        run("ada@example.com", "--password", "pw")
    assert User.objects.get().check_password("first corner table")
