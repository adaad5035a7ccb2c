"""Parties larger than a house takes online, who ask it all the same."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from core.ids import PublicIdField
from reservations.models.house_messages import LONGEST_MESSAGE
from restaurants.models import Restaurant

LARGEST_PARTY = 99


class PartyRequest(models.Model):
    """What one large party would like, until somebody of the house has seen to it.

    It takes no table and is no reservation: the house answers by mail or telephone, and books
    the party itself.
    """

    public_id = PublicIdField("ask")
    restaurant = models.ForeignKey(
        Restaurant, on_delete=models.PROTECT, related_name="party_requests", db_index=False
    )
    date = models.DateField()
    time = models.TimeField(help_text="On the restaurant's clock")
    party_size = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=120)
    email = models.EmailField(max_length=254, blank=True, help_text="In lower case")
    phone = models.CharField(max_length=20, blank=True, help_text="E.164, such as +12125550123")
    text = models.CharField(max_length=LONGEST_MESSAGE, blank=True)
    language = models.CharField(max_length=10)
    created_at = models.DateTimeField()
    seen_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(party_size__range=(1, LARGEST_PARTY)), name="party_request_size"
            ),
            models.CheckConstraint(
                condition=~Q(email="") | ~Q(phone=""), name="party_request_contact"
            ),
            models.CheckConstraint(
                condition=Q(email=Lower("email")), name="party_request_email_lower_case"
            ),
            models.CheckConstraint(
                condition=Q(phone="") | Q(phone__startswith="+"), name="party_request_phone_e164"
            ),
        ]
        indexes = [
            models.Index(
                fields=["restaurant", "created_at"],
                condition=Q(seen_at__isnull=True),
                name="party_request_unseen",
            ),
            models.Index(fields=["email"], condition=~Q(email=""), name="party_request_email"),
            models.Index(fields=["phone"], condition=~Q(phone=""), name="party_request_phone"),
        ]

    def __str__(self) -> str:
        return f"{self.public_id} {self.date} for {self.party_size}"
