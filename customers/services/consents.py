"""The log of consents: one entry for each that is given or withdrawn, beside the audit trail."""

from __future__ import annotations

from core import audit, clock
from core.actors import Actor
from customers.models import ConsentEntry, Customer


def log_consent(
    guest: Customer,
    kind: str,
    *,
    given: bool,
    by: Actor,
    restaurant_id: int | None = None,
    booking: str = "",
    text: str = "",
) -> None:
    """Append one entry to the log and the trail, in the caller's transaction.

    ``kind`` is one of :class:`~customers.models.ConsentEntry.Kind`. ``booking`` is where it was
    said, else the kind of whoever did it stands as the source; ``text`` the words that were
    agreed to.
    """
    ConsentEntry.objects.create(
        customer=guest,
        kind=kind,
        given=given,
        source=booking or str(by.kind),
        text=text,
        at=clock.now(),
        actor_kind=by.kind,
        actor_id=by.id,
        actor_label=by.label,
        restaurant_id=restaurant_id,
    )
    proof = {"booking": booking} if given and booking else {}
    audit.record(
        "customer.consented" if given else "customer.consent_withdrawn",
        guest.public_id,
        by=by,
        restaurant_id=restaurant_id,
        to=kind,
        **proof,
    )
