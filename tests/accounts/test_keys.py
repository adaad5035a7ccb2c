"""Keys of programs: made, recognised, rotated, revoked."""

from __future__ import annotations

import datetime as dt
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from accounts.models import ApiKey, ApiKeySecret
from accounts.services import keys
from core.actors import SYSTEM
from core.errors import Invalid
from core.models import AuditEntry
from tests.factories import make_restaurant
from tests.fixtures.domain import Clock

pytestmark = pytest.mark.django_db


def test_a_key_is_found_by_its_text_and_by_nothing_else() -> None:
    made = keys.create_key("Website", by=SYSTEM, scopes=["read:reservations"])
    assert keys.find_key(made.text, None).pk == made.key.pk
    kind, lookup = made.text.split("_")[1:3]
    assert kind == "live"
    for wrong in (
        "",
        made.text[:-1],
        made.text + "x",
        made.text.replace("live", "test"),
        made.text[:-1] + ("A" if made.text[-1] != "A" else "B"),
        f"cv_live_{lookup}_{'x' * 43}",
        f"cv_live_{'0' * 16}_{made.text[-43:]}",
        made.text.upper(),
        "anch_your-api-key-here",
    ):
        with pytest.raises(keys.KeyInvalid, match=r"^Invalid or missing API key$"):
            keys.find_key(wrong, None)


def test_no_secret_is_kept_and_none_is_logged() -> None:
    made = keys.create_key("Website", by=SYSTEM)
    kept = ApiKeySecret.objects.get()
    secret = made.text.removeprefix(f"cv_live_{kept.lookup}_")
    assert secret not in kept.digest
    entry = AuditEntry.objects.get(verb="key.created")
    assert entry.target == made.key.public_id
    assert secret not in str(entry.data)


def test_after_a_rotation_both_secrets_work_until_the_overlap_ends(clock: Clock) -> None:
    old = keys.create_key("Website", by=SYSTEM)
    new = keys.rotate_key(old.key, by=SYSTEM, overlap=dt.timedelta(hours=2))
    assert {keys.find_key(text, None).pk for text in (old.text, new.text)} == {old.key.pk}
    clock.advance(hours=2)
    assert keys.find_key(new.text, None).pk == old.key.pk
    with pytest.raises(keys.KeyInvalid):
        keys.find_key(old.text, None)


def test_a_second_rotation_does_not_prolong_what_was_ending(clock: Clock) -> None:
    first = keys.create_key("Website", by=SYSTEM)
    keys.rotate_key(first.key, by=SYSTEM, overlap=dt.timedelta(hours=1))
    keys.rotate_key(first.key, by=SYSTEM, overlap=dt.timedelta(days=1))
    clock.advance(hours=1)
    with pytest.raises(keys.KeyInvalid):
        keys.find_key(first.text, None)


def test_a_revoked_key_is_shut_at_once_with_all_its_secrets() -> None:
    old = keys.create_key("Website", by=SYSTEM)
    new = keys.rotate_key(old.key, by=SYSTEM)
    assert keys.revoke_key(old.key, by=SYSTEM)
    assert not keys.revoke_key(old.key, by=SYSTEM)
    for text in (old.text, new.text):
        with pytest.raises(keys.KeyInvalid):
            keys.find_key(text, None)
    with pytest.raises(Invalid):
        keys.rotate_key(old.key, by=SYSTEM)
    assert AuditEntry.objects.filter(verb="key.revoked").count() == 1


def test_an_expired_key_opens_nothing(clock: Clock) -> None:
    made = keys.create_key("Weekend", by=SYSTEM, expires_at=clock.now + dt.timedelta(days=2))
    assert keys.find_key(made.text, None).pk == made.key.pk
    clock.advance(days=2)
    with pytest.raises(keys.KeyInvalid):
        keys.find_key(made.text, None)


@pytest.mark.parametrize(
    ("address", "is_let_in"),
    [
        ("192.0.2.7", True),
        ("192.0.3.7", False),
        ("2001:db8::1", True),
        ("2001:db8::2", False),
        (None, False),
        ("not an address", False),
    ],
)
def test_a_key_works_from_its_networks_only(address: str | None, is_let_in: bool) -> None:
    networks = ["192.0.2.0/24", " 2001:DB8::1 ", ""]
    made = keys.create_key("Office", by=SYSTEM, allowed_networks=networks)
    assert made.key.allowed_networks == ["192.0.2.0/24", "2001:db8::1/128"]
    if is_let_in:
        assert keys.find_key(made.text, address).pk == made.key.pk
    else:
        with pytest.raises(keys.NetworkRefused):
            keys.find_key(made.text, address)


def test_the_last_use_is_written_once_a_minute(clock: Clock) -> None:
    made = keys.create_key("Website", by=SYSTEM)
    first = clock.now
    keys.find_key(made.text, None)
    clock.advance(seconds=59)
    keys.find_key(made.text, None)
    assert ApiKey.objects.get().last_used_at == first
    clock.advance(seconds=1)
    keys.find_key(made.text, None)
    assert ApiKey.objects.get().last_used_at == clock.now


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("scopes", ["read:everything"]),
        ("source", "Open Table!"),
        ("allowed_networks", ["192.0.2.0/99"]),
    ],
)
def test_what_cannot_be_is_refused_by_field(field: str, value: object) -> None:
    with pytest.raises(Invalid) as caught:
        keys.create_key("Website", by=SYSTEM, **{field: value})  # type: ignore[arg-type]
    assert list(caught.value.details) == [field]
    assert not ApiKey.objects.exists()


def test_the_command_prints_the_key_alone() -> None:
    house = make_restaurant(slug="anchor")
    out, err = StringIO(), StringIO()
    call_command(
        "create_api_key",
        "Website",
        "--scope=read:table_bookings",
        "--scope=write:table_bookings",
        "--source=website",
        "--restaurant=anchor",
        "--test",
        stdout=out,
        stderr=err,
    )
    text = out.getvalue()
    assert text.endswith("\n")
    assert text.startswith("cv_test_")
    key = keys.find_key(text.strip(), None)
    assert (key.name, key.scopes, key.source, key.restaurant_id, key.is_test) == (
        "Website",
        ["read:table_bookings", "write:table_bookings"],
        "website",
        house.pk,
        True,
    )
    assert err.getvalue() == ""


@pytest.mark.parametrize(
    ("argument", "says"),
    [
        ("--restaurant=nowhere", "There is no restaurant nowhere."),
        ("--scope=all", "There is no scope all."),
        ("--rate=0", "--rate must be at least 1."),
    ],
)
def test_the_command_says_what_is_wrong(argument: str, says: str) -> None:
    with pytest.raises(CommandError, match=says):
        call_command("create_api_key", "Website", argument)
    assert not ApiKey.objects.exists()


def test_the_command_says_what_no_column_holds() -> None:
    with pytest.raises(CommandError) as refused:
        call_command("create_api_key", "n" * 81)
    said = "name: Ensure this value has at most 80 characters (it has 81)."
    assert str(refused.value) == said
    assert not ApiKey.objects.exists()
