"""The log of a house: words for every verb, filters, pages by key, and nobody changes it."""

from __future__ import annotations

import ast
import csv
import datetime as dt
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib import admin
from django.db import DatabaseError, connection, transaction

from core import audit
from core.actors import Actor, ActorKind
from core.models import AuditEntry
from payments.models import Payment, PaymentDispute, Refund
from reservations.models import PaymentRequest, Reservation
from restaurants.admin.scope import AuditedMixin, ScopedInlineMixin
from restaurants.models import Restaurant
from staff import log_words
from staff.log import changes_of
from tests.fixtures.domain import Clock
from tests.staff.conftest import As, AtTablet, Cast, Money

pytestmark = pytest.mark.django_db

LOG = "/staff/r/bella/log/"
MIA = Actor(ActorKind.STAFF, "user_mia", "mia@bella.example")

MADE_UP = {
    "reservation.{}": [
        *Reservation.Status.values,
        *("no_show_fee", "late_cancel", "fee_charged", "fee_refused"),
        *("hold_placed", "hold_refused"),
    ],
    "payment.{}": Payment.Status.values,
    "payment.dispute_{}": PaymentDispute.Status.values,
    "refund.{}": Refund.Status.values,
    "payment_request.{}": PaymentRequest.Status.values,
    "source_secret.{}": ["created", "rotated", "revoked"],
    "webhook.{}": ["created", "changed", "removed", "secret_rotated", "tested", "enabled"],
}
"""Verbs that are put together while the program runs, and what they can become."""
OF_ROWS = "{}.{}"
"""How the administration names what was edited there: ``log_words.ROWS`` and ``DEEDS``."""


def recorded() -> Iterator[str]:
    """The verb of every entry the code can write, as it is written there."""
    for app in ("core", "accounts", "customers", "restaurants", "payments", "notifications"):
        yield from _recorded_in(app)
    for app in ("reservations", "webhooks", "staff", "api"):
        yield from _recorded_in(app)


def _recorded_in(app: str) -> Iterator[str]:
    for path in sorted(Path(settings.BASE_DIR, app).rglob("*.py")):
        if "migrations" in path.parts:
            continue
        tree = ast.parse(path.read_text())
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                yield from _verbs_of(node)
            elif isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "verb":
                yield from (text for text in _text(node.value) if "." in text)


def _verbs_of(call: ast.Call) -> Iterator[str]:
    name = ast.unparse(call.func)
    if name.split(".")[-1] not in (
        *("record", "record_party", "record_table", "_record", "_note_pin"),
    ):
        return
    named = [keyword.value for keyword in call.keywords if keyword.arg == "verb"]
    for value in [*call.args, *named]:
        yield from (text for text in _text(value) if "." in text)


def _text(value: ast.expr) -> Iterator[str]:
    if isinstance(value, ast.IfExp):
        yield from _text(value.body)
        yield from _text(value.orelse)
    elif isinstance(value, ast.Constant) and isinstance(value.value, str):
        yield value.value
    elif isinstance(value, ast.JoinedStr):
        yield "".join(
            part.value if isinstance(part, ast.Constant) else "{}"  # type: ignore[misc]
            for part in value.values
        )


def test_every_verb_the_code_records_has_words() -> None:
    found = {verb for verb in recorded() if " " not in verb}
    assert {"reservation.cancelled", "staff.pin_made", "reservation.{}"} <= found
    made_up = {verb for verb in found if "{}" in verb}
    assert made_up == {*MADE_UP, OF_ROWS}
    plain = (found - made_up) | {
        pattern.format(value) for pattern, values in MADE_UP.items() for value in values
    }
    assert sorted(verb for verb in plain if verb not in log_words.VERBS) == []


def test_every_verb_of_the_ledger_has_words() -> None:
    verbs = {f"hold.{state}" for state in ("placed", "extended", "kept", "handed_over", "released")}
    assert verbs | {"hold.expired"} <= set(log_words.VERBS)


