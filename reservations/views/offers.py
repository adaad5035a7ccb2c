"""Offers that are booked with a table: which can be chosen, and how they are written."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Protocol

from django.utils.translation import gettext as _

from reservations.details import ChosenOffer
from reservations.engine.types import BookableOffer, Plan
from reservations.views.wishes import Wish
from reservations.views.wording import price


class Priced(Protocol):
    """Whatever has a price for a guest or for a party."""

    @property
    def price(self) -> Decimal | None:
        """None is not told."""

    @property
    def per_person(self) -> bool:
        """Whether the price is for each guest."""


@dataclass(frozen=True, slots=True)
class OfferChoice:
    """One radio button of the search."""

    id: str
    """Empty for no offer."""
    name: str
    price: str
    is_chosen: bool


def offer_choices(plan: Plan, wish: Wish, today: dt.date) -> tuple[OfferChoice, ...]:
    """What a guest may book with the table, no offer first; empty when there is nothing."""
    on = [o for o in plan.bookable_offers if o.valid_until is None or o.valid_until >= today]
    if not on:
        return ()
    none = OfferChoice("", _("No offer"), "", wish.offer_id is None)
    return (
        none,
        *(
            OfferChoice(str(o.id), o.name, price_text(o, plan.currency), o.id == wish.offer_id)
            for o in on
        ),
    )


def price_text(offer: Priced, currency: str) -> str:
    """``€75 a head``, ``€75``, or nothing."""
    text = price(offer.price, currency)
    return _("%(price)s a head") % {"price": text} if text and offer.per_person else text


def wanted_offer(plan: Plan, wish: Wish) -> str:
    """``Menu dégustation, €75 a head``: what the wish asks for; empty without one."""
    offer = plan.bookable_offer(wish.offer_id)
    return "" if offer is None else _line(offer.name, price_text(offer, plan.currency))


def offer_line(offer: ChosenOffer, currency: str) -> str:
    """The same of an offer as it was told when booking; empty for none."""
    if not offer.offer_name:
        return ""
    told = BookableOffer(0, offer.offer_name, offer.offer_price, offer.offer_per_person)
    return _line(told.name, price_text(told, currency))


def offer_total(offer: ChosenOffer, party_size: int, currency: str) -> str:
    """What it comes to for the party; empty when no price was told."""
    return price(offer.total(party_size), currency)


def _line(name: str, text: str) -> str:
    return f"{name}, {text}" if text else name


def without_offer(wish: Wish) -> Wish:
    """The same wish for the table alone."""
    return replace(wish, offer_id=None)
