"""The restaurant itself and the people who work there."""

from __future__ import annotations

import zoneinfo
from decimal import Decimal
from functools import lru_cache

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models.functions import Lower

from accounts.models import Organization, User
from core.ids import PublicIdField
from restaurants.colour import is_colour


@lru_cache(maxsize=1)
def _zones() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones())


def validate_zone(value: str) -> None:
    """Accept IANA names only: an abbreviation such as EST knows no daylight saving."""
    if value not in _zones():
        raise ValidationError("Not an IANA time zone such as Europe/Paris.")


def languages() -> list[tuple[str, str]]:
    """The languages Couvert speaks; named by function, so that another one needs no migration."""
    return list(settings.LANGUAGES)


def validate_colour(value: str) -> None:
    """Accept ``#rrggbb``; pages work out the readable variants (see ``restaurants.colour``)."""
    if not is_colour(value):
        raise ValidationError("A colour such as #1d5c48.")


class Restaurant(models.Model):
    """One venue: who it is, where and when it is, and the rules of its book."""

    class CapacityMode(models.TextChoices):
        """What a booking takes."""

        TABLES = "tables", "Tables of the floor"
        SEATS = "seats", "Seats of a common pool"

    public_id = PublicIdField("rest", editable=True)
    organization = models.ForeignKey(
        Organization, on_delete=models.PROTECT, related_name="restaurants"
    )
    slug = models.SlugField(unique=True, help_text="Its address on the web: /r/…/")
    name = models.CharField(max_length=120)
    description = models.TextField(blank=True)
    cuisine = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    price_level = models.PositiveSmallIntegerField(
        default=2,
        validators=[MinValueValidator(1), MaxValueValidator(4)],
        help_text="1 to 4, shown as $ to $$$$.",
    )
    average_spend = models.DecimalField(
        max_digits=12,
        decimal_places=3,
        null=True,
        blank=True,
        help_text="What a guest usually spends, for estimates of revenue. Empty: none are made.",
    )
    rating = models.DecimalField(max_digits=2, decimal_places=1, null=True, blank=True)
    review_count = models.PositiveIntegerField(default=0)
    images = ArrayField(
        models.CharField(max_length=300),
        default=list,
        blank=True,
        help_text="Addresses of pictures, the cover first; a path is taken from this server.",
    )
    features = ArrayField(models.CharField(max_length=60), default=list, blank=True)
    accent = models.CharField(
        max_length=7,
        blank=True,
        validators=[validate_colour],
        help_text="Such as #1d5c48; pages darken or lighten it until it is readable.",
    )

    address = models.CharField(max_length=200, blank=True)
    city = models.CharField(max_length=80, blank=True)
    state = models.CharField(max_length=80, blank=True)
    postal_code = models.CharField(max_length=20, blank=True)
    country = models.CharField(
        max_length=2, default="US", validators=[RegexValidator("^[A-Z]{2}$")], help_text="ISO 3166"
    )
    latitude = models.FloatField(null=True, blank=True)
    longitude = models.FloatField(null=True, blank=True)
    phone = models.CharField(max_length=20, blank=True)
    email = models.EmailField(blank=True)
    zone = models.CharField("time zone", max_length=60, validators=[validate_zone])
    currency = models.CharField(
        max_length=3, default="USD", validators=[RegexValidator("^[A-Z]{3}$")], help_text="ISO 4217"
    )
    language = models.CharField(
        max_length=10,
        choices=languages,
        default="en",
        db_default="en",
        help_text="Of messages to the house, and to guests who chose none.",
    )

    is_listed = models.BooleanField(default=True, help_text="Shown to the public.")
    is_default = models.BooleanField(
        "answers where none is named",
        default=False,
        db_default=False,
        help_text="The restaurant meant by callers of the API that name none. At most one.",
    )
    accepts_reservations = models.BooleanField(
        default=True, help_text="Unset to pause all bookings."
    )
    capacity_mode = models.CharField(
        max_length=6, choices=CapacityMode.choices, default=CapacityMode.TABLES
    )
    seats = models.PositiveIntegerField(default=0, help_text="Size of the pool in mode seats.")
    min_party = models.PositiveSmallIntegerField(default=1, help_text="Smallest party, online.")
    max_party = models.PositiveSmallIntegerField(default=12, help_text="Largest party, online.")
    window_days = models.PositiveSmallIntegerField(
        default=90, help_text="How many days ahead guests may book."
    )
    lead_minutes = models.PositiveIntegerField(
        default=0, help_text="Shortest notice for a booking online, in minutes."
    )
    cut_off = models.TimeField(
        null=True, blank=True, help_text="Online bookings for the same day close at this time."
    )
    buffer_minutes = models.PositiveSmallIntegerField(
        default=0, help_text="Minutes to clear and lay a table after each party."
    )
    reset_minutes = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        validators=[MaxValueValidator(60)],
        help_text="Minutes a table is cleared after its party left; empty is the time planned"
        " after each party.",
    )
    max_spare_seats = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="Most empty chairs a party may leave; empty is no limit."
    )
    hold_minutes = models.PositiveSmallIntegerField(
        default=10, validators=[MinValueValidator(1), MaxValueValidator(60)]
    )
    offer_minutes = models.PositiveSmallIntegerField(
        default=15,
        db_default=15,
        validators=[MaxValueValidator(240)],
        help_text="How long a table that came free is kept for a guest of the waitlist; 0 offers"
        " none.",
    )
    queue_keep_minutes = models.PositiveSmallIntegerField(
        default=10,
        db_default=10,
        validators=[MinValueValidator(1), MaxValueValidator(60)],
        help_text="How long a table is kept for a party of the queue that was called.",
    )
    max_hold_extensions = models.PositiveSmallIntegerField(
        default=3, help_text="How often a guest may ask for more time."
    )
    pay_link_minutes = models.PositiveIntegerField(
        default=30,
        db_default=30,
        validators=[MinValueValidator(5), MaxValueValidator(20160)],
        help_text="How long a guest has to pay by a link; a table that waits for it is free then.",
    )
    keep_cards_days = models.PositiveSmallIntegerField(
        default=7,
        db_default=7,
        validators=[MaxValueValidator(60)],
        help_text="How many days after a no-show or a late cancellation a card is let go of"
        " when no fee was charged.",
    )
    reminder_hours = models.PositiveSmallIntegerField(
        default=24,
        db_default=24,
        validators=[MaxValueValidator(168)],
        help_text="How many hours before a visit its guest is reminded; 0 reminds nobody.",
    )
    cancellation_policy = models.TextField(
        blank=True, help_text="Shown to guests; empty is written from the refund ladder."
    )
    private_hire_notice_hours = models.PositiveSmallIntegerField(
        default=48, db_default=48, help_text="Shortest notice for hiring a room."
    )
    code_prefix = models.CharField(
        max_length=4, default="FT", validators=[RegexValidator("^[A-Z]{2,4}$")]
    )
    plan_version = models.PositiveBigIntegerField(
        default=1,
        editable=False,
        help_text="Raised by triggers whenever anything that decides about bookings changes.",
    )
    lock_after_minutes = models.PositiveSmallIntegerField(
        default=5,
        db_default=5,
        validators=[MinValueValidator(1), MaxValueValidator(120)],
        help_text="A tablet of the house that nobody touches asks for a PIN after this long.",
    )
    requires_second_factor = models.BooleanField(
        default=False,
        db_default=False,
        help_text="Owners and managers sign in with a code from their telephone, too.",
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(lock_after_minutes__range=(1, 120)),
                name="restaurant_lock_after",
            ),
            models.CheckConstraint(
                condition=models.Q(min_party__gte=1, max_party__gte=models.F("min_party")),
                name="restaurant_party_range",
            ),
            models.CheckConstraint(
                condition=models.Q(capacity_mode="tables") | models.Q(seats__gt=0),
                name="restaurant_seats_given",
            ),
            models.CheckConstraint(
                condition=models.Q(price_level__range=(1, 4)), name="restaurant_price_level"
            ),
            models.CheckConstraint(
                condition=models.Q(rating__isnull=True)
                | models.Q(rating__range=(Decimal(0), Decimal(5))),
                name="restaurant_rating",
            ),
            models.CheckConstraint(
                condition=models.Q(hold_minutes__range=(1, 60)), name="restaurant_hold_minutes"
            ),
            models.CheckConstraint(
                condition=models.Q(offer_minutes__lte=240), name="restaurant_offer_minutes"
            ),
            models.CheckConstraint(
                condition=models.Q(queue_keep_minutes__range=(1, 60)),
                name="restaurant_queue_keep_minutes",
            ),
            models.CheckConstraint(
                condition=models.Q(pay_link_minutes__range=(5, 20160)),
                name="restaurant_pay_link_minutes",
            ),
            models.CheckConstraint(
                condition=models.Q(keep_cards_days__lte=60), name="restaurant_keep_cards_days"
            ),
            models.CheckConstraint(
                condition=models.Q(reminder_hours__lte=168), name="restaurant_reminder_hours"
            ),
            models.CheckConstraint(
                condition=models.Q(reset_minutes=None) | models.Q(reset_minutes__lte=60),
                name="restaurant_reset_minutes",
            ),
            models.CheckConstraint(
                condition=models.Q(average_spend=None) | models.Q(average_spend__gte=0),
                name="restaurant_average_spend",
            ),
            models.CheckConstraint(
                condition=models.Q(accent="") | models.Q(accent__regex="^#[0-9a-fA-F]{6}$"),
                name="restaurant_accent",
            ),
            models.UniqueConstraint(
                fields=["is_default"],
                condition=models.Q(is_default=True),
                name="restaurant_default_once",
                violation_error_message="Another restaurant answers where none is named.",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def tz(self) -> zoneinfo.ZoneInfo:
        """The zone as an object; every clock reading of this restaurant is in it."""
        return zoneinfo.ZoneInfo(self.zone)


class Role(models.TextChoices):
    """What a member of staff may do at one restaurant, from most to least."""

    OWNER = "owner", "Owner"
    MANAGER = "manager", "Manager"
    HOST = "host", "Host"
    SERVER = "server", "Server"
    VIEWER = "viewer", "Viewer"


class Membership(models.Model):
    """One person's role at one restaurant. Without it, staff see nothing of that house."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    restaurant = models.ForeignKey(Restaurant, on_delete=models.CASCADE, related_name="staff")
    role = models.CharField(max_length=10, choices=Role.choices)
    pin = models.CharField(
        max_length=128,
        blank=True,
        default="",
        db_default="",
        editable=False,
        help_text="For the house's tablets; hashed like a password. Empty: none",
    )
    pin_is_first = models.BooleanField(
        default=False,
        db_default=False,
        editable=False,
        help_text="Somebody else made it up: the person chooses another one when using it",
    )
    last_seen_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="At this house, to five minutes"
    )

    class Meta:
        ordering = ["restaurant", "user"]
        constraints = [
            models.UniqueConstraint(fields=["user", "restaurant"], name="membership_once")
        ]

    def __str__(self) -> str:
        return f"{self.user} · {self.get_role_display()} · {self.restaurant}"


class Tablet(models.Model):
    """A browser that belongs to the house: whoever works there signs in on it by name and PIN.

    Known by a cookie; kept is the fingerprint of what it holds. Revoked for good.
    """

    public_id = PublicIdField("tablet")
    restaurant = models.ForeignKey(Restaurant, on_delete=models.CASCADE, related_name="tablets")
    label = models.CharField(max_length=40, help_text="Stands in the log beside what is done on it")
    digest = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=120, blank=True)
    last_seen_at = models.DateTimeField(null=True, blank=True, help_text="To five minutes")
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["label", "pk"]
        constraints = [
            models.UniqueConstraint(
                Lower("label"),
                "restaurant",
                condition=models.Q(revoked_at=None),
                name="tablet_label_once",
            )
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def lock_seconds(self) -> int:
        """After how many seconds without a touch it is locked; needs the restaurant."""
        return self.restaurant.lock_after_minutes * 60
