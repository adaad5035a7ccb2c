"""The second factor: set up, asked for, required, and no way around it."""

from __future__ import annotations

import re
from binascii import unhexlify
from typing import Any

import pytest
from django.test import Client
from django_otp.oath import hotp

from accounts.models import Authenticator, RecoveryCode, User
from core.models import AuditEntry
from core.secrets import decrypt
from restaurants.models import Membership, Restaurant
from staff.live import SignedOut, grant_for
from tests.fixtures.domain import Clock
from tests.staff.conftest import PASSWORD, As, Cast

pytestmark = pytest.mark.django_db

SETUP = "/staff/me/second-factor/"
CODE = "/staff/sign-in/code/"


@pytest.fixture
def owner(cast: Cast) -> User:
    cast.owner.set_password(PASSWORD)
    cast.owner.save()
    return cast.owner


def code_of(user: User, clock: Clock, *, step: int = 0) -> str:
    """What the application shows now, or some steps later."""
    key = unhexlify(decrypt(Authenticator.objects.get(user=user).secret))
    return f"{hotp(key, int(clock.now.timestamp()) // 30 + step):06d}"


def enrol(client: Client, user: User, clock: Clock) -> list[str]:
    """Set it up in this browser; the recovery codes."""
    client.get(SETUP)
    answer = client.post(SETUP, {"code": code_of(user, clock)})
    assert answer.status_code == 200
    found = re.search(r'id="secret"[^>]*>([^<]*)</pre>', answer.content.decode())
    assert found is not None
    clock.advance(seconds=30)
    return found[1].split()


def knock(client: Client, user: User, **data: Any) -> Any:
    form = {"email": user.email, "password": PASSWORD} | data
    return client.post("/staff/sign-in/", form)


def test_the_secret_is_encrypted_and_the_codes_are_hashed(
    as_: As, owner: User, clock: Clock
) -> None:
    client = as_(owner)
    page = client.get(SETUP).content.decode()
    assert "<svg" in page
    codes = enrol(client, owner, clock)
    assert len(codes) == len(set(codes)) == 10
    row = Authenticator.objects.get()
    assert (row.confirmed, len(decrypt(row.secret))) == (True, 40)
    assert decrypt(row.secret) not in row.secret
    kept = set(RecoveryCode.objects.values_list("digest", flat=True))
    assert not kept & set(codes)
    # The picture is not shown again.
    assert client.get(SETUP).headers["Location"] == "/staff/me/"


def test_a_password_alone_opens_nothing(as_: As, owner: User, clock: Clock) -> None:
    enrol(as_(owner), owner, clock)
    client = Client()
    answer = knock(client, owner, next="/staff/r/bella/people/")
    assert answer.headers["Location"] == f"{CODE}?next=%2Fstaff%2Fr%2Fbella%2Fpeople%2F"
    assert "_auth_user_id" not in client.session
    for path in ("/staff/", "/staff/me/", "/staff/r/bella/", "/admin/", "/admin/accounts/user/"):
        assert client.get(path).status_code == 302, path
    assert client.post("/admin/login/", {"username": owner.email}).status_code == 302
    before = AuditEntry.objects.filter(verb="staff.signed_in").count()
    form = {"code": code_of(owner, clock), "next": "/staff/r/bella/people/"}
    answer = client.post(CODE, form)
    assert answer.headers["Location"] == "/staff/r/bella/people/"
    assert client.get("/staff/r/bella/people/").status_code == 200
    assert client.get("/admin/").status_code == 200
    entries = AuditEntry.objects.filter(verb="staff.signed_in")
    assert entries.count() == before + 1
    assert entries.latest("id").data == {"second_factor": True}


def test_a_session_from_before_is_asked_too(as_: As, owner: User, clock: Clock) -> None:
    old = as_(owner)
    assert old.get("/admin/").status_code == 200
    enrol(as_(owner), owner, clock)
    assert old.get("/staff/r/bella/").headers["Location"] == f"{CODE}?next=/staff/r/bella/"
    assert old.get("/admin/").headers["Location"] == f"{CODE}?next=/admin/"
    assert old.post("/admin/accounts/user/add/", {}).status_code == 302
    old.post(CODE, {"code": code_of(owner, clock)})
    assert old.get("/staff/r/bella/").status_code == 200


def test_a_code_is_good_once_and_soon(as_: As, owner: User, clock: Clock) -> None:
    enrol(as_(owner), owner, clock)
    code = code_of(owner, clock)
    first, second = Client(), Client()
    knock(first, owner)
    knock(second, owner)
    assert first.post(CODE, {"code": code}).status_code == 302
    assert second.post(CODE, {"code": code}).status_code == 422
    later = code_of(owner, clock, step=3)
    assert second.post(CODE, {"code": later}).status_code == 422
    clock.advance(seconds=90)
    assert second.post(CODE, {"code": f" {later[:3]} {later[3:]} "}).status_code == 302


