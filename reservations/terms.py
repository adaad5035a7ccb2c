"""What a guest agrees to before money is asked for: in their language, with real dates.

The same lines are shown before the button, on the booking's page and kept on the payment's row,
as evidence of what was agreed.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.utils import translation
from django.utils.translation import gettext as _

from core import clock
from notifications.wording import amount, day_and_time
from reservations.engine.policies import refund_amount
from reservations.selectors.holds import HeldPlace
from reservations.selectors.houses import House

Ladder = Iterable[Iterable[int]]

NOTHING_TAKEN = frozenset({"hold", "card"})
_FEES = frozenset({"no_show_fee", "late_cancel"})
"""Kinds of terms with a fee instead of a refund: what does not come back of a deposit."""


def steps_of(ladder: Ladder) -> list[tuple[int, int]]:
    """Hours of notice and the percentage they give back, most notice first, each step worth less.

    A refund takes the best step that is met, so a longer notice never gives back less.
    """
    best, steps = 0, []
    for hours, percent in sorted((tuple(step) for step in ladder), key=lambda step: step[0]):
        if percent > best:
            best = percent
            steps.append((hours, percent))
    return steps[::-1]


def refund_lines(
    ladder: Ladder,
    starts_at: dt.datetime,
    zone: ZoneInfo,
    *,
    total: Decimal,
    currency: str,
    now: dt.datetime,
    unit: Decimal,
    kind: str = "deposit",
) -> list[str]:
    """The ladder as sentences with real dates, without the steps that have passed.

    Shares are rounded to ``unit``, which is what the provider can move.

    Of a hold and a card on file it says what is charged; of the others, what comes back.
    """
    steps = []
    for hours, percent in steps_of(ladder):
        until = starts_at.astimezone(dt.UTC) - dt.timedelta(hours=hours)
        if until >= now:
            steps.append((day_and_time(until, zone.key), percent))
    if kind in NOTHING_TAKEN:
        return _fee_lines(steps, total, currency, unit)
    lines = []
    for when, percent in steps:
        text = (
            _("Cancel by %(moment)s: the full %(money)s comes back.")
            if percent == 100
            else _("Cancel by %(moment)s: %(money)s comes back.")
        )
        back = amount(refund_amount(total, percent, unit), currency)
        lines.append(text % {"moment": when, "money": back})
    lines.append(_nothing_back(kind, after=bool(lines)))
    return lines


def _nothing_back(kind: str, *, after: bool) -> str:
    if kind == "prepayment":
        return _("After that nothing is given back.") if after else _("Nothing is given back.")
    if after:
        return _("After that the deposit is not given back.")
    return _("The deposit is not given back.")


def _fee_lines(
    steps: list[tuple[str, int]], total: Decimal, currency: str, unit: Decimal
) -> list[str]:
    lines = []
    for when, percent in steps:
        fee = total - refund_amount(total, percent, unit)
        if fee <= 0:
            lines.append(_("Cancel by %(moment)s: nothing is charged.") % {"moment": when})
        else:
            money = {"moment": when, "money": amount(fee, currency)}
            lines.append(_("Cancel by %(moment)s: up to %(money)s can be charged.") % money)
    full = {"money": amount(total, currency)}
    lines.append(
        _("After that, or if you do not come, up to %(money)s can be charged.") % full
        if lines
        else _("If you cancel or do not come, up to %(money)s can be charged.") % full
    )
    return lines


def headline(kind: str, total: Decimal, currency: str) -> str:
    """What happens to the card when booking, in one sentence."""
    sentences = {
        "deposit": _("A deposit of %(money)s is taken now. It comes off your bill."),
        "prepayment": _("The price of %(money)s is taken now."),
        "hold": _("%(money)s is set aside on your card and let go after your visit."),
        "hold_later": _(
            "Your card is saved now. %(money)s is set aside on it a few days before your visit and"
            " let go after it."
        ),
        "card": _("Your card secures the table. Nothing is taken now."),
        "no_show_fee": _("%(money)s is charged because your party did not come."),
        "late_cancel": _("%(money)s is charged because the booking was cancelled late."),
    }
    return sentences.get(kind, sentences["deposit"]) % {"money": amount(total, currency)}


def terms_text(held: HeldPlace, language: str = "", *, is_later: bool = False) -> str:
    """Everything a guest agrees to about the money of a hold, as lines of one text.

    ``is_later``: a hold on a card that is only saved now.
    """
    return agreed_text(
        held.house,
        kind=held.payment_kind,
        total=held.deposit,
        ladder=held.refund_ladder,
        starts_at=held.starts_at,
        language=language,
        is_later=is_later,
    )


def agreed_text(
    house: House,
    *,
    kind: str,
    total: Decimal,
    ladder: Ladder,
    starts_at: dt.datetime,
    language: str = "",
    is_later: bool = False,
) -> str:
    """The same of anything that is asked for; a fee is what it is, without steps."""
    with translation.override(language or translation.get_language()):
        first = headline("hold_later" if is_later else kind, total, house.currency)
        if kind in _FEES:
            return first
        lines = refund_lines(
            ladder,
            starts_at,
            house.zone,
            total=total,
            currency=house.currency,
            now=clock.now(),
            unit=house.plan.money_unit,
            kind=kind,
        )
        return "\n".join([first, *lines, house.cancellation_policy]).strip()
