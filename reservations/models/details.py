"""The columns that holds and reservations share: what the guest said, and where they came from."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q, Value

from core.allergens import Allergen
from reservations.details import (
    LONGEST_NAME,
    LONGEST_NOTE,
    LONGEST_TAG,
    MOST_HIGH_CHAIRS,
    Occasion,
)
from restaurants.models import Offer

_CODE = 14
"""Characters of the longest allergen's code, and a few more."""


def _tag(help_text: str = "") -> models.CharField[str, str]:
    return models.CharField(
        max_length=LONGEST_TAG, default="", db_default="", blank=True, help_text=help_text
    )


class VisitDetails(models.Model):
    """See :class:`reservations.details.Details` and ``Origin``. Defaults stand in the database."""

    special_requests = models.TextField(blank=True)
    occasion = models.CharField(
        max_length=20, choices=Occasion.choices, default="", db_default="", blank=True
    )
    allergens = ArrayField(
        models.CharField(max_length=_CODE, choices=Allergen.choices),
        default=list,
        db_default=Value("{}"),
        blank=True,
    )
    allergy_note = models.CharField(max_length=LONGEST_NOTE, default="", db_default="", blank=True)
    high_chairs = models.PositiveSmallIntegerField(default=0, db_default=0)
    accessibility_needs = models.CharField(
        max_length=LONGEST_NOTE, default="", db_default="", blank=True
    )
    step_free = models.BooleanField(
        default=False, db_default=False, help_text="Only tables without steps; kept by changes."
    )
    marketing_consent = models.BooleanField(
        default=False, db_default=False, help_text="The box was ticked with this booking."
    )
    language = models.CharField(
        max_length=10, default="", db_default="", blank=True, help_text="Of messages to the guest"
    )
    by_sms = models.BooleanField(
        default=False, db_default=False, help_text="Would rather have texts than e-mails."
    )
    diner_name = models.CharField(
        "who comes",
        max_length=LONGEST_NAME,
        default="",
        db_default="",
        blank=True,
        help_text="When somebody else booked; empty is whoever booked.",
    )
    diner_email = models.EmailField(
        "their e-mail", max_length=254, default="", db_default="", blank=True
    )
    diner_phone = models.CharField(
        "their telephone", max_length=20, default="", db_default="", blank=True
    )
    offer = models.ForeignKey(
        Offer,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
    )
    offer_name = models.CharField(
        max_length=80, default="", db_default="", blank=True, help_text="As told when booking"
    )
    offer_price = models.DecimalField(
        max_digits=9, decimal_places=3, null=True, blank=True, help_text="As told when booking"
    )
    offer_per_person = models.BooleanField(default=True, db_default=True)
    utm_source = _tag()
    utm_medium = _tag()
    utm_campaign = _tag()
    referrer = _tag("Host of the page the guest came from")

    class Meta:
        abstract = True


def visit_constraints(prefix: str) -> list[models.CheckConstraint]:
    """The rules of these columns, for a table whose constraints begin with ``prefix``."""
    free_of_addresses = Q(referrer__regex=r"^[a-z0-9.-]*$")
    for name in ("utm_source", "utm_medium", "utm_campaign"):
        free_of_addresses &= Q(**{f"{name}__regex": r"^[^@/]*$"})
    return [
        models.CheckConstraint(
            condition=Q(occasion__in=["", *Occasion.values]), name=f"{prefix}_occasion"
        ),
        models.CheckConstraint(
            condition=Q(allergens__contained_by=Allergen.values), name=f"{prefix}_allergens"
        ),
        models.CheckConstraint(
            condition=Q(high_chairs__lte=MOST_HIGH_CHAIRS), name=f"{prefix}_high_chairs"
        ),
        models.CheckConstraint(condition=free_of_addresses, name=f"{prefix}_origin"),
        models.CheckConstraint(
            condition=~Q(diner_name="") | Q(diner_email="", diner_phone=""),
            name=f"{prefix}_diner",
        ),
        models.CheckConstraint(
            condition=~Q(offer_name="") | Q(offer=None, offer_price=None),
            name=f"{prefix}_offer",
        ),
    ]
