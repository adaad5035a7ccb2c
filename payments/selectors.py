"""What a house asks for in advance, in words for guests; and money that needs a person."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Concat

from core import clock
from payments.models import (
    Payment,
    PaymentDispute,
    Policy,
    ReconciliationDifference,
    Refund,
)

STUCK_AFTER = dt.timedelta(minutes=5)
"""A charge whose answer is missing for this long is worth a look; the sweep goes on asking."""

STUCK_AFTER_TRIES = 5
"""An errand that was tried so often without an answer is worth a look, too."""

ASKED_AGAIN = "again:"
"""How the key of a refund begins that takes the place of a refused one."""

NO_DEPOSIT_TEXT = "No deposit is taken. Please cancel as early as you can."


@dataclass(frozen=True, slots=True)
class Terms:
    """The deposit of any party at any time, and the refund ladder behind it."""

    deposit_per_person: Decimal = Decimal(0)
    """Zero when only some services, dates or parties pay, or when the house takes one sum."""
    refund_ladder: tuple[tuple[int, int], ...] | None = None
    """Hours and percent, falling; None when the house never takes a deposit."""

    @property
    def cancellation_text(self) -> str:
        """The ladder in one sentence."""
        if self.refund_ladder is None:
            return NO_DEPOSIT_TEXT
        return ladder_text(self.refund_ladder)


NO_TERMS = Terms()


def stuck_payments() -> QuerySet[Payment]:
    """Payments nobody knows the outcome of: unknown, or asked for some minutes ago."""
    old = clock.now() - STUCK_AFTER
    return Payment.objects.filter(
        Q(status=Payment.Status.UNKNOWN) | Q(status=Payment.Status.REQUESTED, created_at__lt=old)
    )


def stuck_refunds() -> QuerySet[Refund]:
    """Refunds that need a person: refused by the provider and not asked for again, or given up."""
    again = Refund.objects.filter(
        idempotency_key=Concat(Value(ASKED_AGAIN), OuterRef("public_id")),
    )
    return Refund.objects.filter(
        Q(status=Refund.Status.FAILED) & ~Exists(again)
        | Q(status=Refund.Status.REQUESTED, next_attempt_at=None)
    )


def stuck_errands() -> QuerySet[Payment]:
    """Holds that could not be taken or let go of for about an hour; workers go on trying."""
    return Payment.objects.exclude(errand="").filter(attempts__gte=STUCK_AFTER_TRIES)


def open_disputes() -> QuerySet[PaymentDispute]:
    """Charges their owners contest that nobody has answered yet."""
    return PaymentDispute.objects.filter(status=PaymentDispute.Status.NEEDS_RESPONSE)


def action_of(purpose: str) -> dict[str, str]:
    """What the card's owner has to do for the latest payment for ``purpose``; empty: nothing.

    ``url``, ``client_secret``: as :class:`payments.gateways.base.Action`.
    """
    waiting = Payment.objects.filter(purpose=purpose, status=Payment.Status.ACTION_REQUIRED)
    return waiting.values_list("action", flat=True).order_by("-id").first() or {}


def open_differences() -> QuerySet[ReconciliationDifference]:
    """What a provider's books say otherwise than ours, and nobody has looked into yet."""
    return ReconciliationDifference.objects.filter(resolved_at=None)


def terms_of(restaurant_ids: Iterable[int]) -> dict[int, Terms]:
    """The terms of each restaurant that has a policy. One query, whatever their number.

    The deposit is that of the default policy: the one without service, offer, weekdays or dates,
    for every party size the house takes. A house with special policies only shows their ladder.
    """
    today = clock.now().date()
    is_default = Q(
        service=None,
        offer=None,
        weekdays=[],
        min_party__lte=F("restaurant__min_party"),
    )
    is_default &= Q(max_party=None) | Q(max_party__gte=F("restaurant__max_party"))
    # One that starts later is not the default yet and must not hide the one that is.
    is_default &= Q(valid_from=None) | Q(valid_from__lte=today)
    rows = (
        Policy.objects.filter(restaurant__in=list(restaurant_ids), is_active=True)
        .filter(Q(valid_until=None) | Q(valid_until__gte=today))
        .alias(is_default=is_default)
        .order_by("is_default", "priority", "-id")
        .annotate(counts_for_all=Q(is_default=True) & Q(per_person=True))
        .values_list("restaurant_id", "amount", "refund_ladder", "counts_for_all")
    )
    # Ascending order: the policy that wins comes last and stays.
    return {
        restaurant_id: Terms(
            deposit_per_person=amount if counts_for_all else Decimal(0),
            refund_ladder=tuple((hours, percent) for hours, percent in ladder),
        )
        for restaurant_id, amount, ladder, counts_for_all in rows
    }


def ladder_text(ladder: Sequence[tuple[int, int]]) -> str:
    """``[(24, 100), (4, 50)]`` as contract 2 words it."""
    steps = sorted(ladder, reverse=True)
    if not any(percent for _, percent in steps):
        return "The deposit is not refunded."
    parts = []
    above: int | None = None
    for hours, percent in steps:
        parts.append(f"{_share(percent)} {_span(hours, above)}")
        above = hours
    if above:
        parts.append(f"no refund less than {above} hours before")
    text = ", ".join(parts)
    return f"{text[0].upper()}{text[1:]}."


def _share(percent: int) -> str:
    return {100: "full refund", 0: "no refund"}.get(percent, f"{percent}% refund")


def _span(hours: int, above: int | None) -> str:
    if above is None:
        return f"{hours}+ hours before" if hours else "at any time before"
    return f"{hours}-{above} hours before" if hours else f"less than {above} hours before"
