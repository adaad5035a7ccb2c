"""Bella Notte, New York: contract 2's example. Ten tables, half-hour slots, $25 a head."""

from __future__ import annotations

from decimal import Decimal

from restaurants.demo.blueprint import (
    EVERY_DAY,
    CombinationSpec,
    HoursSpec,
    HouseSpec,
    PolicySpec,
    RoomSpec,
    ServiceSpec,
    TableSpec,
    pictures,
)
from restaurants.demo.menus import BELLA_NOTTE_MENUS

# Every table takes a party of two: contract 2 counts ten tables for one.
_TABLES = (
    TableSpec("1", "dining", 2, (60, 60), shape="round"),
    TableSpec("2", "dining", 2, (180, 60), shape="round"),
    TableSpec("3", "dining", 2, (300, 60), shape="round"),
    TableSpec("4", "dining", 2, (420, 60), shape="round"),
    TableSpec("5", "dining", 4, (60, 220), step_free=True),
    TableSpec("6", "dining", 4, (180, 220), step_free=True),
    TableSpec("7", "dining", 4, (300, 220), step_free=True),
    TableSpec("8", "dining", 4, (420, 220), step_free=True),
    TableSpec("9", "dining", 6, (80, 380), shape="long", size=(160, 80), step_free=True),
    TableSpec("10", "dining", 6, (320, 380), shape="long", size=(160, 80), step_free=True),
)

_COMBINATIONS = (
    CombinationSpec(("1", "2"), 3, 4),
    CombinationSpec(("3", "4"), 3, 4),
    CombinationSpec(("5", "6"), 5, 8),
    CombinationSpec(("7", "8"), 5, 8),
    CombinationSpec(("9", "10"), 7, 12),
    CombinationSpec(("5", "6", "7"), 9, 12),
)

BELLA_NOTTE = HouseSpec(
    key="bella",
    organization="Bella Notte Hospitality",
    facts={
        "public_id": "rest_001",
        "slug": "bella-notte",
        "name": "Bella Notte",
        "description": (
            "Authentic Italian cuisine on Greenwich Avenue: fresh pasta rolled every morning,"
            " fish from the Fulton market, and a wine list that starts in Piedmont.\n\nLucia and"
            " Marco Ferri opened with six tables and their grandmother’s rolling pin. There are"
            " ten tables now. The rolling pin is the same."
        ),
        "cuisine": ["Italian", "Mediterranean"],
        "price_level": 2,
        "average_spend": Decimal(55),
        "rating": Decimal("4.7"),
        "review_count": 342,
        "images": pictures("bella-notte", "bella-notte-pasta"),
        "features": ["Outdoor Seating", "Wine Bar", "Romantic"],
        "address": "234 Greenwich Ave",
        "city": "New York",
        "state": "NY",
        "postal_code": "10011",
        "country": "US",
        "latitude": 40.7359,
        "longitude": -74.0014,
        "phone": "+12125550142",
        "email": "hello@bella-notte.test",
        "zone": "America/New_York",
        "currency": "USD",
        "min_party": 2,
        "max_party": 12,
        "window_days": 365,
        "accent": "#8c2f39",
    },
    rooms=(RoomSpec("dining", "Dining room", "Candlelight and a view of the avenue"),),
    tables=_TABLES,
    combinations=_COMBINATIONS,
    services=(ServiceSpec("day", "All day", EVERY_DAY, "11:00", "22:00"),),
    hours=(HoursSpec(EVERY_DAY, "11:00", "00:00"),),
    policies=(PolicySpec("Deposit", Decimal(25)),),
    menus=BELLA_NOTTE_MENUS,
)