def test_a_recovery_code_opens_once(as_: As, owner: User, clock: Clock) -> None:
    codes = enrol(as_(owner), owner, clock)
    client = Client()
    knock(client, owner)
    assert client.post(CODE, {"code": codes[3].upper().replace("-", " ")}).status_code == 302
    assert client.get("/staff/r/bella/").status_code == 200
    assert "9 recovery codes are left" in client.get("/staff/me/").content.decode()
    again = Client()
    knock(again, owner)
    assert again.post(CODE, {"code": codes[3]}).status_code == 422
    assert AuditEntry.objects.get(verb="staff.recovery_code_used").data == {"left": 9}


def test_new_codes_end_the_old_ones(as_: As, owner: User, clock: Clock) -> None:
    client = as_(owner)
    codes = enrol(client, owner, clock)
    form = {"password": PASSWORD, "code": code_of(owner, clock)}
    answer = client.post("/staff/me/second-factor/codes/", form)
    assert answer.status_code == 200
    assert codes[0] not in answer.content.decode()
    other = Client()
    knock(other, owner)
    assert other.post(CODE, {"code": codes[0]}).status_code == 422


def test_guesses_at_a_code_are_counted_for_the_person(
    as_: As, owner: User, clock: Clock, house: Restaurant
) -> None:
    enrol(as_(owner), owner, clock)
    client = Client()
    knock(client, owner)
    assert [client.post(CODE, {"code": "000000"}).status_code for _ in range(5)] == [422] * 5
    other = Client()
    knock(other, owner)
    answer = other.post(CODE, {"code": code_of(owner, clock)})
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "60")
    entry = AuditEntry.objects.get(verb="staff.locked_out", restaurant_id=house.pk)
    assert entry.data == {"door": "code", "minutes": 1}
    clock.advance(seconds=61)
    assert other.post(CODE, {"code": code_of(owner, clock)}).status_code == 302


def test_half_a_sign_in_lasts_ten_minutes(as_: As, owner: User, clock: Clock) -> None:
    enrol(as_(owner), owner, clock)
    client = Client()
    knock(client, owner)
    clock.advance(minutes=11)
    answer = client.post(CODE, {"code": code_of(owner, clock)})
    assert answer.headers["Location"] == "/staff/sign-in/"
    assert Client().get(CODE).headers["Location"] == "/staff/sign-in/"


def test_a_house_requires_it_of_owners_and_managers_at_the_next_click(
    as_: As, cast: Cast, owner: User, clock: Clock
) -> None:
    clients = {
        name: as_(getattr(cast, name)) for name in ("manager", "host", "operator", "charlie")
    }
    boss = as_(owner)
    answer = boss.post("/staff/r/bella/people/", {"required": "on"})
    assert answer.status_code == 302
    for path in ("/staff/r/bella/", "/admin/"):
        wanted = f"{SETUP}?next={path}"
        assert boss.get(path).headers["Location"] == wanted
        assert clients["manager"].get(path).headers["Location"] == wanted
        # An operator has the say at every house.
        assert clients["operator"].get(path).headers["Location"] == wanted
    assert clients["host"].get("/staff/r/bella/").status_code == 200
    assert clients["charlie"].get("/staff/r/maison/").status_code == 200
    enrol(boss, owner, clock)
    assert boss.get("/staff/r/bella/people/").status_code == 200
    assert boss.get("/admin/").status_code == 200
    assert "missing" in boss.get("/staff/r/bella/people/").content.decode()


def test_it_is_taken_away_with_password_and_code(as_: As, owner: User, clock: Clock) -> None:
    client = as_(owner)
    enrol(client, owner, clock)
    off = "/staff/me/second-factor/off/"
    wrong = {"password": "wrong", "code": code_of(owner, clock)}
    assert client.post(off, wrong).status_code == 422
    assert client.post(off, {"password": PASSWORD, "code": "000000"}).status_code == 422
    right = {"password": PASSWORD, "code": code_of(owner, clock)}
    assert client.post(off, right).status_code == 302
    assert knock(Client(), owner).headers["Location"] == "/staff/"
    assert not RecoveryCode.objects.exists()


def test_an_owner_takes_a_lost_one_away_only_where_nobody_else_decides(
    as_: As, cast: Cast, clock: Clock, house: Restaurant, elsewhere: Restaurant
) -> None:
    manager = as_(cast.manager)
    enrol(manager, cast.manager, clock)
    url = f"/staff/r/bella/people/{cast.manager.public_id}/factor/"
    other = Membership.objects.create(user=cast.manager, restaurant=elsewhere, role="host")
    boss = as_(cast.owner)
    assert boss.get(url).status_code == 200
    boss.post(url)
    assert Authenticator.objects.filter(user=cast.manager).exists()
    other.delete()
    boss.post(url)
    assert not Authenticator.objects.filter(user=cast.manager).exists()
    # …and whoever had the telephone is signed out.
    assert manager.get("/staff/r/bella/").headers["Location"].startswith("/staff/sign-in/")


def test_a_stream_looks_up_the_device_that_was_shown(
    as_: As, owner: User, house: Restaurant, clock: Clock
) -> None:
    Restaurant.objects.filter(pk=house.pk).update(requires_second_factor=True)
    client = as_(owner)
    enrol(client, owner, clock)
    key = str(client.session.session_key)
    assert grant_for(key, house.slug).restaurant_id == house.pk
    Authenticator.objects.filter(user=owner).delete()
    with pytest.raises(SignedOut):
        grant_for(key, house.slug)