def test_every_row_edited_in_the_administration_has_words() -> None:
    models = {
        model for model, page in admin.site._registry.items() if isinstance(page, AuditedMixin)
    }
    inlines = {
        inline.model
        for page in admin.site._registry.values()
        for inline in page.inlines
        if issubclass(inline, ScopedInlineMixin)
        and (inline.may_add or inline.may_change or inline.may_delete)
    }
    names = {model._meta.model_name for model in models | inlines}
    assert names - set(log_words.ROWS) == set()


def test_an_unknown_verb_is_readable_all_the_same() -> None:
    assert log_words.verb_text("diningtable.changed") == "Table: changed"
    assert log_words.verb_text("robot.moved_away") == "robot: moved away"


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE core_auditentry SET actor_label = 'nobody'",
        "UPDATE core_auditentry SET data = '{}'",
        "DELETE FROM core_auditentry",
    ],
)
def test_the_database_refuses_to_change_it(statement: str, house: Restaurant) -> None:
    audit.record("staff.removed", "user_x", by=MIA, restaurant_id=house.pk)
    before = list(AuditEntry.objects.values())
    with (
        pytest.raises(DatabaseError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)
    assert list(AuditEntry.objects.values()) == before


def test_a_day_of_the_log_says_who_what_and_where(
    as_: As, at_tablet: AtTablet, cast: Cast, house: Restaurant
) -> None:
    cast.host.full_name = "Ines Host"
    cast.host.save()
    at_tablet(cast.host)
    client = as_(cast.manager)
    client.post("/staff/r/bella/tablets/", {"lock_after_minutes": "10"})
    page = client.get(LOG).content.decode()
    for words in (
        "Signed in with a PIN",
        "Ines Host",
        f"Front desk {cast.host.pk}",
        "Rules for signing in changed",
        "<del>5</del>",
        "<ins>10</ins>",
        "127.0.0.*",
    ):
        assert words in page, words


def test_another_houses_log_is_its_own(
    as_: As, cast: Cast, house: Restaurant, elsewhere: Restaurant
) -> None:
    audit.record("tablet.added", "tablet_1", by=MIA, restaurant_id=elsewhere.pk, label="Secret bar")
    client = as_(cast.owner)
    for url in (LOG, f"{LOG}?q=Secret", f"{LOG}?target=tablet_1"):
        assert "Secret bar" not in client.get(url).content.decode()
    assert "Secret bar" in as_(cast.charlie).get("/staff/r/maison/log/").content.decode()


def fill(house: Restaurant, clock: Clock, number: int) -> None:
    for each in range(number):
        clock.advance(seconds=each % 2)
        audit.record(
            "tablet.added",
            f"tablet_{each}",
            by=MIA,
            restaurant_id=house.pk,
            label=f"No. {each:03d}.",
        )


def test_pages_go_on_by_key_while_the_log_grows(
    as_: As, cast: Cast, house: Restaurant, clock: Clock
) -> None:
    fill(house, clock, 120)
    client, url, seen = as_(cast.owner), LOG, list[str]()
    for _ in range(3):
        answer = client.get(url)
        page = answer.content.decode()
        seen += [f"{n:03d}" for n in range(119, -1, -1) if f"No. {n:03d}." in page]
        fill(house, clock, 1)
        older = answer.context["older"]
        url = f"{LOG}?{older}"
    assert older == ""
    assert seen == [f"{n:03d}" for n in range(119, -1, -1)]


@pytest.mark.parametrize("place", ["x", "~", "2025-11-10~1", "2025-99-99T00:00:00+00:00~1", "1~x"])
def test_a_made_up_place_is_the_beginning(
    as_: As, cast: Cast, house: Restaurant, clock: Clock, place: str
) -> None:
    fill(house, clock, 1)
    assert "No. 000." in as_(cast.owner).get(LOG, {"after": place}).content.decode()


def test_filters(as_: As, cast: Cast, house: Restaurant, clock: Clock, money: Money) -> None:
    audit.record(
        *("reservation.cancelled", money.booking.public_id),
        by=Actor(ActorKind.STAFF, cast.host.public_id, "Somebody of before"),
        restaurant_id=house.pk,
        reason="Flood in the cellar",
    )
    clock.advance(days=2)
    audit.record("tablet.added", "tablet_1", by=MIA, restaurant_id=house.pk, label="Late")
    client = as_(cast.owner)

    def found(**query: str) -> tuple[bool, bool]:
        page = client.get(LOG, query).content.decode()
        return ("Flood in the cellar" in page, "Late" in page.split("Log</h1>")[1])

    first, second = (True, False), (False, True)
    today = clock.now.astimezone(house.tz).date()
    assert found() == (True, True)
    assert found(person=cast.host.public_id) == first
    assert found(person="guest") == (False, False)
    assert found(kind="bookings") == first
    assert found(kind="people") == second
    assert found(kind="setup") == (False, False)
    assert found(target=money.booking.code.lower()) == first
    assert found(target=money.booking.public_id) == first
    assert found(target="tablet_1") == second
    assert found(since=today.isoformat()) == second
    assert found(until=(today - dt.timedelta(days=1)).isoformat()) == first
    assert found(q="flood") == first
    assert found(q="of before") == found(q=cast.host.email) == found(q=cast.host.full_name) == first
    assert found(q="Tablet add") == second
    # What cannot be is as if it were empty.
    assert found(since="soon", kind="x", person="y\0") == (True, True)
    for beyond in ("0001-01-01", "9999-12-31"):
        assert found(since=beyond) == found(until=beyond) == (True, True)


def test_a_booking_is_linked_and_named_by_its_code(
    as_: As, cast: Cast, house: Restaurant, money: Money
) -> None:
    page = as_(cast.manager).get(LOG, {"target": money.booking.code}).content.decode()
    url = f"/staff/r/bella/bookings/{money.booking.public_id}/money/"
    assert f'<a href="{url}">{money.booking.code}</a>' in page


def test_the_table_has_the_same_entries_and_calculates_nothing(
    as_: As, cast: Cast, house: Restaurant
) -> None:
    audit.record(
        *("tablet.added", "tablet_1"), by=MIA, restaurant_id=house.pk, label="=HYPERLINK(1)"
    )
    answer: Any = as_(cast.owner).get("/staff/r/bella/log.csv", {"target": "tablet_1"})
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert len(rows) == 1
    assert rows[0]["verb"] == "tablet.added"
    assert rows[0]["what"] == "Tablet added"
    assert rows[0]["changes"] == "Name: =HYPERLINK(1)"
    assert not any(cell.startswith(("=", "+", "-", "@")) for cell in rows[0].values())


def test_reading_it_takes_few_queries_however_long(
    as_: As, cast: Cast, house: Restaurant, clock: Clock, django_assert_max_num_queries: Any
) -> None:
    client = as_(cast.owner)
    client.get(LOG)
    fill(house, clock, 60)
    with django_assert_max_num_queries(12):
        client.get(LOG)


def test_only_what_changed_is_shown() -> None:
    entry = AuditEntry(
        verb="reservation.changed",
        data={
            "before": {"party_size": 2, "time": "19:00", "note": ""},
            "after": {"party_size": 3, "time": "19:00", "tables": ["T4", "T5"]},
            "reason": "Called",
        },
    )
    said = [(each.name, each.before, each.after) for each in changes_of(entry)]
    assert said == [("Guests", "2", "3"), ("Tables", "–", "T4, T5"), ("Reason", "", "Called")]
    plain = AuditEntry(verb="reservation.seated", data={"before": "arrived", "reason": ""})
    assert [(each.before, each.after) for each in changes_of(plain)] == [("Here", "Seated")]
