"""Guests of a restaurant group."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import Q, Value
from django.db.models.functions import Reverse

from accounts.models import Organization, User
from core.ids import PublicIdField

DAY_OF_THE_YEAR = r"^(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$"


def _day_of_the_year(help_text: str) -> models.CharField[str, str]:
    return models.CharField(
        max_length=5, default="", db_default="", blank=True, help_text=help_text
    )


class Customer(models.Model):
    """One guest of one restaurant group, with or without an account."""

    public_id = PublicIdField("cust")
    organization = models.ForeignKey(
        Organization,
        on_delete=models.PROTECT,
        related_name="customers",
        db_index=False,  # the indexes below begin with it
    )
    user = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, blank=True, related_name="customers"
    )
    name = models.CharField(max_length=120)
    family_name = models.CharField(
        max_length=60,
        blank=True,
        default="",
        db_default="",
        help_text="The end of the name that is the family's, where a guest gave it apart.",
    )
    email = models.EmailField(max_length=254, blank=True)
    phone = models.CharField(max_length=20, blank=True, help_text="E.164, such as +12125550123")
    allergies = ArrayField(
        models.CharField(max_length=200),
        default=list,
        blank=True,
        help_text="Codes of allergens, and what the guest wrote in words.",
    )
    tags = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    notes = models.TextField(
        blank=True,
        help_text="One remark, as programs keep it. What people write are notes of their own.",
    )
    is_vip = models.BooleanField(default=False, db_default=False)
    birthday = _day_of_the_year("Month and day, 11-28; nobody needs the year.")
    anniversary = _day_of_the_year("Month and day, 06-14.")
    dietary = ArrayField(
        models.CharField(max_length=60),
        default=list,
        db_default=Value("{}"),
        blank=True,
        help_text="What the guest eats or does not: vegetarian, halal.",
    )
    language = models.CharField(
        max_length=10,
        default="",
        db_default="",
        blank=True,
        help_text="The guest likes to be spoken to in; empty is not known.",
    )
    favourite_tables = ArrayField(
        models.CharField(max_length=40),
        default=list,
        db_default=Value("{}"),
        blank=True,
        help_text="Public ids of tables in any house of the group.",
    )
    marketing_consent_at = models.DateTimeField(
        null=True, blank=True, help_text="When the guest agreed to offers; empty means never."
    )
    sms_consent_at = models.DateTimeField(
        null=True, blank=True, help_text="When the guest agreed to offers by SMS."
    )
    merged_into = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="merged",
        help_text="The same guest's record that counts; this one keeps their other address.",
    )
    erased_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="Nothing personal is left since then."
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(fields=["organization", "user"], name="customer_account_once"),
            models.CheckConstraint(
                condition=Q(phone="") | Q(phone__startswith="+"),
                name="customer_phone_e164",
            ),
            models.CheckConstraint(
                condition=Q(erased_at=None) | Q(email="", phone="", user=None),
                name="customer_erased_is_blank",
            ),
            models.CheckConstraint(
                condition=Q(merged_into=None) | ~Q(merged_into=models.F("id")) & Q(user=None),
                name="customer_merged_has_no_account",
            ),
            models.CheckConstraint(
                condition=Q(birthday="") | Q(birthday__regex=DAY_OF_THE_YEAR),
                name="customer_birthday",
            ),
            models.CheckConstraint(
                condition=Q(anniversary="") | Q(anniversary__regex=DAY_OF_THE_YEAR),
                name="customer_anniversary",
            ),
        ]
        indexes = [
            # Without the many who gave none: nobody is looked for by an empty number.
            models.Index(
                fields=["organization", "phone"],
                condition=~Q(phone=""),
                name="customer_by_phone",
            ),
            models.Index(
                fields=["organization", "email"],
                condition=~Q(email=""),
                name="customer_by_email",
            ),
            # For the beginning of a number or address, and the end of a number. A name's words
            # have an index of their own (migration 0004), on customers_words(name).
            models.Index(
                "organization",
                OpClass("phone", "varchar_pattern_ops"),
                condition=~Q(phone=""),
                name="customer_phone_begins",
            ),
            models.Index(
                "organization",
                OpClass(Reverse("phone"), "text_pattern_ops"),
                condition=~Q(phone=""),
                name="customer_phone_ends",
            ),
            models.Index(
                "organization",
                OpClass("email", "varchar_pattern_ops"),
                condition=~Q(email=""),
                name="customer_email_begins",
            ),
            models.Index(
                fields=["organization", "name", "id"],
                condition=Q(merged_into=None, erased_at=None),
                name="customer_by_name",
            ),
            models.Index(
                fields=["organization", "name"], condition=Q(is_vip=True), name="customer_vip"
            ),
            GinIndex(fields=["tags"], name="customer_by_tag"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def first_name(self) -> str:
        """What comes before the family name; of a name given as one, its first word."""
        if self.family_name and self.name.endswith(self.family_name):
            return self.name.removesuffix(self.family_name).strip() or self.name
        return self.name.split(maxsplit=1)[0] if self.name else ""

    @property
    def last_name(self) -> str:
        """The family name; of a name given as one, all but its first word."""
        if self.family_name:
            return self.family_name
        return " ".join(self.name.split()[1:])
