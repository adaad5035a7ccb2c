"""What a house offers and cooks, with prices as they are written where it stands."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import groupby

from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

from core.allergens import Allergen
from reservations.views.offers import price_text
from reservations.views.wishes import Wish, search_page
from reservations.views.wording import day, price
from restaurants.models import Diet, Menu, MenuItem, Offer, Restaurant
from restaurants.selectors import current_offers, menus_of

_MARKS = {
    Diet.VEGETARIAN: pgettext_lazy("letters of a diet", "V"),
    Diet.VEGAN: pgettext_lazy("letters of a diet", "VG"),
    Diet.GLUTEN_FREE: pgettext_lazy("letters of a diet", "GF"),
    Diet.DAIRY_FREE: pgettext_lazy("letters of a diet", "DF"),
    Diet.HALAL: pgettext_lazy("letters of a diet", "H"),
    Diet.KOSHER: pgettext_lazy("letters of a diet", "K"),
}


@dataclass(frozen=True, slots=True)
class Mark:
    """A diet as a card has it: two letters, and what they stand for."""

    letters: str
    name: str


@dataclass(frozen=True, slots=True)
class DishLine:
    """One dish."""

    name: str
    description: str
    price: str
    diets: tuple[Mark, ...]
    allergens: str


@dataclass(frozen=True, slots=True)
class Section:
    """Dishes that stand together."""

    name: str
    dishes: tuple[DishLine, ...]


@dataclass(frozen=True, slots=True)
class MenuPage:
    """One menu."""

    name: str
    description: str
    sections: tuple[Section, ...]


@dataclass(frozen=True, slots=True)
class OfferLine:
    """A promotion or a set menu."""

    name: str
    description: str
    price: str
    services: str
    when: str
    """Its first or last date, if it has one."""
    book_url: str
    """Where it is booked; empty for what cannot be chosen."""


@dataclass(frozen=True, slots=True)
class Carte:
    """Everything a guest may want to read before booking."""

    offers: tuple[OfferLine, ...]
    menus: tuple[MenuPage, ...]
    marks: tuple[Mark, ...]
    """The diets that occur, for the key below."""


def carte_of(restaurant: Restaurant, today: dt.date, wish: Wish) -> Carte:
    """Offers and menus of a house. Four queries, whatever their number.

    ``wish`` is what the page shows times for: an offer is booked for the same party and day.
    """
    menus = menus_of(restaurant)
    named = {diet for menu in menus for item in menu.items.all() for diet in item.dietary}
    return Carte(
        offers=tuple(
            _offer(offer, restaurant, today, wish) for offer in current_offers(restaurant, today)
        ),
        menus=tuple(_menu(menu, restaurant.currency) for menu in menus),
        marks=tuple(mark for diet, mark in _marks().items() if diet in named),
    )


def _offer(offer: Offer, restaurant: Restaurant, today: dt.date, wish: Wish) -> OfferLine:
    services = ", ".join(service.name for service in offer.services.all())
    return OfferLine(
        offer.name,
        offer.description,
        price_text(offer, restaurant.currency),
        services,
        _when(offer, today),
        _book_url(offer, restaurant, today, wish) if offer.is_bookable else "",
    )


def _when(offer: Offer, today: dt.date) -> str:
    if offer.valid_from and offer.valid_from > today:
        return _("From %s") % day(offer.valid_from)
    return _("Until %s") % day(offer.valid_until) if offer.valid_until else ""


def _book_url(offer: Offer, restaurant: Restaurant, today: dt.date, wish: Wish) -> str:
    """The times it is served at: on the date asked for, if it is one of its own."""
    first, last = offer.valid_from or today, offer.valid_until or dt.date.max
    date = wish.date if wish.date and first <= wish.date <= last else None
    if date is None and first > today:
        date = first
    like = replace(wish, offer_id=offer.pk)
    return search_page(restaurant.slug, party=wish.party, date=date, time=wish.choice, like=like)


def _menu(menu: Menu, currency: str) -> MenuPage:
    dishes = [item for item in menu.items.all() if item.is_available]
    return MenuPage(menu.name, menu.description, tuple(_sections(dishes, currency)))


def _sections(dishes: Iterable[MenuItem], currency: str) -> Iterable[Section]:
    for name, group in groupby(dishes, key=lambda dish: dish.section):
        yield Section(name, tuple(_dish(dish, currency) for dish in group))


def _dish(dish: MenuItem, currency: str) -> DishLine:
    marks = _marks()
    names = dict(Allergen.choices)
    return DishLine(
        dish.name,
        dish.description,
        price(dish.price, currency),
        tuple(marks[diet] for diet in dish.dietary if diet in marks),
        ", ".join(str(names[code]) for code in dish.allergens if code in names),
    )


def _marks() -> dict[str, Mark]:
    return {diet.value: Mark(str(letters), str(diet.label)) for diet, letters in _MARKS.items()}
