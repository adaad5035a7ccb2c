"""A reservation: who comes, when, how many, and where they sit."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Lower

from accounts.models import User
from core.ids import PublicIdField
from customers.models import Customer
from payments.models import Payment, PolicyKind
from reservations.models.details import VisitDetails, visit_constraints
from reservations.models.hold import Hold
from reservations.models.stand import ShiftServer
from restaurants.models import DiningRoom, DiningService, Restaurant

LIVE_STATUSES = [
    "requested",
    "pending",
    "pending_payment",
    "confirmed",
    "reconfirmed",
    "partially_arrived",
    "arrived",
    "partially_seated",
    "seated",
    "check_dropped",
    "paid",
]
"""Statuses in which the party is still expected or present (a test compares with the engine)."""

IS_LIVE = "status IN ('" + "', '".join(LIVE_STATUSES) + "')"
"""The same as SQL: in words, so that the planner recognises the condition of a partial index."""


class Reservation(VisitDetails):
    """One party's place in the book. Statuses change only through services."""

    class Status(models.TextChoices):
        """Party states (DESIGN, section 4); allowed steps are in ``engine.lifecycle``."""

        REQUESTED = "requested", "Requested"
        PENDING = "pending", "Pending"
        PENDING_PAYMENT = "pending_payment", "Waiting for payment"
        CONFIRMED = "confirmed", "Confirmed"
        RECONFIRMED = "reconfirmed", "Reconfirmed"
        PARTIALLY_ARRIVED = "partially_arrived", "Partly arrived"
        ARRIVED = "arrived", "Arrived"
        PARTIALLY_SEATED = "partially_seated", "Partly seated"
        SEATED = "seated", "Seated"
        CHECK_DROPPED = "check_dropped", "Bill on the table"
        PAID = "paid", "Paid"
        COMPLETED = "completed", "Completed"
        CANCELLED = "cancelled", "Cancelled"
        NO_SHOW = "no_show", "No-show"
        DECLINED = "declined", "Declined"
        EXPIRED = "expired", "Expired"

    public_id = PublicIdField("res")
    code = models.CharField(max_length=24, help_text="What the guest shows at the door")
    restaurant = models.ForeignKey(
        Restaurant, on_delete=models.PROTECT, related_name="reservations", db_index=False
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
    turn_minutes = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="Agreed with this party; empty is the house's rule."
    )
    dietary = ArrayField(
        models.CharField(max_length=60),
        default=list,
        db_default=models.Value("{}"),
        blank=True,
        help_text="What the party eats or does not: vegetarian, halal, in the guest's words.",
    )
    tags = ArrayField(
        models.CharField(max_length=40),
        default=list,
        db_default=models.Value("{}"),
        blank=True,
        help_text="What this visit is, in the group's words for visits.",
    )
    celebration = models.CharField(
        max_length=60, blank=True, default="", db_default="", help_text="In the guest's words."
    )
    status = models.CharField(max_length=18, choices=Status.choices, default=Status.CONFIRMED)
    channel = models.CharField(max_length=8, default="online")
    source = models.CharField(max_length=30, default="website")
    external_id = models.CharField(max_length=80, blank=True, help_text="Its id at the source")
    request_key = models.CharField(
        max_length=40,
        blank=True,
        db_default="",
        help_text="The request that made it: the same one, repeated, finds it again.",
    )
    is_test = models.BooleanField(
        default=False, db_default=False, help_text="Made with a test key: notifies nobody."
    )
    user = models.ForeignKey(
        User,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="reservations",
        db_index=False,
    )
    customer = models.ForeignKey(
        Customer, on_delete=models.PROTECT, null=True, blank=True, related_name="reservations"
    )
    guest_name = models.CharField(max_length=120, blank=True)
    guest_email = models.EmailField(max_length=254, blank=True)
    guest_phone = models.CharField(max_length=20, blank=True)
    hold = models.OneToOneField(
        Hold, on_delete=models.PROTECT, null=True, blank=True, related_name="reservation"
    )
    payment = models.ForeignKey(
        Payment, on_delete=models.PROTECT, null=True, blank=True, db_index=False
    )
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
    refund_ladder = models.JSONField(default=list, help_text="As agreed when booking")
    refund_cap = models.PositiveSmallIntegerField(
        default=100,
        help_text="Most percent that can still come back: a change does not win back lost notice",
    )
    merged_into = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        help_text="The booking of the same visit whose data count, when this one gave way to it.",
    )
    load_ids = ArrayField(
        models.BigIntegerField(), default=list, help_text="Gauges that count this party"
    )
    is_locked = models.BooleanField(default=False, help_text="Staff fixed the table; never moved.")
    sequence = models.PositiveIntegerField(default=0, help_text="Changes so far, for calendars")
    late_minutes = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="How late the party said it will be"
    )
    late_at = models.DateTimeField(null=True, blank=True, help_text="When it said so")
    late_count = models.PositiveSmallIntegerField(default=0, db_default=0)
    reminded_for = models.DateTimeField(
        null=True,
        blank=True,
        editable=False,
        help_text="The time that the guest was reminded of: a move to another asks for a new one.",
    )
    version = models.PositiveIntegerField(
        default=0,
        db_default=0,
        editable=False,
        help_text="Raised by a trigger with every change: whoever acts on an older one is told.",
    )
    arrived_at = models.DateTimeField(null=True, blank=True, help_text="When the first came")
    seated_at = models.DateTimeField(null=True, blank=True)
    check_at = models.DateTimeField(null=True, blank=True, help_text="When it got its bill")
    paid_at = models.DateTimeField(null=True, blank=True)
    left_at = models.DateTimeField(null=True, blank=True)
    expected_end = models.DateTimeField(
        null=True, blank=True, help_text="When a party that sits is expected to leave"
    )
    marked_late_at = models.DateTimeField(
        null=True, blank=True, help_text="Since when it counts as late"
    )
    ready_at = models.DateTimeField(
        null=True, blank=True, help_text="When it was told that its table is ready"
    )
    server = models.ForeignKey(
        ShiftServer,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="parties",
        db_index=False,
    )
    overbooked = ArrayField(
        models.CharField(max_length=30),
        default=list,
        db_default=models.Value("{}"),
        blank=True,
        help_text="Limits a manager set aside for this party.",
    )
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    status_changed_at = models.DateTimeField()
    cancelled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-starts_at"]
        constraints = [
            *visit_constraints("reservation"),
            models.UniqueConstraint(fields=["code"], name="reservation_code_once"),
            models.UniqueConstraint(
                fields=["source", "external_id", "restaurant", "is_test"],
                condition=~models.Q(external_id=""),
                name="reservation_external_id_once",
            ),
            models.UniqueConstraint(
                fields=["request_key"],
                condition=~models.Q(request_key=""),
                name="reservation_request_once",
            ),
            models.UniqueConstraint(
                fields=["user", "restaurant", "starts_at"],
                condition=models.Q(status__in=LIVE_STATUSES),
                name="reservation_guest_slot_once",
            ),
            models.CheckConstraint(condition=models.Q(party_size__gte=1), name="reservation_party"),
            models.CheckConstraint(
                condition=models.Q(turn_minutes=None) | models.Q(turn_minutes__range=(15, 720)),
                name="reservation_turn_minutes",
            ),
            models.CheckConstraint(
                condition=models.Q(deposit_amount__gte=0), name="reservation_deposit"
            ),
            models.CheckConstraint(
                condition=models.Q(refund_cap__lte=100), name="reservation_refund_cap"
            ),
            models.CheckConstraint(
                condition=models.Q(ends_at__gt=models.F("starts_at")), name="reservation_turn_range"
            ),
            models.CheckConstraint(
                condition=models.Q(late_minutes=None, late_at=None)
                | models.Q(late_minutes__range=(5, 60), late_at__isnull=False),
                name="reservation_late",
            ),
            models.CheckConstraint(
                condition=models.Q(merged_into=None) | models.Q(status="cancelled"),
                name="reservation_merged_is_over",
            ),
            models.CheckConstraint(
                condition=models.Q(expected_end=None) | models.Q(seated_at__isnull=False),
                name="reservation_expected_end",
            ),
            models.CheckConstraint(
                condition=~models.Q(status="cancelled") | models.Q(cancelled_at__isnull=False),
                name="reservation_cancelled_when",
            ),
        ]
        indexes = [
            models.Index(fields=["restaurant", "service_date"], name="reservation_day"),
            models.Index(fields=["user", "starts_at"], name="reservation_of_user"),
            models.Index(
                Lower("guest_email"),
                condition=~models.Q(guest_email=""),
                name="reservation_by_email",
            ),
            models.Index(
                Lower("diner_email"),
                condition=~models.Q(diner_email=""),
                name="reservation_for_email",
            ),
            models.Index(
                fields=["diner_phone"],
                condition=~models.Q(diner_phone=""),
                name="reservation_for_phone",
            ),
            models.Index(
                fields=["status_changed_at"],
                condition=models.Q(status__in=["requested", "pending"]),
                name="reservation_waiting",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.service_date} for {self.party_size} ({self.status})"
