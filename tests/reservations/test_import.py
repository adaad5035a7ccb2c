"""Importing a file of bookings: what becomes of its rows, and of files that are no good."""

from __future__ import annotations

import datetime as dt
import gzip
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from notifications.models import Message
from reservations.imports.survey import Seen
from reservations.models import ImportRun, Reservation, SeatingDecision, TableClaim
from reservations.proof.checks import Check
from reservations.proof.invariants import ALWAYS, broken
from restaurants.models import Restaurant
from tests.fixtures.domain import Clock

pytestmark = pytest.mark.django_db(transaction=True)

HEADER = "restaurant,reserve_at,visit_at,party_size"
REAL = Path(__file__).resolve().parents[3] / "shared" / "data" / "real_reservations.csv.gz"

MakeFile = Callable[..., Path]


@pytest.fixture
def make_file(tmp_path: Path) -> MakeFile:
    def make(*rows: str, name: str = "past.csv", header: str = HEADER) -> Path:
        path = tmp_path / name
        text = "\n".join([header, *rows, ""]).encode()
        path.write_bytes(gzip.compress(text) if name.endswith(".gz") else text)
        return path

    return make


def run(path: Path, *options: str) -> str:
    out = StringIO()
    call_command("import_reservations", str(path), *options, stdout=out)
    return out.getvalue()


def refusals() -> dict[str, int]:
    refused: dict[str, int] = ImportRun.objects.get().refused
    return refused


def test_a_row_becomes_a_booking_made_when_it_was_made(clock: Clock, make_file: MakeFile) -> None:
    out = run(make_file("584,2017-01-01 10:00,2017-01-02 20:00,4", name="past.csv.gz"))

    row = Reservation.objects.get()
    assert row.restaurant.public_id == "import-584"
    assert row.starts_at == dt.datetime(2017, 1, 2, 11, tzinfo=dt.UTC)
    assert row.created_at == dt.datetime(2017, 1, 1, 1, tzinfo=dt.UTC)
    assert (row.party_size, row.channel, row.source) == (4, "in_house", "import")
    assert row.external_id.endswith(":0")
    assert row.claims.get().table.max_seats == 4
    assert not Message.objects.exists()
    assert "Overlaps: 0" in out
    assert "FROM reservations_tableclaim" in out
    assert broken(ALWAYS) == {}


def test_past_visits_are_completed_and_future_ones_confirmed(
    clock: Clock, make_file: MakeFile
) -> None:
    run(
        make_file(
            "1,2025-11-01 10:00,2025-11-10 20:00,2",
            "1,2025-11-01 10:00,2025-11-12 20:00,2",
        )
    )
    statuses = Reservation.objects.order_by("starts_at").values_list("status", flat=True)
    assert list(statuses) == ["completed", "confirmed"]


def test_a_visit_after_midnight_belongs_to_the_evening_before(
    clock: Clock, make_file: MakeFile
) -> None:
    run(make_file("7,2017-01-01 10:00,2017-01-03 01:00,2", "7,2017-01-01 10:00,2017-01-02 19:00,2"))
    late, early = Reservation.objects.order_by("-starts_at")
    assert late.service_date == early.service_date == dt.date(2017, 1, 2)
    assert late.starts_at - early.starts_at == dt.timedelta(hours=6)


def test_a_new_restaurant_is_unlisted_and_has_the_standard_floor(
    clock: Clock, make_file: MakeFile
) -> None:
    run(make_file("584,2017-01-01 10:00,2017-01-02 20:00,44"), "--zone", "Europe/Paris")
    house = Restaurant.objects.get()
    assert (house.zone, house.currency, house.is_listed) == ("Europe/Paris", "JPY", False)
    assert sum(house.tables.values_list("max_seats", flat=True)) == 56
    assert Reservation.objects.get().claims.count() == 10
    assert house.combinations.count() == 15


