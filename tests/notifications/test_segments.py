from __future__ import annotations

import pytest

from notifications.segments import economical, measure


@pytest.mark.parametrize(
    ("text", "encoding", "units", "segments"),
    [
        ("", "gsm7", 0, 0),
        ("a" * 160, "gsm7", 160, 1),
        ("a" * 161, "gsm7", 161, 2),
        ("a" * 306, "gsm7", 306, 2),
        ("a" * 307, "gsm7", 307, 3),
        ("é" * 160, "gsm7", 160, 1),
        ("€" * 80, "gsm7", 160, 1),
        ("€" * 81, "gsm7", 162, 2),
        # A sign of two units is not parted: each part stays one short.
        ("€" * 153, "gsm7", 306, 3),
        ("ê" * 70, "ucs2", 70, 1),
        ("ê" * 71, "ucs2", 71, 2),
        ("ê" * 134, "ucs2", 134, 2),
        ("ê" * 135, "ucs2", 135, 3),
        ("😀" * 35, "ucs2", 70, 1),
        ("😀" * 36, "ucs2", 72, 2),
        ("😀" * 67, "ucs2", 134, 3),
        ("ç", "ucs2", 1, 1),
        ("Ç", "gsm7", 1, 1),
        ("`", "ucs2", 1, 1),
    ],
)
def test_a_text_is_counted_as_networks_count(
    text: str, encoding: str, units: int, segments: int
) -> None:
    found = measure(text)
    assert (found.encoding, found.units, found.segments) == (encoding, units, segments)


def test_typography_does_not_cost_half_of_a_text() -> None:
    said = economical("L’été «\u00a0doux\u00a0» – à 19\u202fh… œuf", 2)
    assert said == 'L\'été " doux " - à 19 h... oeuf'
    assert measure(said).encoding == "gsm7"


def test_accents_stay_where_there_is_room_and_go_where_they_would_cost_a_part() -> None:
    assert economical("Le Chêne", 2) == "Le Chêne"
    long = economical("Le Chêne, reçu à bientôt. " + "x" * 120, 2)
    assert long.startswith("Le Chene, recu à bientot. ")
    assert measure(long).segments == 1


def test_a_script_without_a_form_of_its_own_stays() -> None:
    assert economical("東京 " + "x" * 140, 2).startswith("東京 ")
