"""Deciding who works at a house: invited, changed, sent away, and never without an owner."""

from __future__ import annotations

import re

import pytest
from django.core import mail
from django.db import IntegrityError, connection, transaction
from django.test import Client

from accounts.limits import SIGN_INS_OF_ACCOUNT
from accounts.models import User
from core import rates
from core.actors import SYSTEM
from core.models import AuditEntry
from notifications.services import deliver_due
from restaurants.errors import LastOwner
from restaurants.models import Membership, Restaurant, Role
from restaurants.people import grant_role, remove_from_house
from tests.fixtures.domain import Clock
from tests.staff.conftest import PASSWORD, As, Cast

pytestmark = pytest.mark.django_db

PEOPLE = "/staff/r/bella/people/"


def invite(client: Client, email: str = "Nina@example.com", role: str = "server") -> None:
    form = {"email": email, "full_name": "Nina Neu", "role": role, "language": "fr"}
    assert client.post(f"{PEOPLE}new/", form).status_code == 302


def link_in_mail() -> str:
    deliver_due()
    found = re.search(r"http://testserver(/staff/password/[\w-]+/)", str(mail.outbox[-1].body))
    assert found is not None, mail.outbox[-1].body
    return found[1]


def test_somebody_new_sets_a_password_by_a_link_and_comes_in(as_: As, cast: Cast) -> None:
    invite(as_(cast.owner))
    user = User.objects.get(full_name="Nina Neu")
    assert (user.is_staff, user.has_usable_password()) == (True, False)
    link = link_in_mail()
    assert mail.outbox[-1].to == ["Nina@example.com"]
    assert "Bella Notte" in mail.outbox[-1].subject
    client = Client()
    # Opening it uses nothing up, and an easy password neither.
    assert client.get(link).status_code == 200
    assert client.post(link, {"password": "password"}).status_code == 422
    answer = client.post(link, {"password": PASSWORD})
    assert answer.headers["Location"] == "/staff/sign-in/"
    assert "_auth_user_id" not in client.session
    assert client.post(link, {"password": "something else entirely"}).status_code == 410
    form = {"email": "nina@example.com", "password": PASSWORD}
    assert client.post("/staff/sign-in/", form).headers["Location"] == "/staff/"
    verbs = AuditEntry.objects.filter(target=user.public_id).order_by("id")
    assert list(verbs.values_list("verb", flat=True)) == [
        "staff.role_granted",
        "staff.password_set",
        "staff.signed_in",
    ]


def test_a_link_is_good_for_three_days_and_the_newest_only(
    as_: As, cast: Cast, clock: Clock
) -> None:
    owner = as_(cast.owner)
    invite(owner)
    first, user = link_in_mail(), User.objects.get(full_name="Nina Neu")
    owner.post(f"{PEOPLE}{user.public_id}/link/")
    second = link_in_mail()
    assert first != second
    assert Client().get(first).status_code == 410
    assert Client().get(second).status_code == 200
    clock.advance(days=3, seconds=1)
    assert Client().get(second).status_code == 410
    assert Client().get("/staff/password/made-up/").status_code == 410


def test_who_has_a_password_keeps_it_and_hears_by_mail(
    as_: As, cast: Cast, elsewhere: Restaurant
) -> None:
    cast.charlie.set_password(PASSWORD)
    cast.charlie.save()
    invite(as_(cast.owner), cast.charlie.email, "host")
    deliver_due()
    body = str(mail.outbox[-1].body)
    assert "/staff/sign-in/" in body
    assert "/staff/password/" not in body
    cast.charlie.refresh_from_db()
    assert cast.charlie.check_password(PASSWORD)


def test_nobody_is_added_twice(as_: As, cast: Cast) -> None:
    form = {"email": cast.host.email.upper(), "role": "owner", "language": "en"}
    answer = as_(cast.owner).post(f"{PEOPLE}new/", form)
    assert answer.status_code == 422
    assert "works here already" in answer.content.decode()
    assert Membership.objects.get(user=cast.host).role == "host"


def test_a_role_counts_from_the_next_click_and_stands_in_the_log(as_: As, cast: Cast) -> None:
    host = as_(cast.host)
    assert host.get("/staff/r/bella/keys/").status_code == 403
    as_(cast.owner).post(f"{PEOPLE}{cast.host.public_id}/", {"role": "manager"})
    assert host.get("/staff/r/bella/keys/").status_code == 200
    entry = AuditEntry.objects.get(verb="staff.role_granted")
    assert (entry.data["before"], entry.data["role"]) == ("host", "manager")
    assert (entry.actor_label, entry.origin) == (cast.owner.full_name, "127.0.0.*")


def test_who_is_removed_is_out_everywhere_at_once(as_: As, cast: Cast) -> None:
    cast.host.set_password(PASSWORD)
    cast.host.save()
    client = Client()
    form = {"email": cast.host.email, "password": PASSWORD}
    client.post("/staff/sign-in/", form)
    assert client.get("/staff/r/bella/").status_code == 200
    assert as_(cast.owner).post(f"{PEOPLE}{cast.host.public_id}/remove/").status_code == 302
    assert client.get("/staff/").headers["Location"].startswith("/staff/sign-in/")
    assert client.get("/").wsgi_request.user.is_anonymous
    assert client.post("/staff/sign-in/", form).status_code == 422
    assert AuditEntry.objects.get(verb="staff.removed").data["before"] == "host"