@pytest.mark.parametrize(
    ("minutes", "expected"),
    [
        ({19 * 60}, [("Dinner", 19 * 60, 19 * 60, 30)]),
        ({12 * 60, 14 * 60}, [("Lunch", 12 * 60, 14 * 60, 30)]),
        (
            {12 * 60, 19 * 60, 25 * 60},
            [("Lunch", 12 * 60, 12 * 60, 30), ("Dinner", 19 * 60, 25 * 60, 30)],
        ),
        ({19 * 60, 19 * 60 + 45}, [("Dinner", 19 * 60, 19 * 60 + 45, 15)]),
        ({19 * 60, 19 * 60 + 10}, [("Dinner", 19 * 60, 19 * 60 + 10, 10)]),
        ({19 * 60, 19 * 60 + 7}, [("Dinner", 19 * 60, 19 * 60 + 7, 5)]),
    ],
)
def test_services_cover_the_visits_of_the_file(
    minutes: set[int], expected: list[tuple[str, int, int, int]]
) -> None:
    found = Seen(minutes=minutes).sittings()
    assert [(s.name, s.first, s.last, s.interval) for s in found] == expected


def test_known_restaurants_are_booked_in_their_own_time_and_keep_their_floor(
    clock: Clock, make_file: MakeFile, bella: Restaurant
) -> None:
    out = run(
        make_file(
            f"{bella.public_id},2025-10-01 10:00,2025-11-01 19:00,2",
            f"{bella.slug},2025-10-01 10:00,2025-11-01 19:30,2",
        ),
        "--no-create",
    )
    assert [r.restaurant_id for r in Reservation.objects.all()] == [bella.pk, bella.pk]
    assert Reservation.objects.earliest("starts_at").starts_at.hour == 23
    assert "0 of them new" in out
    assert bella.tables.count() == 10


def test_rows_of_unknown_restaurants_are_refused_when_none_may_be_made(
    clock: Clock, make_file: MakeFile
) -> None:
    out = run(make_file("584,2017-01-01 10:00,2017-01-02 20:00,4"), "--no-create")
    assert refusals() == {"unknown_restaurant": 1}
    assert "584" in out
    assert not Restaurant.objects.exists()


def test_what_does_not_fit_is_refused_with_its_reason_and_kept_as_a_decision(
    clock: Clock, make_file: MakeFile
) -> None:
    same_evening = "9,2017-01-01 10:00,2017-01-02 20:00"
    out = run(
        make_file(
            f"{same_evening},45",
            f"{same_evening},44",
            *[f"{same_evening},2"] * 7,
            "9,2017-01-03 10:00,2017-01-02 20:00,2",
        )
    )
    assert refusals() == {"no_table_fits": 1, "tables_taken": 1, "past": 1}
    assert ImportRun.objects.get().accepted == Reservation.objects.count() == 7
    refused = SeatingDecision.objects.filter(accepted=False).order_by("id")
    assert [d.subject.partition(":")[2] for d in refused] == ["0", "8", "9"]
    assert "tables_taken" in out
    assert broken(ALWAYS) == {}


MALFORMED = [
    "584,2017-01-01 10:00,2017-01-02 20:00",
    "584",
    ",2017-01-01 10:00,2017-01-02 20:00,2",
    "a b,2017-01-01 10:00,2017-01-02 20:00,2",
    f"{'9' * 31},2017-01-01 10:00,2017-01-02 20:00,2",
    "584,yesterday,2017-01-02 20:00,2",
    "584,2017-01-01,2017-01-02 20:00,2",
    "584,2017-01-01 10:00,2017-02-30 20:00,2",
    "584,2017-01-01 10:00,2017-01-02 25:00,2",
    "584,2017-01-01 10:00,2017-01-02 20:00+01:00,2",
    "584,2017-01-01 10:00,2017-01-02 20:00,0",
    "584,2017-01-01 10:00,2017-01-02 20:00,-2",
    "584,2017-01-01 10:00,2017-01-02 20:00,two",
    "584,2017-01-01 10:00,2017-01-02 20:00,2.5",
    "584,2017-01-01 10:00,2017-01-02 20:00,1000000000",
    "584,2017-01-01 10:00,2017-01-02 20:00,٢",
    "\x00,2017-01-01 10:00,2017-01-02 20:00,2",
    "🍣,2017-01-01 10:00,2017-01-02 20:00,2",
]


def test_malformed_rows_are_counted_with_their_line_and_stop_nothing(
    clock: Clock, make_file: MakeFile, capsys: pytest.CaptureFixture[str]
) -> None:
    good = "584,2017-01-01 10:00,2017-01-02 20:00,2"
    run(make_file(*MALFORMED, "", good))
    assert refusals() == {"malformed": len(MALFORMED)}
    assert ImportRun.objects.get().accepted == 1
    said = capsys.readouterr().err
    assert "line 2: 3 fields are too few" in said
    assert "line 4: restaurant '' is not a number or name" in said
    assert "line 7: reserve_at 'yesterday' is not a date and time such as 2017-01-31 19:30" in said
    assert "line 12: party_size '0' is not a whole number from 1 to 9999" in said


