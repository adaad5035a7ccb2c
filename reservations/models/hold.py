"""A hold: a table kept for a guest who is making up their mind or paying."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from accounts.models import User
from core.ids import PublicIdField
from customers.models import Customer
from payments.models import AskedByPolicy, Payment, PolicyKind, policy_index
from reservations.models.details import VisitDetails, visit_constraints
from restaurants.models import DiningRoom, DiningService, Restaurant


class Hold(VisitDetails, AskedByPolicy):
    """A party's place for ten minutes. While ``live`` it owns claims in the ledger.

    Time alone does not end it: it lapses by query (``expires_at``), and whoever needs the
    table next, or the sweep, releases it. One live hold per guest, by a partial unique index.
    """

    class Status(models.TextChoices):
        """What became of it."""

        LIVE = "live", "Live"
        CONFIRMED = "confirmed", "Became a reservation"
        RELEASED = "released", "Given back by the guest"
        EXPIRED = "expired", "Lapsed"

    public_id = PublicIdField("hold")
    guest_key = models.CharField(
        max_length=80, help_text="Who holds: user:<public id>, or guest:<token> without an account"
    )
    user = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, db_index=False)
    restaurant = models.ForeignKey(
        Restaurant, on_delete=models.PROTECT, related_name="holds", db_index=False
    )
    service = models.ForeignKey(
        DiningService, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    room = models.ForeignKey(
        DiningRoom,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
    )
    service_date = models.DateField()
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    party_size = models.PositiveIntegerField()
    channel = models.CharField(max_length=8, default="online")
    source = models.CharField(max_length=30, default="website")
    status = models.CharField(max_length=9, choices=Status.choices, default=Status.LIVE)
    deposit_amount = models.DecimalField(
        max_digits=12, decimal_places=3, default=0, help_text="Asked for in advance"
    )
    payment_kind = models.CharField(
        max_length=12,
        choices=PolicyKind,
        default=PolicyKind.DEPOSIT,
        db_default=PolicyKind.DEPOSIT,
        help_text="How it is secured",
    )
    currency = models.CharField(max_length=3)
    refund_ladder = models.JSONField(default=list, help_text="As agreed when the hold was placed")
    load_ids = ArrayField(
        models.BigIntegerField(), default=list, help_text="Gauges that count this party"
    )
    payment = models.ForeignKey(
        Payment,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        db_index=False,
        help_text="The latest attempt",
    )
    customer = models.ForeignKey(
        Customer, on_delete=models.PROTECT, null=True, blank=True, db_index=False, related_name="+"
    )
    guest_name = models.CharField(
        max_length=120, blank=True, help_text="From here on: as given when the payment began"
    )
    guest_email = models.EmailField(max_length=254, blank=True)
    guest_phone = models.CharField(max_length=20, blank=True)
    extensions = models.PositiveSmallIntegerField(default=0)
    # Fingerprints, so that limits can be kept without keeping who or where somebody is.
    address_key = models.CharField(
        max_length=32, blank=True, default="", db_default="", editable=False
    )
    email_key = models.CharField(
        max_length=32, blank=True, default="", db_default="", editable=False
    )
    phone_key = models.CharField(
        max_length=32, blank=True, default="", db_default="", editable=False
    )
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            *visit_constraints("hold"),
            models.UniqueConstraint(
                fields=["guest_key"],
                condition=models.Q(status="live"),
                name="hold_one_live_per_guest",
            ),
            models.UniqueConstraint(
                fields=["email_key"],
                condition=models.Q(status="live") & ~models.Q(email_key=""),
                name="hold_one_live_per_email",
            ),
            models.UniqueConstraint(
                fields=["phone_key"],
                condition=models.Q(status="live") & ~models.Q(phone_key=""),
                name="hold_one_live_per_phone",
            ),
            models.CheckConstraint(condition=models.Q(party_size__gte=1), name="hold_party"),
            models.CheckConstraint(condition=models.Q(deposit_amount__gte=0), name="hold_deposit"),
            models.CheckConstraint(
                condition=models.Q(ends_at__gt=models.F("starts_at")), name="hold_turn_range"
            ),
            models.CheckConstraint(
                condition=models.Q(expires_at__gt=models.F("created_at")), name="hold_life_range"
            ),
        ]
        indexes = [
            models.Index(
                fields=["expires_at"], condition=models.Q(status="live"), name="hold_lapsing"
            ),
            policy_index("hold_policy"),
            models.Index(
                fields=["restaurant", "service_date"],
                condition=models.Q(status="live"),
                name="hold_live_of_day",
            ),
            models.Index(
                fields=["restaurant", "address_key"],
                condition=models.Q(status="live") & ~models.Q(address_key=""),
                name="hold_live_of_address",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.public_id} {self.service_date} for {self.party_size} ({self.status})"
