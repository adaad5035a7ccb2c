"""What is kept beside a guest's record: tags as data, notes, the log of consents, merges."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from accounts.models import Organization
from core.ids import PublicIdField
from customers.models.guest import Customer


class GuestTag(models.Model):
    """What a tag of a group looks like, what it is said of, and which others it stands beside.

    Guests carry the name itself (``Customer.tags``), and so does a visit (``Reservation.tags``):
    programs may write any word of a guest, and one that no row describes is shown plain.
    """

    class Kind(models.TextChoices):
        """Whose tag it is. A guest is a regular on every visit; a stroller comes along on one."""

        GUEST = "guest", "Guest"
        VISIT = "visit", "Visit"

    class Colour(models.TextChoices):
        """Of the label; each has a shape of its own too, so that none is told by colour alone."""

        SAND = "sand", "Sand"
        GREEN = "green", "Green"
        BLUE = "blue", "Blue"
        PLUM = "plum", "Plum"
        GOLD = "gold", "Gold"
        RED = "red", "Red"

    public_id = PublicIdField("tag")
    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="guest_tags", db_index=False
    )
    kind = models.CharField(
        max_length=5,
        choices=Kind,
        default=Kind.GUEST,
        db_default=Kind.GUEST,
        help_text="Said of a guest, on every visit, or of one visit only. It stays what it is.",
    )
    name = models.CharField(max_length=40)
    category = models.CharField(max_length=40, blank=True, help_text="Such as Manners, Drinks.")
    colour = models.CharField(max_length=5, choices=Colour, default=Colour.SAND)
    for_managers = models.BooleanField(
        default=False,
        db_default=False,
        help_text="Managers and owners alone read it, give it and take it off.",
    )
    former = ArrayField(
        models.TextField(),
        default=list,
        db_default=models.Value("{}"),
        blank=True,
        help_text="Names it had, by their keys: of one for managers they stay hidden.",
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["category", "name"]
        constraints = [
            models.UniqueConstraint(fields=["organization", "name"], name="guest_tag_once"),
            models.CheckConstraint(condition=~models.Q(name=""), name="guest_tag_named"),
        ]

    def __str__(self) -> str:
        return self.name


class _Written(models.Model):
    """Who wrote a row, and where: as text, so that it outlives accounts."""

    at = models.DateTimeField()
    actor_kind = models.CharField(max_length=10)
    actor_id = models.CharField(max_length=60, blank=True)
    actor_label = models.CharField(max_length=120, blank=True)
    restaurant_id = models.BigIntegerField(null=True)

    class Meta:
        abstract = True


class GuestNote(_Written):
    """One note about a guest. Its words never change (a trigger refuses): it is withdrawn.

    Erasing a guest deletes the row.
    """

    public_id = PublicIdField("note")
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="guest_notes")
    text = models.TextField()
    pinned_at = models.DateTimeField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_by = models.CharField(max_length=120, blank=True)

    class Meta:
        ordering = ["-at", "-id"]
        constraints = [
            models.CheckConstraint(condition=~models.Q(text=""), name="guest_note_says_something"),
            models.CheckConstraint(
                condition=models.Q(withdrawn_at=None) | models.Q(pinned_at=None),
                name="guest_note_withdrawn_is_not_pinned",
            ),
        ]

    def __str__(self) -> str:
        return self.text[:60]


class ConsentEntry(_Written):
    """A consent given or withdrawn, with its source and the words agreed to. Append-only."""

    class Kind(models.TextChoices):
        """What the guest agreed to."""

        MARKETING = "marketing", "Offers by e-mail"
        SMS = "sms", "Offers by SMS"

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="consents")
    kind = models.CharField(max_length=9, choices=Kind)
    given = models.BooleanField(help_text="Unset: withdrawn.")
    source = models.CharField(
        max_length=60, blank=True, help_text="Id of the booking, or what it was done with"
    )
    text = models.TextField(blank=True, help_text="The words agreed to; empty is not recorded.")

    class Meta:
        ordering = ["-at", "-id"]
        verbose_name_plural = "consent entries"

    def __str__(self) -> str:
        return f"{self.kind} {'given' if self.given else 'withdrawn'} {self.at:%Y-%m-%d}"


class CustomerMerge(models.Model):
    """Two records that became one, and what is needed to make them two again.

    ``before`` and ``after`` hold the fields of both, ``moved`` the rows that changed hands. They
    are emptied when the time for undoing is over, and when the guest is erased.
    """

    public_id = PublicIdField("merge")
    kept = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="+")
    absorbed = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="+")
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)
    moved = models.JSONField(default=dict)
    at = models.DateTimeField()
    until = models.DateTimeField(help_text="Undone until then.")
    actor_label = models.CharField(max_length=120, blank=True)
    undone_at = models.DateTimeField(null=True, blank=True)
    undone_by = models.CharField(max_length=120, blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(kept=models.F("absorbed")), name="merge_of_two"
            ),
            models.CheckConstraint(
                condition=models.Q(until__gt=models.F("at")), name="merge_until_later"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.absorbed_id} into {self.kept_id}"
