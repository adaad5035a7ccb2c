"""Maison Allo, Paris: three rooms, every kind of table, pacing, a service past midnight."""

from __future__ import annotations

from decimal import Decimal

from restaurants.demo.blueprint import (
    EVERY_DAY,
    MON_TO_SAT,
    CombinationSpec,
    HoursSpec,
    HouseSpec,
    OfferSpec,
    PolicySpec,
    RoomSpec,
    ServiceSpec,
    SpecialDaySpec,
    TableSpec,
    pictures,
)
from restaurants.demo.menus import MAISON_MENUS

_LATE_NIGHTS = (4, 5)
_OTHER_NIGHTS = (0, 1, 2, 3, 6)

_TABLES = (
    TableSpec("1", "salle", 2, (60, 60), shape="round"),
    TableSpec("2", "salle", 2, (180, 60), shape="round"),
    TableSpec("3", "salle", 2, (300, 60), shape="round"),
    TableSpec("4", "salle", 4, (60, 200), least=2),
    TableSpec("5", "salle", 4, (180, 200), least=2),
    TableSpec("6", "salle", 4, (300, 200), least=2),
    TableSpec("7", "salle", 6, (80, 340), least=3, shape="long", size=(160, 80)),
    TableSpec(
        "8", "salle", 8, (320, 340), least=5, access="in_house", shape="round", size=(140, 140)
    ),
    TableSpec("11", "bar", 2, (60, 60), shape="counter", size=(120, 50)),
    TableSpec("12", "bar", 2, (200, 60), shape="counter", size=(120, 50)),
    TableSpec("13", "bar", 2, (340, 60), access="walk_in", shape="counter", size=(120, 50)),
    TableSpec("14", "bar", 2, (480, 60), access="walk_in", shape="counter", size=(120, 50)),
    TableSpec("21", "terrasse", 2, (60, 60), step_free=True, priority=1),
    TableSpec("22", "terrasse", 2, (180, 60), step_free=True, priority=1),
    TableSpec("23", "terrasse", 4, (60, 200), least=2, step_free=True),
    TableSpec("24", "terrasse", 4, (180, 200), least=2, step_free=True),
    TableSpec("25", "terrasse", 4, (300, 200), least=2, step_free=True),
    TableSpec("26", "terrasse", 6, (80, 340), least=3, access="in_house", step_free=True),
)

_COMBINATIONS = (
    CombinationSpec(("1", "2"), 3, 4),
    CombinationSpec(("4", "5"), 5, 8),
    CombinationSpec(("5", "6"), 5, 8),
    CombinationSpec(("4", "5", "6"), 9, 12),
    CombinationSpec(("23", "24"), 5, 8),
    CombinationSpec(("24", "25"), 5, 8),
    CombinationSpec(("7", "8"), 9, 14),
)

_PACING = {
    "slot_minutes": 15,
    "slot_covers": 16,
    "slot_parties": 6,
    "online_slot_covers": 12,
    "online_slot_parties": 4,
}

MAISON = HouseSpec(
    key="maison",
    organization="Maison Allo",
    facts={
        "public_id": "maison",
        "slug": "maison",
        "name": "Maison Allo",
        "description": (
            "Une cuisine de saison au cœur du Marais\xa0: une carte courte qui change chaque"
            " semaine, une terrasse sous les tilleuls et un souper tardif le vendredi et le"
            " samedi.\n\nLa cheffe Inès Allo est au marché des Enfants-Rouges avant huit heures et"
            " sa carte est écrite à dix. La cave est petite, française et surtout nature."
        ),
        "language": "fr",
        "cuisine": ["French", "Bistro"],
        "price_level": 3,
        "average_spend": Decimal(72),
        "rating": Decimal("4.6"),
        "review_count": 207,
        "images": pictures("maison-allo", "maison-allo-terrasse"),
        "features": ["Terrace", "Step-free", "Natural Wine", "Romantic", "Late Supper"],
        "address": "18 rue des Tilleuls",
        "city": "Paris",
        "postal_code": "75003",
        "country": "FR",
        "latitude": 48.8606,
        "longitude": 2.3622,
        "phone": "+33199004712",
        "email": "bonjour@maison-allo.test",
        "zone": "Europe/Paris",
        "currency": "EUR",
        "min_party": 1,
        "max_party": 12,
        "window_days": 90,
        "lead_minutes": 60,
        "buffer_minutes": 10,
        "max_spare_seats": 3,
        "code_prefix": "MA",
        "accent": "#0f5c55",
    },
    rooms=(
        RoomSpec("salle", "Salle", "La salle, côté cuisine ouverte"),
        RoomSpec("bar", "Bar", "Tabourets hauts, assiettes rapides"),
        RoomSpec("terrasse", "Terrasse", "Sous les tilleuls, accessible de plain-pied"),
    ),
    tables=_TABLES,
    combinations=_COMBINATIONS,
    services=(
        ServiceSpec(
            "lunch", "Déjeuner", MON_TO_SAT, "12:00", "14:00", rules=_PACING | {"max_covers": 60}
        ),
        ServiceSpec(
            "dinner", "Dîner", EVERY_DAY, "19:00", "22:00", rules=_PACING | {"max_covers": 90}
        ),
        ServiceSpec(
            "late",
            "Souper",
            _LATE_NIGHTS,
            "22:30",
            "00:30",
            rules={"slot_minutes": 30, "slot_covers": 12, "online_slot_covers": 8, "max_party": 6},
            turns=((6, 90),),
            rooms=("salle", "bar"),
        ),
    ),
    turns=((2, 90), (4, 120), (14, 150)),
    hours=(
        HoursSpec(MON_TO_SAT, "12:00", "15:00"),
        HoursSpec(_OTHER_NIGHTS, "19:00", "00:00"),
        HoursSpec(_LATE_NIGHTS, "19:00", "02:00"),
    ),
    special_days=(
        SpecialDaySpec(12, 24, "Réveillon", opens="19:00", closes="01:00"),
        SpecialDaySpec(12, 25, "Fermé pour Noël", is_closed=True),
    ),
    offers=(
        OfferSpec(
            "degustation",
            "Menu dégustation",
            "Sept plats, choisis le matin même au marché.",
            Decimal(75),
            ("dinner",),
        ),
        OfferSpec(
            "formule",
            "Formule du midi",
            "Entrée et plat, ou plat et dessert.",
            Decimal(24),
            ("lunch",),
        ),
    ),
    menus=MAISON_MENUS,
    policies=(PolicySpec("Groups of six and more", Decimal(15), min_party=6),),
)
