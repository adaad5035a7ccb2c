"""The Anchor, London: a pub that counts seats, with contract 5's hours and Sunday lunch."""

from __future__ import annotations

from decimal import Decimal

from restaurants.demo.blueprint import (
    EVERY_DAY,
    TUE_TO_SAT,
    HappyHourSpec,
    HoursSpec,
    HouseSpec,
    PolicySpec,
    RoomSpec,
    SeasonSpec,
    ServiceSpec,
    SpecialDaySpec,
    pictures,
)
from restaurants.demo.menus import ANCHOR_MENUS

_SUNDAY = (6,)

ANCHOR = HouseSpec(
    key="anchor",
    is_default=True,
    organization="The Anchor",
    facts={
        "public_id": "anchor",
        "slug": "anchor",
        "is_default": True,
        "name": "The Anchor",
        "description": (
            "A riverside pub with a proper kitchen: pies, fish on Fridays, quiz nights, and a"
            " Sunday roast people cross London for.\n\nThe building was a customs house in 1761."
            " The beer garden looks over the wharf, dogs sleep under the long table, and from"
            " October the fire is lit before the doors open."
        ),
        "cuisine": ["British", "Pub"],
        "price_level": 2,
        "average_spend": Decimal(38),
        "rating": Decimal("4.4"),
        "review_count": 518,
        "images": pictures("anchor", "anchor-roast"),
        "features": ["Riverside", "Beer Garden", "Dog Friendly", "Sunday Roast", "Family Friendly"],
        "address": "12 Horseshoe Wharf",
        "city": "London",
        "postal_code": "SE16 4JX",
        "country": "GB",
        "latitude": 51.5009,
        "longitude": -0.0558,
        "phone": "+442079460018",
        "email": "hello@anchor.test",
        "zone": "Europe/London",
        "currency": "GBP",
        "capacity_mode": "seats",
        "seats": 50,
        "min_party": 1,
        "max_party": 50,
        "window_days": 180,
        "lead_minutes": 30,
        "code_prefix": "TB",
        "accent": "#1f4e79",
    },
    rooms=(
        RoomSpec("main", "Main Restaurant", private_hire=True),
        RoomSpec("private", "Private Dining Room", private_hire=True),
        RoomSpec("garden", "Garden Area", "Heated from October", private_hire=True),
    ),
    tables=(),
    services=(
        ServiceSpec("lunch", "Lunch", TUE_TO_SAT, "12:00", "14:00"),
        ServiceSpec("dinner", "Dinner", TUE_TO_SAT, "17:00", "20:30"),
        ServiceSpec(
            "sunday",
            "Sunday lunch",
            _SUNDAY,
            "12:00",
            "14:00",
            rules={"requires_prepayment": True},
            turns=((20, 150),),
        ),
    ),
    turns=((20, 120),),
    hours=(
        HoursSpec(EVERY_DAY, "09:00", "22:00"),
        HoursSpec(TUE_TO_SAT, "12:00", "14:30", part="kitchen"),
        HoursSpec(TUE_TO_SAT, "17:00", "21:00", part="kitchen"),
        HoursSpec(_SUNDAY, "12:00", "17:00", part="kitchen"),
    ),
    special_days=(
        SpecialDaySpec(12, 24, "Christmas Eve", opens="10:00", closes="18:00"),
        SpecialDaySpec(12, 25, "Christmas Day", is_closed=True),
        SpecialDaySpec(12, 26, "Boxing Day", is_closed=True),
        SpecialDaySpec(
            12, 31, "New Year’s Eve", opens="10:00", closes="01:00", kitchen=("12:00", "20:00")
        ),
    ),
    happy_hours=(HappyHourSpec((4,), "17:00", "19:00"),),
    seasons=(SeasonSpec("Summer hours", (6, 8), "Garden open until 23:00"),),
    menus=ANCHOR_MENUS,
    policies=(PolicySpec("Sunday lunch deposit", Decimal(5), service="sunday"),),
)
