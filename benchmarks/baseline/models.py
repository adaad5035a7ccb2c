"""The document's tables (``schema.sql``) as Django sees them."""

from __future__ import annotations

import uuid

from django.db import models


class User(models.Model):
    """Who books."""

    user_id = models.UUIDField(primary_key=True)
    email = models.TextField()

    class Meta:
        managed = False
        db_table = "users"

    def __str__(self) -> str:
        return self.email


class Restaurant(models.Model):
    """Where."""

    id = models.UUIDField(primary_key=True)
    name = models.TextField()
    deposit_per_person = models.DecimalField(max_digits=10, decimal_places=2)

    class Meta:
        managed = False
        db_table = "restaurants"

    def __str__(self) -> str:
        return self.name


class Reservation(models.Model):
    """The document's table ``reservations``."""

    reservation_id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    user_id = models.UUIDField()
    restaurant_id = models.UUIDField()
    date = models.DateField()
    time = models.TimeField()
    party_size = models.IntegerField()
    status = models.CharField(max_length=50, default="confirmed")
    confirmation_code = models.CharField(max_length=20, unique=True)
    deposit_amount = models.DecimalField(max_digits=10, decimal_places=2)
    deposit_paid = models.BooleanField(default=False)
    payment_last4 = models.CharField(max_length=4)
    payment_brand = models.CharField(max_length=50)
    special_requests = models.TextField()
    created_at = models.DateTimeField()
    cancelled_at = models.DateTimeField(null=True)

    class Meta:
        managed = False
        db_table = "reservations"

    def __str__(self) -> str:
        return self.confirmation_code


class Hold(models.Model):
    """The document's table ``holds``."""

    hold_id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    user_id = models.UUIDField()
    restaurant_id = models.UUIDField()
    date = models.DateField()
    time = models.TimeField()
    party_size = models.IntegerField()
    deposit_amount = models.DecimalField(max_digits=10, decimal_places=2)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    class Meta:
        managed = False
        db_table = "holds"

    def __str__(self) -> str:
        return str(self.hold_id)
