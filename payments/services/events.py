"""What providers tell us unasked: verified, stored once, looked into later.

A message is a hint and the provider's books are the truth: what it is about is fetched before
anything is written, and every step only goes forward. So messages that are lost, late, told
twice or told in the wrong order do no harm.
"""

from __future__ import annotations

import datetime as dt
import logging
import time
from collections.abc import Mapping

from django.db import transaction
from django.db.models import F

from core import clock, jobs
from payments.gateways.base import NEVER_ARRIVED, AnswerLost, Gateway
from payments.gateways.registry import GATEWAYS, SANDBOX, gateway_of
from payments.models import Payment, ProviderAccount, ProviderEvent, Refund
from payments.services import disputes, errands, refunds, settling
from payments.services.charges import OPEN
from payments.services.timing import SWEEP_SECONDS, later

logger = logging.getLogger(__name__)

MAX_ATTEMPTS = 6
"""A message about nothing we know is tried for about two hours: the answer that names what it is
about may still be on its way. Then it is parked."""
FORGET_AFTER = dt.timedelta(days=30)
"""No provider repeats a message for longer."""

GIVEN_UP_WITHIN = dt.timedelta(days=2)
"""A request that was given up is still looked for so long after it was begun."""
_LOOKS = 5
"""At so many of them for one message: accounts are used for other things than bookings, too."""

_LEASE = dt.timedelta(minutes=2)
_STEPS = [
    dt.timedelta(seconds=10),
    dt.timedelta(minutes=1),
    dt.timedelta(minutes=5),
    dt.timedelta(minutes=30),
    dt.timedelta(minutes=90),
]
_UNKNOWN = "Nothing here has this reference."


class UnknownAddress(LookupError):
    """Nobody was ever told to send messages there."""


def receive(
    provider: str, account: str, body: bytes, headers: Mapping[str, str], *, url: str
) -> bool:
    """Verify a provider's message and keep it; whether it was new. May be repeated.

    ``account`` is the public id of the account, empty for the sandbox; ``url`` the address it
    was sent to. Nothing is looked into here, so that the provider has its answer at once. Raises
    UnknownAddress, :class:`~payments.gateways.base.BadSignature`, and AnswerLost when it could
    not be verified now: then the provider is to send it again.
    """
    account_id, gateway = _recipient(provider, account)
    notice = gateway.read_notice(body, headers, url=url)
    now = clock.now()
    with transaction.atomic():
        _, is_new = ProviderEvent.objects.get_or_create(
            account_id=account_id,
            provider=provider,
            event_id=notice.event_id[:120],
            defaults={
                "type": notice.type[:80],
                "references": list(dict.fromkeys(filter(None, notice.references))),
                "occurred_at": notice.occurred_at,
                "received_at": now,
                "next_attempt_at": now,
            },
        )
        if is_new:
            jobs.wake("payments.process_events")
    return is_new


def _recipient(provider: str, account: str) -> tuple[int | None, Gateway]:
    if provider == SANDBOX and not account:
        gateway = gateway_of(None)
        gateway.refuse_unless_usable()
        return None, gateway
    found = ProviderAccount.objects.filter(public_id=account, provider=provider).first()
    if found is None or provider not in GATEWAYS:
        raise UnknownAddress
    return found.pk, gateway_of(found.pk, provider)


def process_events(limit: int = 100) -> int:
    """Look into up to ``limit`` due messages and say how many were.

    Each is claimed with a lease and looked into outside of any transaction: a crash at any line
    means that it is looked into again, which changes nothing that was done before. Safe to run
    twice and at once.
    """
    done = 0
    deadline = time.monotonic() + SWEEP_SECONDS
    while done < limit and time.monotonic() < deadline:
        event = _claim(clock.now())
        if event is None:
            break
        _close(event, _problem_of(event), at=clock.now())
        done += 1
    return done


def forget_old() -> int:
    """Delete messages that no provider repeats any more; how many. May be repeated."""
    old = ProviderEvent.objects.filter(received_at__lt=clock.now() - FORGET_AFTER)
    return old.delete()[0]


def _claim(now: dt.datetime) -> ProviderEvent | None:
    with transaction.atomic(durable=True):
        event = (
            ProviderEvent.objects.select_for_update(skip_locked=True)
            .filter(processed_at=None, next_attempt_at__lte=now)
            .order_by(F("next_attempt_at").asc(), "id")
            .first()
        )
        if event is not None:
            event.attempts += 1
            event.next_attempt_at = now + _LEASE
            event.save(update_fields=["attempts", "next_attempt_at"])
    return event


def _close(event: ProviderEvent, problem: str, *, at: dt.datetime) -> None:
    event.last_error = problem[:200]
    if not problem:
        event.processed_at, event.next_attempt_at = at, None
    elif event.attempts >= MAX_ATTEMPTS:
        event.next_attempt_at = None
        logger.warning("message of a provider is parked", extra={"event": event.pk})
    else:
        event.next_attempt_at = later(at, event.attempts, _STEPS)
    event.save(update_fields=["processed_at", "next_attempt_at", "last_error"])


def _problem_of(event: ProviderEvent) -> str:
    """Empty when all it is about was looked into."""
    try:
        known, waits = False, False
        for reference in event.references:
            found = _look_into(event, str(reference))
            known |= found is not None
            waits |= found is False
    except AnswerLost:
        return "The provider does not answer."
    except Exception as error:
        # One message that cannot be read must not keep the others waiting.
        logger.exception("message of a provider could not be processed", extra={"event": event.pk})
        return f"Not processed: {type(error).__name__}"
    if waits:
        return "Not decided yet."
    return "" if known or not event.references else _UNKNOWN


def _look_into(event: ProviderEvent, reference: str) -> bool | None:
    """Whether all is known about what has this reference; None when nothing here has it."""
    of_account = {"account_id": event.account_id, "gateway": event.provider}
    payment = Payment.objects.filter(provider_reference=reference, **of_account).first()
    if payment is not None:
        return _payment(payment)
    refund = Refund.objects.filter(
        provider_reference=reference, **{f"payment__{k}": v for k, v in of_account.items()}
    ).first()
    if refund is not None:
        refunds.look_again(refund.pk, at=clock.now())
        return True
    if "dispute" in event.type.lower():
        return disputes.look_up(event.account_id, event.provider, reference)
    # An answer that was lost before it could name the charge: whoever waits for it asks now.
    Payment.objects.filter(
        provider_reference="", status=Payment.Status.UNKNOWN, **of_account
    ).update(next_check_at=clock.now())
    return True if _has_arrived_late(of_account) else None


def _has_arrived_late(of_account: Mapping[str, object]) -> bool:
    """Whether something we had given up, because the provider had not heard of it, was done after
    all: not every provider can be told in advance to refuse a request that is still on its way."""
    given_up = Payment.objects.filter(
        provider_reference="",
        status=Payment.Status.FAILED,
        failure_code=NEVER_ARRIVED,
        created_at__gte=clock.now() - GIVEN_UP_WITHIN,
        **of_account,
    )
    return any(settling.look_back(payment) for payment in given_up.order_by("-id")[:_LOOKS])


def _payment(payment: Payment) -> bool:
    """Whether nothing about the payment is open on our side."""
    if payment.status in errands.SECURED_STATUSES:
        return errands.look_again(payment)
    if payment.status in (Payment.Status.FAILED, Payment.Status.VOIDED):
        settling.look_back(payment)
        return True
    if payment.status not in OPEN:
        return True
    settling.look_up(payment)
    payment.refresh_from_db(fields=["status"])
    return payment.status not in (Payment.Status.REQUESTED, Payment.Status.UNKNOWN)
