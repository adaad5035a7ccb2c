"""What a visit came to, where the house knows it."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from reservations.models.reservation import Reservation


class VisitBill(models.Model):
    """The total of a party's bill, in the currency of its house: typed in, or told by a till.

    It moves no money and settles nothing: reports and guests' profiles count it.
    """

    reservation = models.OneToOneField(Reservation, on_delete=models.CASCADE, related_name="bill")
    total = models.DecimalField(max_digits=12, decimal_places=3)
    told_by = models.CharField(max_length=120, blank=True)
    at = models.DateTimeField()

    class Meta:
        ordering = ["-id"]
        constraints = [models.CheckConstraint(condition=Q(total__gte=0), name="visit_bill_total")]

    def __str__(self) -> str:
        return f"{self.reservation_id}: {self.total}"
