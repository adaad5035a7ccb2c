"""What a guest says about a visit, and which link brought them: typed values, checked once."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import models
from django.utils.translation import get_supported_language_variant, gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from core.allergens import Allergen
from core.errors import Invalid

MOST_HIGH_CHAIRS = 6
LONGEST_NAME = 120
LONGEST_NOTE = 200
LONGEST_TAG = 100


class Occasion(models.TextChoices):
    """Why a party goes out."""

    BIRTHDAY = "birthday", _("Birthday")
    ANNIVERSARY = "anniversary", _("Anniversary")
    DATE = "date", pgettext_lazy("occasion", "Date")
    FAMILY = "family", _("Family celebration")
    FRIENDS = "friends", _("Evening with friends")
    BUSINESS = "business", _("Business meal")
    OTHER = "other", _("Something else to celebrate")


@dataclass(frozen=True, slots=True)
class Details:
    """What the house should know about a visit. Columns of the same names keep it."""

    special_requests: str = ""
    occasion: str = ""
    """A value of :class:`Occasion`, or empty."""
    allergens: tuple[str, ...] = ()
    """Values of :class:`~core.allergens.Allergen`."""
    allergy_note: str = ""
    """What the fourteen codes do not say."""
    high_chairs: int = 0
    accessibility_needs: str = ""
    """In words. A step-free table is asked for when the hold is placed (``HoldRequest``)."""
    marketing_consent: bool = False
    """The guest ticked the box of the restaurant group's offers, for this booking."""
    language: str = ""
    """Language code of messages; empty is the restaurant's own."""
    diner_name: str = ""
    """Who comes, when somebody else booked; empty is whoever booked."""
    diner_email: str = ""
    diner_phone: str = ""
    """E.164. Neither of the two is written to: the booking is in the hands of whoever made it."""
    by_sms: bool = False
    """Whoever booked would rather have texts than mails, where the house sends texts."""

    def columns(self) -> dict[str, Any]:
        """As the columns of a hold or a reservation take it."""
        values = {field.name: getattr(self, field.name) for field in fields(Details)}
        return values | {"allergens": list(self.allergens)}

    def allergies(self) -> list[str]:
        """Codes first, then each thing the guest named in words."""
        named = (part.strip() for part in re.split(r"[,;\n]", self.allergy_note))
        return [*self.allergens, *(part for part in named if part)]

    def own_allergies(self) -> list[str]:
        """Those of whoever booked; a diner's are no business of somebody else's record."""
        return [] if self.diner_name else self.allergies()

    def says_who(self) -> bool:
        """Whether something in here belongs to who booked, not to this one visit."""
        return bool(self.own_allergies() or self.marketing_consent)

    def problems(self) -> dict[str, str]:
        """What is wrong, by field, in sentences; empty when nothing is."""
        found: dict[str, str] = {}
        if self.occasion and self.occasion not in Occasion.values:
            found["occasion"] = gettext("Please choose an occasion from the list.")
        if not set(self.allergens) <= set(Allergen.values):
            found["allergens"] = gettext("Please choose allergens from the list.")
        if not 0 <= self.high_chairs <= MOST_HIGH_CHAIRS:
            most = {"most": MOST_HIGH_CHAIRS}
            found["high_chairs"] = gettext("Up to %(most)s high chairs can be booked.") % most
        if (self.diner_email or self.diner_phone) and not self.diner_name:
            found["diner_name"] = gettext("Please enter the name of the guest you are booking for.")
        if len(self.diner_name) > LONGEST_NAME:
            found["diner_name"] = _too_long(LONGEST_NAME)
        for name in ("allergy_note", "accessibility_needs"):
            if len(getattr(self, name)) > LONGEST_NOTE:
                found[name] = _too_long(LONGEST_NOTE)
        return found

    def check(self) -> None:
        """Raise Invalid with a sentence per field unless all is well."""
        if found := self.problems():
            raise Invalid(**found)


def _too_long(most: int) -> str:
    return gettext("Please use at most %(most)s characters.") % {"most": most}


def language_of(code: str, otherwise: str) -> str:
    """The language Couvert speaks that is nearest to ``code`` (``fr-CA`` → ``fr``)."""
    try:
        return get_supported_language_variant(code) if code else otherwise
    except LookupError:
        return otherwise or settings.LANGUAGE_CODE


@dataclass(frozen=True, slots=True)
class Origin:
    """Which advertisement or page brought the guest. Make one with :meth:`of`, which cleans."""

    utm_source: str = ""
    utm_medium: str = ""
    utm_campaign: str = ""
    referrer: str = ""
    """The host of the page before, such as ``www.example.com``; never its path."""

    @classmethod
    def of(
        cls, *, utm_source: str = "", utm_medium: str = "", utm_campaign: str = "", referrer: str
    ) -> Origin:
        """What may be kept of a link's parameters and of the ``Referer`` header (an address).

        Never raises, for it must not cost a booking: what is too long, is an address or looks
        like an e-mail address or a telephone number is left out.
        """
        return cls(_tag(utm_source), _tag(utm_medium), _tag(utm_campaign), _host(referrer))

    def columns(self) -> dict[str, str]:
        """As the columns of a hold or a reservation take it."""
        return {field.name: getattr(self, field.name) for field in fields(Origin)}


_TAG = re.compile(rf"[\w .:|~+()-]{{1,{LONGEST_TAG}}}")
_PHONE = re.compile(r"\+[\d ().-]{6,}")
_HOST = re.compile(rf"(?=.{{1,{LONGEST_TAG}}}$)[a-z0-9-]+(\.[a-z0-9-]+)+")


def _tag(text: str) -> str:
    text = " ".join(text.split())
    return text if _TAG.fullmatch(text) and not _PHONE.search(text) else ""


def _host(address: str) -> str:
    try:
        host = (urlsplit(address).hostname or "").lower()
    except ValueError:
        return ""
    return host if _HOST.fullmatch(host) else ""


@dataclass(frozen=True, slots=True)
class ChosenOffer:
    """An offer that is booked with a table: its name and price stay as they were told."""

    offer_id: int | None = None
    """None without one, and when the house has deleted it since."""
    offer_name: str = ""
    offer_price: Decimal | None = None
    """In the restaurant's currency; None is not told."""
    offer_per_person: bool = True

    @property
    def wanted_id(self) -> int | None:
        """What to ask the engine for: a deleted offer is an unknown one, which is over."""
        return 0 if self.offer_name and self.offer_id is None else self.offer_id

    def columns(self) -> dict[str, Any]:
        """As the columns of a hold or a reservation take it."""
        return {field.name: getattr(self, field.name) for field in fields(ChosenOffer)}

    def total(self, party_size: int) -> Decimal | None:
        """What it comes to for a party; None when no price was told."""
        if self.offer_price is None:
            return None
        return self.offer_price * party_size if self.offer_per_person else self.offer_price


NO_DETAILS = Details()
NO_ORIGIN = Origin()
NO_OFFER = ChosenOffer()

DETAIL_COLUMNS = tuple(field.name for field in fields(Details))
ORIGIN_COLUMNS = tuple(field.name for field in fields(Origin))
OFFER_COLUMNS = tuple(field.name for field in fields(ChosenOffer))


def details_from(row: tuple[Any, ...]) -> Details:
    """The values of :data:`DETAIL_COLUMNS` as a statement returned them."""
    values = dict(zip(DETAIL_COLUMNS, row, strict=True))
    return Details(**values | {"allergens": tuple(values["allergens"])})
