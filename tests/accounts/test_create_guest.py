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
    out, err = run("ada@example.com", "--password", "pw", "--name", "Ada Guest")
    user = User.objects.get()
    assert (out, err) == (f"{user.public_id}\n", "")
    assert user.check_password("pw")
    assert (user.full_name, user.is_staff) == ("Ada Guest", False)


def test_a_made_up_password_is_shown_once_and_works() -> None:
    out, err = run("ada@example.com")
    password = err.removeprefix("Password (shown this once): ").strip()
    assert len(password) == 16
    user = User.objects.get()
    assert out == f"{user.public_id}\n"
    assert user.check_password(password)


def test_again_with_a_password_sets_it() -> None:
    first, _ = run("ada@example.com", "--password", "one", "--name", "Ada")
    again, _ = run("ADA@example.com", "--password", "two")
    assert again == first
    user = User.objects.get()
    assert user.check_password("two")
    assert user.full_name == "Ada"


def test_again_without_a_password_changes_nothing() -> None:
    run("ada@example.com", "--password", "one")
    _, err = run("ada@example.com")
    assert err == ""
    assert User.objects.get().check_password("one")


def test_what_is_not_an_address_is_refused() -> None:
    with pytest.raises(CommandError, match="ada is not an e-mail address"):
        run("ada")
    assert User.objects.count() == 0
