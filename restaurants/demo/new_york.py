"""Six more houses around Greenwich Village, so that discovery has something to choose from."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from restaurants.demo.blueprint import (
    EVERY_DAY,
    CombinationSpec,
    HoursSpec,
    HouseSpec,
    RoomSpec,
    ServiceSpec,
    TableSpec,
    pictures,
)

_OPEN = {"opens": "17:00", "first": "17:00", "last": "21:30", "closes": "23:30"}


def _house(key: str, name: str, description: str, **facts: Any) -> HouseSpec:
    """A small house with six tables and a dinner every day."""
    slug = name.lower().replace(" & ", "-and-").replace(" ", "-")
    sizes = (2, 2, 2, 4, 4, 6)
    return HouseSpec(
        key=key,
        organization="Village Tables",
        facts={
            "public_id": f"rest_{key}",
            "slug": slug,
            "name": name,
            "description": description,
            "images": pictures(slug),
            "city": "New York",
            "state": "NY",
            "country": "US",
            "zone": "America/New_York",
            "currency": "USD",
            "email": f"hello@{slug}.test",
            "max_party": 8,
            **facts,
        },
        rooms=(RoomSpec("dining", "Dining room"),),
        tables=tuple(
            TableSpec(str(number), "dining", seats, (60.0 + 120 * number, 60.0))
            for number, seats in enumerate(sizes, start=1)
        ),
        combinations=(CombinationSpec(("4", "5"), 7, 8),),
        services=(ServiceSpec("dinner", "Dinner", EVERY_DAY, _OPEN["first"], _OPEN["last"]),),
        hours=(HoursSpec(EVERY_DAY, _OPEN["opens"], _OPEN["closes"]),),
    )


NEW_YORK = (
    _house(
        "sakura",
        "Sakura Lane",
        "Twelve courses of nigiri at a counter of hinoki wood, and small plates at the tables.",
        cuisine=["Japanese", "Sushi"],
        price_level=4,
        rating=Decimal("4.8"),
        review_count=156,
        features=["Counter Seating", "Quiet", "Tasting Menu"],
        address="31 Cornelia St",
        postal_code="10014",
        latitude=40.7312,
        longitude=-74.0021,
        phone="+12125550161",
        accent="#9c3d54",
    ),
    _house(
        "chaat",
        "Chaat Corner",
        "Street food of Delhi and Mumbai, thalis, and lassi by the jug.",
        cuisine=["Indian", "Vegetarian"],
        price_level=1,
        rating=Decimal("4.3"),
        review_count=612,
        features=["Casual", "Vegetarian Friendly", "Family Friendly"],
        address="98 Bleecker St",
        postal_code="10012",
        latitude=40.7269,
        longitude=-73.9965,
        phone="+12125550162",
        accent="#b35c00",
    ),
    _house(
        "lion",
        "Petit Lion",
        "A corner bistro with zinc counter, steak frites and a chalkboard of Beaujolais.",
        cuisine=["French", "Bistro"],
        price_level=3,
        rating=Decimal("4.5"),
        review_count=288,
        features=["Wine Bar", "Romantic", "Outdoor Seating"],
        address="210 W 10th St",
        postal_code="10014",
        latitude=40.7347,
        longitude=-74.0035,
        phone="+12125550163",
        accent="#5a3e85",
    ),
    _house(
        "azul",
        "Casa Azul",
        "Tacos al pastor, mole from Oaxaca and a hundred kinds of mezcal.",
        cuisine=["Mexican"],
        price_level=2,
        rating=Decimal("4.4"),
        review_count=431,
        features=["Lively", "Cocktail Bar", "Outdoor Seating"],
        address="145 Avenue A",
        postal_code="10009",
        latitude=40.7269,
        longitude=-73.9831,
        phone="+12125550164",
        accent="#1565a8",
    ),
    _house(
        "fork",
        "Green Fork",
        "Vegetables first: a wood oven, grains, and a garden on the roof.",
        cuisine=["Vegetarian", "Mediterranean"],
        price_level=2,
        rating=Decimal("4.2"),
        review_count=94,
        features=["Vegan Options", "Rooftop", "Family Friendly"],
        address="402 W 23rd St",
        postal_code="10011",
        latitude=40.7475,
        longitude=-74.0018,
        phone="+12125550165",
        accent="#3f6b2a",
    ),
    _house(
        "harbor",
        "Harbor & Oak",
        "Dry-aged beef over oak coals, oysters on ice, booths made for long evenings.",
        cuisine=["Steakhouse", "American"],
        price_level=4,
        rating=Decimal("4.6"),
        review_count=377,
        features=["Private Dining", "Cocktail Bar", "Quiet"],
        address="15 Stone St",
        postal_code="10004",
        latitude=40.7043,
        longitude=-74.0111,
        phone="+12125550166",
        accent="#7a4a24",
    ),
)
