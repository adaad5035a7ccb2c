"""Rows behind links that work without a password. None of them keeps the link itself."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from core.ids import PublicIdField
from core.tokens import FINGERPRINT_LENGTH, NONCE_LENGTH
from reservations.models.reservation import Reservation


class TokenFields(models.Model):
    """See ``core.tokens``: the nonce makes the token anew, the digest recognises it."""

    nonce = models.CharField(max_length=NONCE_LENGTH)
    digest = models.CharField(max_length=FINGERPRINT_LENGTH, unique=True)

    class Meta:
        abstract = True


class BookingLink(TokenFields):
    """The link by which whoever has it sees, changes and cancels one reservation.

    One live link per reservation. It lapses by query, some time after the visit
    (``services.links.LINK_LIFE``), so that moving a booking moves its end along.
    """

    reservation = models.ForeignKey(Reservation, on_delete=models.PROTECT, related_name="links")
    created_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["reservation"],
                condition=Q(revoked_at__isnull=True),
                name="booking_link_one_live",
            )
        ]

    def __str__(self) -> str:
        return f"link of reservation {self.reservation_id}"


class SignInLink(TokenFields):
    """One request to sign in by e-mail: good once, for twenty minutes, for this address only."""

    public_id = PublicIdField("signin")
    email = models.EmailField(max_length=254, help_text="In lower case")
    asked_from = models.CharField(
        max_length=FINGERPRINT_LENGTH, help_text="Keyed hash of the network it was asked from"
    )
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=Q(email=Lower("email")), name="sign_in_lower_case"),
            models.CheckConstraint(
                condition=Q(expires_at__gt=models.F("created_at")), name="sign_in_life_range"
            ),
        ]
        indexes = [
            models.Index(fields=["email", "created_at"], name="sign_in_by_email"),
            models.Index(fields=["asked_from", "created_at"], name="sign_in_by_network"),
            models.Index(fields=["created_at"], name="sign_in_by_age"),
        ]

    def __str__(self) -> str:
        return self.public_id
