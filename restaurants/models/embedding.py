"""Where a restaurant's booking pages may appear, and the keys with which its sites may book."""

from __future__ import annotations

import secrets

from django.core.exceptions import ValidationError
from django.db import models

from core.errors import Invalid
from restaurants.models.venue import Restaurant
from restaurants.origins import LONGEST, normalised


class AllowedSite(models.Model):
    """A website that may show the booking pages of one restaurant in a frame.

    Browsers are told by ``frame-ancestors``, so what stands here is one plain origin: https (or
    this very machine), no wildcard, no path.
    """

    restaurant = models.ForeignKey(Restaurant, on_delete=models.CASCADE, related_name="sites")
    origin = models.CharField(
        "website", max_length=LONGEST, help_text="Such as https://www.example.com, without a path."
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["restaurant", "origin"]
        constraints = [
            models.UniqueConstraint(fields=["restaurant", "origin"], name="site_once"),
            models.CheckConstraint(
                # The header is made of this: no blank, quote, semicolon, comma or star.
                condition=models.Q(
                    origin__regex=r"^(https://[a-z0-9._-]+|http://([a-z0-9-]+[.])*localhost"
                    r"|https?://127\.[0-9.]+|https?://\[[0-9a-f:]+\])(:[0-9]+)?$"
                ),
                name="site_plain_origin",
                violation_error_message="This is not the address of a website.",
            ),
        ]

    def __str__(self) -> str:
        return self.origin

    def clean_fields(self, exclude: object = None) -> None:
        """Write the origin the one way, before anything else looks at it."""
        try:
            self.origin = normalised(self.origin)
        except Invalid as error:
            raise ValidationError({"origin": error.text}) from error
        super().clean_fields(exclude=exclude)  # type: ignore[arg-type]


def new_key() -> str:
    """A key to publish: it stands in the source of web pages and opens nothing by itself."""
    return f"pk_{secrets.token_hex(16)}"


class PublishableKey(models.Model):
    """Lets the restaurant's own websites book through ``ReservationWidget``.

    Not a secret: it names the restaurant and can be withdrawn. What protects is the origin, which
    browsers state and pages cannot choose, and the limits.
    """

    restaurant = models.ForeignKey(
        Restaurant, on_delete=models.CASCADE, related_name="publishable_keys"
    )
    key = models.CharField(max_length=40, unique=True, editable=False, default=new_key)
    name = models.CharField(max_length=60, help_text="Where it is used, for your own overview.")
    created_at = models.DateTimeField(auto_now_add=True)
    revoked_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        ordering = ["restaurant", "-created_at"]

    def __str__(self) -> str:
        return f"{self.name} ({self.key[:9]}…)"
