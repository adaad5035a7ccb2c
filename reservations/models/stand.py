"""What the host stand keeps besides parties: who serves, tables out of use, notes, and undo."""

from __future__ import annotations

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower

from accounts.models import User
from core.ids import PublicIdField
from restaurants.models import DiningService, DiningTable, Restaurant


class ShiftServer(models.Model):
    """One person who serves on one service date, in the order of the rotation.

    With an account or without: a name is enough to hand out tables. ``cut_at`` is set when the
    person takes no more tables; the parties they have stay theirs.
    """

    public_id = PublicIdField("srv")
    restaurant = models.ForeignKey(Restaurant, on_delete=models.CASCADE, related_name="+")
    service_date = models.DateField()
    user = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )
    name = models.CharField(max_length=60)
    position = models.PositiveSmallIntegerField(default=0, help_text="Order of the rotation.")
    cut_at = models.DateTimeField(null=True, blank=True, help_text="Takes no more tables since.")
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["restaurant", "service_date", "position", "id"]
        constraints = [
            models.UniqueConstraint(
                "restaurant", "service_date", Lower("name"), name="shift_server_name_once"
            ),
            models.UniqueConstraint(
                fields=["restaurant", "service_date", "user"],
                condition=Q(user__isnull=False),
                name="shift_server_user_once",
            ),
            models.CheckConstraint(condition=~Q(name=""), name="shift_server_named"),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.service_date}"


class SectionTable(models.Model):
    """A table of somebody's section on one service date: their parties sit there."""

    restaurant = models.ForeignKey(
        Restaurant, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    service_date = models.DateField()
    table = models.ForeignKey(DiningTable, on_delete=models.CASCADE, related_name="+")
    server = models.ForeignKey(ShiftServer, on_delete=models.CASCADE, related_name="section")

    class Meta:
        ordering = ["restaurant", "service_date", "table"]
        constraints = [
            models.UniqueConstraint(
                fields=["restaurant", "service_date", "table"], name="section_table_once"
            )
        ]

    def __str__(self) -> str:
        return f"table {self.table_id}: {self.server}"


class TableBlock(models.Model):
    """A table out of use for a stretch of time: blocked by staff, or being cleared.

    Owns a claim in the ledger, so nobody is given the table meanwhile; a table that is cleared
    while the next party's time has begun has none. Over when ``ended_at`` is set or ``ends_at``
    has passed, whichever comes first.
    """

    class Kind(models.TextChoices):
        """Why."""

        BLOCK = "block", "Blocked by staff"
        BUSSING = "bussing", "Being cleared"

    public_id = PublicIdField("block")
    restaurant = models.ForeignKey(
        Restaurant, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    service_date = models.DateField()
    table = models.ForeignKey(DiningTable, on_delete=models.PROTECT, related_name="blocks")
    kind = models.CharField(max_length=7, choices=Kind.choices, default=Kind.BLOCK)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    note = models.CharField(max_length=200, blank=True)
    made_by = models.CharField(max_length=120, blank=True)
    queue_entry = models.ForeignKey(
        "reservations.QueueEntry",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="blocks",
        help_text="The party of the queue it is kept for",
    )
    created_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["restaurant", "service_date", "starts_at", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="block_range"),
        ]
        indexes = [
            models.Index(
                fields=["restaurant", "service_date"],
                condition=Q(ended_at__isnull=True),
                name="block_live_of_day",
            ),
            models.Index(
                fields=["ends_at"], condition=Q(ended_at__isnull=True), name="block_ending"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.public_id} table {self.table_id} ({self.kind})"


class NightNote(models.Model):
    """What the team should read when it opens a date: of the whole day, or of one service."""

    restaurant = models.ForeignKey(
        Restaurant, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    service_date = models.DateField()
    service = models.ForeignKey(
        DiningService,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        help_text="Empty: the whole day.",
    )
    text = models.TextField()
    written_by = models.CharField(max_length=120, blank=True)
    updated_at = models.DateTimeField()

    class Meta:
        ordering = ["restaurant", "service_date", "service"]
        constraints = [
            models.UniqueConstraint(
                fields=["restaurant", "service_date", "service"],
                nulls_distinct=False,
                name="night_note_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.service_date}: {self.text[:40]}"


class StandAction(models.Model):
    """One action of the host stand: how to take it back, and the request that asked for it.

    ``before`` holds the rows as they were, ``after`` the versions and rows that must still be there
    when it is undone. The same request sent twice finds this row and does nothing again.
    """

    public_id = PublicIdField("undo")
    restaurant = models.ForeignKey(
        Restaurant, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    service_date = models.DateField()
    verb = models.CharField(max_length=40)
    target = models.CharField(max_length=40, help_text="Public id of what it was done to")
    said = models.CharField(max_length=200, help_text="What was done, in words")
    request_key = models.CharField(max_length=160, blank=True)
    before = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    after = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    made_at = models.DateTimeField()
    until = models.DateTimeField(help_text="Can be undone until then")
    actor_kind = models.CharField(max_length=10)
    actor_id = models.CharField(max_length=60, blank=True)
    actor_label = models.CharField(max_length=120, blank=True)
    undone_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["restaurant", "request_key"],
                condition=~Q(request_key=""),
                name="stand_action_once",
            )
        ]
        indexes = [models.Index(fields=["made_at"], name="stand_action_made")]

    def __str__(self) -> str:
        return f"{self.verb} {self.target} {self.made_at:%H:%M:%S}"
