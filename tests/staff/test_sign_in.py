"""The door: one answer to every wrong try, a lock after many, and no way to anywhere else."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django_redis import get_redis_connection

from accounts.models import User
from core.models import AuditEntry
from restaurants.models import Restaurant
from tests.staff.conftest import PASSWORD, As, Cast

pytestmark = pytest.mark.django_db

DOOR = "/staff/sign-in/"


@pytest.fixture(autouse=True)
def _no_counters() -> None:
    redis = get_redis_connection("default")
    for key in redis.scan_iter("couvert:throttle:*"):
        redis.delete(key)
    cache.clear()


@pytest.fixture
def owner(cast: Cast) -> User:
    cast.owner.set_password(PASSWORD)
    cast.owner.save()
    return cast.owner


def knock(client: Client, email: str, password: str, **more: str) -> Any:
    return client.post(DOOR, {"email": email, "password": password, **more})


def test_staff_come_in_and_it_is_written_down(client: Client, owner: User) -> None:
    answer = knock(client, owner.email.upper(), PASSWORD)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/staff/")
    assert client.get("/staff/", follow=True).status_code == 200
    entry = AuditEntry.objects.get(verb="staff.signed_in")
    assert (entry.actor_id, entry.actor_label) == (owner.public_id, owner.full_name)


def test_every_wrong_try_is_answered_alike(client: Client, owner: User, cast: Cast) -> None:
    cast.guest.set_password(PASSWORD)
    cast.guest.save()
    locked = User.objects.create_user("locked@example.com", PASSWORD, is_staff=True)
    locked.is_active = False
    locked.save()
    said = set()
    for email, password in (
        (owner.email, "wrong"),
        ("nobody@example.com", PASSWORD),
        (cast.guest.email, PASSWORD),
        (locked.email, PASSWORD),
    ):
        answer = knock(client, email, password)
        page = answer.content.decode()
        assert answer.status_code == 422
        assert "The e-mail address or the password is wrong." in page
        assert PASSWORD not in page
        said.add(page.split('role="alert"')[1].split("</div>")[0])
        assert "_auth_user_id" not in client.session
    assert len(said) == 1


def test_who_guesses_is_locked_out_even_with_the_right_word(client: Client, owner: User) -> None:
    for _ in range(10):
        assert knock(client, owner.email, "wrong").status_code == 422
    answer = knock(client, owner.email, PASSWORD)
    assert answer.status_code == 429
    assert 0 < int(answer.headers["Retry-After"]) <= 300
    assert "Too many attempts." in answer.content.decode()
    assert "_auth_user_id" not in client.session


def test_guesses_at_the_api_and_at_the_door_count_together(client: Client, owner: User) -> None:
    body = {"username": owner.email, "password": "wrong"}
    for _ in range(10):
        client.post("/api/auth/token", body, content_type="application/json")
    assert knock(client, owner.email, PASSWORD).status_code == 429


def test_one_address_may_not_try_all_accounts(client: Client, owner: User) -> None:
    answers = {knock(client, f"n{n}@example.com", "wrong").status_code for n in range(60)}
    assert answers == {422}
    assert knock(client, owner.email, PASSWORD).status_code == 429


def test_honest_attempts_are_not_held_against_anybody(client: Client, owner: User) -> None:
    for _ in range(12):
        assert knock(client, owner.email, PASSWORD).status_code == 302
        client.post("/staff/sign-out/")


@pytest.mark.parametrize(
    "asked",
    [
        "https://evil.example/staff/",
        "//evil.example/staff/",
        "/\\evil.example",
        "/r/bella/",
        "javascript:alert(1)",
        "/staff/../../r/bella/",
        "staff/",
        "",
    ],
)
def test_the_way_on_leads_to_pages_of_staff_only(client: Client, owner: User, asked: str) -> None:
    assert knock(client, owner.email, PASSWORD, next=asked).headers["Location"] == "/staff/"


@pytest.mark.parametrize("asked", ["/staff/keys/", "/staff/r/bella/?x=1", "/admin/"])
def test_the_page_that_was_asked_for_is_the_next_one(
    client: Client, owner: User, asked: str
) -> None:
    assert knock(client, owner.email, PASSWORD, next=asked).headers["Location"] == asked


def test_a_sign_in_begins_a_new_session_and_signing_out_ends_it(
    client: Client, owner: User
) -> None:
    client.get("/")
    knock(client, owner.email, PASSWORD)
    key = client.session.session_key
    assert client.get("/staff/sign-out/").status_code == 405
    answer = client.post("/staff/sign-out/", follow=True)
    assert "You are signed out." in answer.content.decode()
    thief = Client()
    thief.cookies["sessionid"] = str(key)
    assert thief.get("/staff/").status_code == 302


def test_the_admin_has_the_same_door(client: Client, owner: User) -> None:
    answer = client.get("/admin/", follow=True)
    assert answer.redirect_chain[-1][0] == "/staff/sign-in/?next=%2Fadmin%2F"
    form = {"username": owner.email, "password": PASSWORD}
    assert client.post("/admin/login/", form).status_code == 302
    assert "_auth_user_id" not in client.session


def test_who_is_signed_in_goes_straight_on(as_: As, cast: Cast, house: Restaurant) -> None:
    assert as_(cast.owner).get(DOOR).headers["Location"] == "/staff/"
    assert as_(cast.guest).get(DOOR).status_code == 200
