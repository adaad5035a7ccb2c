"""Accounts: the services behind the API and the commands."""

from __future__ import annotations

import threading

import pytest
from django.contrib.auth import get_user_model
from django.db import IntegrityError, connection
from pytest_django.fixtures import DjangoAssertNumQueries

from accounts import selectors, services
from accounts.errors import EmailTaken, SessionEnded, SignInRefused
from accounts.models import User
from accounts.services import SignedIn
from core.errors import Invalid
from core.models import AuditEntry

PASSWORD = "correct-horse-battery"

pytestmark = pytest.mark.django_db


def test_registering_opens_an_account_and_a_session() -> None:
    profile, session = services.register_guest(
        email="Ada@EXAMPLE.com", password=PASSWORD, full_name="Ada", phone="+1 212 555 0123"
    )
    assert (profile.email, profile.full_name, profile.phone) == (
        "Ada@example.com",
        "Ada",
        "+12125550123",
    )
    assert session.user_id == profile.user_id
    assert services.resume_session(session) == session


def test_a_taken_address_is_refused_without_quoting_it() -> None:
    services.register_guest(email="ada@example.com", password=PASSWORD)
    with pytest.raises(EmailTaken) as refusal:
        services.register_guest(email="ADA@example.com", password=PASSWORD)
    assert refusal.value.__suppress_context__
    assert "ada" not in str(refusal.value).lower().replace("address", "")
    assert AuditEntry.objects.count() == 1


def test_another_constraint_is_not_taken_for_a_taken_address(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    services.register_guest(email="ada@example.com", password=PASSWORD)
    monkeypatch.setattr(
        User._meta.get_field("public_id"), "_get_default", lambda: User.objects.get().public_id
    )
    with pytest.raises(IntegrityError):
        services.register_guest(email="bob@example.com", password=PASSWORD)


@pytest.mark.django_db(transaction=True)
def test_of_two_at_once_one_gets_the_address() -> None:
    outcomes: list[str] = []
    ready = threading.Barrier(4)

    def register() -> None:
        ready.wait()
        try:
            services.register_guest(email="ada@example.com", password=PASSWORD)
            outcomes.append("registered")
        except EmailTaken:
            outcomes.append("taken")
        finally:
            connection.close()

    threads = [threading.Thread(target=register) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["registered", "taken", "taken", "taken"]
    assert User.objects.count() == 1


def test_a_telephone_number_must_name_its_country() -> None:
    with pytest.raises(Invalid) as refusal:
        services.register_guest(email="a@example.com", password=PASSWORD, phone="2125550123")
    assert refusal.value.details == {
        "phone": "Give the number with its country code, such as +1 212 555 0123."
    }


def test_signing_in_asks_for_the_account_through_the_unique_index(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    User.objects.create_user("ada@example.com", PASSWORD)
    # The account, its last sign-in, and the try that is counted before and forgiven after.
    with django_assert_num_queries(10) as queries:
        services.sign_in(email="ADA@example.com", password=PASSWORD)
    asked = [each["sql"] for each in queries if 'FROM "accounts_user"' in each["sql"]]
    assert len(asked) == 1
    assert "LOWER(" in asked[0]
    assert "UPPER(" not in asked[0]


def test_staff_and_guests_are_found_by_address_in_any_case() -> None:
    user = User.objects.create_user("Ada@example.com")
    assert get_user_model().objects.get_by_natural_key("aDA@EXAMPLE.com") == user
    with pytest.raises(User.DoesNotExist):
        User.objects.get_by_natural_key(None)


def test_a_locked_account_cannot_sign_in_or_go_on() -> None:
    user = User.objects.create_user("ada@example.com", PASSWORD)
    session = services.sign_in(email="ada@example.com", password=PASSWORD)
    user.is_active = False
    user.save()
    with pytest.raises(SignInRefused):
        services.sign_in(email="ada@example.com", password=PASSWORD)
    with pytest.raises(SessionEnded):
        services.resume_session(session)
    with pytest.raises(SessionEnded):
        selectors.profile(user.public_id)
    with pytest.raises(SessionEnded):
        services.change_profile(user.public_id, full_name="Eve")


def test_a_stamp_of_another_password_ends_the_session() -> None:
    user = User.objects.create_user("ada@example.com", PASSWORD)
    for stamp in ("", "0" * 32):
        with pytest.raises(SessionEnded):
            services.resume_session(SignedIn(user.public_id, stamp))


def test_changing_nothing_writes_nothing(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    user = User.objects.create_user("ada@example.com", full_name="Ada")
    with django_assert_num_queries(3):  # savepoint, select, release
        services.change_profile(user.public_id, full_name="Ada")
    assert AuditEntry.objects.count() == 0