def test_who_works_elsewhere_too_stays_there(as_: As, cast: Cast, elsewhere: Restaurant) -> None:
    Membership.objects.create(user=cast.host, restaurant=elsewhere, role="host")
    as_(cast.owner).post(f"{PEOPLE}{cast.host.public_id}/remove/")
    cast.host.refresh_from_db()
    assert cast.host.is_staff
    assert as_(cast.host).get(f"/staff/r/{elsewhere.slug}/").status_code == 200


def test_the_last_owner_stays(as_: As, cast: Cast, house: Restaurant) -> None:
    owner, url = as_(cast.owner), f"{PEOPLE}{cast.owner.public_id}/"
    assert owner.post(url, {"role": "host"}).status_code == 422
    owner.post(f"{url}remove/")
    row = Membership.objects.get(user=cast.owner)
    assert row.role == "owner"
    with pytest.raises(LastOwner):
        remove_from_house(row, by=SYSTEM)
    grant_role(house, cast.manager.email, Role.OWNER, by=SYSTEM)
    assert owner.post(url, {"role": "host"}).headers["Location"] == "/staff/r/bella/"
    assert owner.get(PEOPLE).status_code == 403


@pytest.mark.parametrize("deed", ["delete", "update"])
def test_the_database_keeps_the_last_owner(deed: str, cast: Cast, house: Restaurant) -> None:
    rows = Membership.objects.filter(user=cast.owner)

    def lose() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            rows.delete() if deed == "delete" else rows.update(role="host")
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")

    with pytest.raises(IntegrityError, match="last owner"):
        lose()
    # The negative control: with another owner it goes.
    Membership.objects.filter(user=cast.manager).update(role="owner")
    lose()
    assert not Membership.objects.filter(user=cast.owner, role="owner").exists()


def test_too_many_wrong_passwords_are_unlocked_by_an_owner(
    as_: As, cast: Cast, clock: Clock
) -> None:
    cast.host.set_password(PASSWORD)
    cast.host.save()
    client = Client()
    form = {"email": cast.host.email, "password": "wrong"}
    for _ in range(10):
        client.post("/staff/sign-in/", form)
    right = form | {"password": PASSWORD}
    assert client.post("/staff/sign-in/", right).status_code == 429
    owner = as_(cast.owner)
    assert "Locked" in owner.get(PEOPLE).content.decode()
    owner.post(f"{PEOPLE}{cast.host.public_id}/unlock/")
    assert client.post("/staff/sign-in/", right).status_code == 302
    lock = AuditEntry.objects.get(verb="staff.locked_out")
    assert (lock.target, lock.data) == (cast.host.public_id, {"door": "password", "minutes": 5})


def test_the_lock_grows_and_says_until_when(cast: Cast, clock: Clock) -> None:
    client = Client()
    form = {"email": cast.host.email, "password": "wrong"}
    for _ in range(10):
        assert client.post("/staff/sign-in/", form).status_code == 422
    waits = []
    for _ in range(4):
        # The burst counter in Redis lives by the machine's clock.
        rates.reset(SIGN_INS_OF_ACCOUNT, cast.host.email)
        answer = client.post("/staff/sign-in/", form)
        assert answer.status_code == 429
        waits.append(int(answer.headers["Retry-After"]))
        clock.advance(seconds=waits[-1])
        assert client.post("/staff/sign-in/", form).status_code == 422
    assert waits == [300, 600, 1200, 2400]


def test_an_address_without_an_account_is_locked_alike(cast: Cast) -> None:
    said = []
    for email in (cast.host.email, "nobody@example.com"):
        client, form = Client(REMOTE_ADDR="192.0.2.7"), {"email": email, "password": "wrong"}
        pages = [client.post("/staff/sign-in/", form) for _ in range(11)]
        said.append([(page.status_code, page.headers.get("Retry-After")) for page in pages])
    assert said[0] == said[1]


def test_the_list_takes_the_same_queries_for_many(
    as_: As, cast: Cast, house: Restaurant, django_assert_max_num_queries: object
) -> None:
    client = as_(cast.owner)
    client.get(PEOPLE)
    for number in range(12):
        grant_role(house, f"n{number}@example.com", Role.SERVER, by=SYSTEM)
    with django_assert_max_num_queries(10):  # type: ignore[operator]
        page = client.get(PEOPLE).content.decode()
    assert page.count('class="row"') == 17
    assert "never" in page


def test_the_switcher_keeps_the_page(as_: As, cast: Cast, elsewhere: Restaurant) -> None:
    Membership.objects.create(user=cast.owner, restaurant=elsewhere, role="manager")
    client = as_(cast.owner)
    for path, wanted in (
        ("payments/report/", "payments/report/"),
        ("log/", "log/"),
        # Not an owner there: the first page instead.
        ("people/", ""),
        (f"people/{cast.host.public_id}/", ""),
        ("tablets/new/", "tablets/new/"),
    ):
        page = client.get(f"/staff/r/bella/{path}").content.decode()
        assert f'class="menu__link" href="/staff/r/maison/{wanted}"' in page, path