def test_only_the_first_malformed_rows_are_shown(
    clock: Clock, make_file: MakeFile, capsys: pytest.CaptureFixture[str]
) -> None:
    run(make_file(*["584"] * 50))
    assert capsys.readouterr().err.count("fields are too few") == 20
    assert refusals() == {"malformed": 50}


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("past.csv", b"", "has no column restaurant, reserve_at, visit_at, party_size"),
        ("past.csv", b"restaurant,party_size\n1,2\n", "has no column reserve_at, visit_at"),
        ("past.csv.gz", f"{HEADER}\n".encode(), "is named .gz but is not a gzip file"),
        ("past.csv.gz", gzip.compress(b"x" * 9999)[:20], "is damaged or cut off"),
        ("past.csv", f"{HEADER}\n".encode() + b"1,\xff\xfe,2017,2\n", "is not UTF-8"),
        ("past.csv", HEADER.encode("utf-16"), "is not UTF-8"),
        ("past.csv", f'{HEADER}\n"{"x" * 200_000}",1,1,1\n'.encode(), "is not CSV after line"),
    ],
    ids=["empty", "columns", "not-gzip", "cut-off", "latin", "utf-16", "huge-field"],
)
def test_a_file_that_is_no_good_is_refused_with_a_sentence_and_changes_nothing(
    tmp_path: Path, name: str, content: bytes, sentence: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(CommandError) as caught:
        run(path)
    assert sentence in str(caught.value)
    assert name in str(caught.value)
    assert not ImportRun.objects.exists()


def test_a_file_that_is_not_there_is_refused_with_a_sentence(tmp_path: Path) -> None:
    for path in (tmp_path / "nowhere.csv", tmp_path):
        with pytest.raises(CommandError, match="There is no file"):
            run(path)


@pytest.mark.parametrize(
    "options",
    [("--zone", "EST5"), ("--currency", "yen"), ("--country", "JPN"), ("--limit", "0")],
)
def test_options_that_make_no_sense_are_refused(make_file: MakeFile, options: tuple[str]) -> None:
    with pytest.raises(CommandError):
        run(make_file(), *options)


def test_columns_may_stand_in_any_order_among_others_with_a_byte_order_mark(
    clock: Clock, make_file: MakeFile
) -> None:
    run(
        make_file(
            '2,"Ada, of course",2017-01-02T20:00:00,2017-01-01 10:00,584',
            header="\ufeffparty_size,name,Visit_At,reserve_at, restaurant ",
        )
    )
    assert Reservation.objects.get().party_size == 2


def test_only_the_named_restaurants_and_the_others_later(clock: Clock, make_file: MakeFile) -> None:
    path = make_file(
        "1,2017-01-01 10:00,2017-01-02 20:00,2",
        "2,2017-01-01 10:00,2017-01-02 20:00,2",
        "1,2017-01-01 10:00,2017-01-03 20:00,2",
    )
    out = run(path, "--restaurant", "1")
    assert Reservation.objects.count() == 2
    assert "3 rows, 1 restaurants" in out
    run(path)
    assert Reservation.objects.count() == 3
    whole = ImportRun.objects.latest("id")
    assert (whole.accepted, whole.refused) == (1, {"already_imported": 2})


def test_a_table_claimed_twice_would_be_reported(
    clock: Clock, make_file: MakeFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Check, "violations", lambda _: [(1, 2, 3, "19:00")])
    with pytest.raises(CommandError, match="given away twice"):
        run(make_file("584,2017-01-01 10:00,2017-01-02 20:00,2"))


@pytest.mark.skipif(not REAL.exists(), reason="the file of real reservations is not here")
def test_the_real_file_begins_well(clock: Clock) -> None:
    out = run(REAL, "--limit", "300")
    run_row = ImportRun.objects.get()
    assert (run_row.next_row, run_row.accepted) == (300, 300)
    assert "26,431 rows, 200 restaurants" in out
    assert Restaurant.objects.count() == 200
    assert TableClaim.objects.filter(released_at=None).count() >= 300
    assert broken(ALWAYS) == {}
