"""The ledger: claims on tables, counted limits, and the decisions behind them.

These constraints are what makes a double booking impossible; application code only
makes refusals friendly.
"""

from __future__ import annotations

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Deferrable, F, Func, Q, Value

from reservations.models.hold import Hold
from reservations.models.reservation import Reservation
from reservations.models.stand import TableBlock
from restaurants.models import DiningService, DiningTable, Restaurant


class TableClaim(models.Model):
    """One table for one stretch of time, on behalf of exactly one hold, reservation or block.

    Live claims (``released_at`` is empty) of one table cannot overlap: the database refuses
    the second. A table's id is turned into a one-point range so that plain GiST can exclude
    on it without the btree_gist extension. Deferrable, so that a repack may swap two tables
    inside one transaction.
    """

    table = models.ForeignKey(
        DiningTable, on_delete=models.PROTECT, related_name="claims", db_index=False
    )
    restaurant = models.ForeignKey(
        Restaurant, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    service_date = models.DateField()
    during = DateTimeRangeField(help_text="Turn and buffer, half-open")
    hold = models.ForeignKey(
        Hold, on_delete=models.PROTECT, null=True, blank=True, related_name="claims"
    )
    reservation = models.ForeignKey(
        Reservation, on_delete=models.PROTECT, null=True, blank=True, related_name="claims"
    )
    block = models.ForeignKey(
        TableBlock, on_delete=models.PROTECT, null=True, blank=True, related_name="claims"
    )
    expires_at = models.DateTimeField(
        null=True, blank=True, help_text="When the hold behind it lapses; empty for reservations"
    )
    released_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            ExclusionConstraint(
                name="claim_table_once",
                expressions=[
                    (
                        Func(F("table"), F("table"), Value("[]"), function="int8range"),
                        RangeOperators.OVERLAPS,
                    ),
                    ("during", RangeOperators.OVERLAPS),
                ],
                condition=Q(released_at__isnull=True),
                deferrable=Deferrable.IMMEDIATE,
            ),
            models.CheckConstraint(
                condition=Q(
                    hold__isnull=False,
                    reservation__isnull=True,
                    block__isnull=True,
                    expires_at__isnull=False,
                )
                | Q(
                    hold__isnull=True,
                    reservation__isnull=False,
                    block__isnull=True,
                    expires_at__isnull=True,
                )
                | Q(
                    hold__isnull=True,
                    reservation__isnull=True,
                    block__isnull=False,
                    expires_at__isnull=True,
                ),
                name="claim_one_owner",
            ),
            models.CheckConstraint(
                condition=Q(during__isempty=False)
                & Q(during__lower_inf=False)
                & Q(during__upper_inf=False),
                name="claim_bounded",
            ),
        ]
        indexes = [
            models.Index(
                fields=["restaurant", "service_date"],
                condition=Q(released_at__isnull=True),
                name="claim_live_of_day",
            )
        ]

    def __str__(self) -> str:
        return f"table {self.table_id} {self.during}"


class ServiceLoad(models.Model):
    """One counted limit: covers and parties in one cell, never above what is allowed.

    ``cell`` is a quarter of an hour of absolute time (epoch minutes // 15); ``service`` is
    empty for the seat pool. See ``engine.types.Gauge`` for the kinds.
    """

    restaurant = models.ForeignKey(
        Restaurant, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    gauge = models.CharField(max_length=11)
    service = models.ForeignKey(
        DiningService,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
    )
    cell = models.IntegerField()
    covers = models.IntegerField()
    covers_allowed = models.IntegerField(null=True, blank=True)
    parties = models.IntegerField()
    parties_allowed = models.IntegerField(null=True, blank=True)

    class Meta:
        ordering = ["restaurant", "cell", "gauge"]
        constraints = [
            models.UniqueConstraint(
                fields=["restaurant", "cell", "gauge", "service"],
                nulls_distinct=False,
                name="load_cell_once",
            ),
            models.CheckConstraint(
                condition=Q(covers__gte=0)
                & (Q(covers_allowed=None) | Q(covers__lte=F("covers_allowed"))),
                name="load_covers_within_limit",
            ),
            models.CheckConstraint(
                condition=Q(parties__gte=0)
                & (Q(parties_allowed=None) | Q(parties__lte=F("parties_allowed"))),
                name="load_parties_within_limit",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.gauge} {self.cell}: {self.covers}/{self.covers_allowed}"


class SeatingDecision(models.Model):
    """What was asked, which seatings were possible, which was taken or why none was.

    Written for acceptances in the same transaction as the claims, and for refusals too:
    they are the demand the house turned away. With the rule version a night can be replayed.
    """

    restaurant = models.ForeignKey(
        Restaurant, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    service_date = models.DateField()
    subject = models.CharField(max_length=40, blank=True, help_text="Public id of hold or booking")
    at = models.DateTimeField()
    accepted = models.BooleanField()
    asked = models.JSONField(encoder=DjangoJSONEncoder)
    candidates = models.JSONField(default=list)
    tables = models.JSONField(default=list)
    refusals = models.JSONField(default=list)
    rule_version = models.CharField(max_length=30)
    plan_version = models.BigIntegerField()
    actor_kind = models.CharField(max_length=10)
    actor_label = models.CharField(max_length=120, blank=True)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["restaurant", "service_date"], name="decision_day")]

    def __str__(self) -> str:
        return f"{self.service_date} {'accepted' if self.accepted else 'refused'} {self.subject}"
