"""What can be wrong about moving money."""

from __future__ import annotations

from core.errors import Conflict


class RefundTooLarge(Conflict):
    """More would go back than was taken; ``details`` has what is still there to be returned."""

    code = "REFUND_TOO_LARGE"
    message = "The refund is larger than what is left of the payment."


class RefundDone(Conflict):
    """The money is back with the guest, so there is nothing to try again."""

    code = "REFUND_DONE"
    message = "This refund has already succeeded."


class NothingSetAside(Conflict):
    """There is no hold on the card that could be taken: taken, let go or run out."""

    code = "NOTHING_SET_ASIDE"
    message = "Nothing is set aside on the card any more. Ask for the amount by a payment link."


class NothingToRedeem(Conflict):
    """Only a deposit or a prepayment that was taken comes off a bill."""

    code = "NOTHING_TO_REDEEM"
    message = "Only a deposit or a prepayment that was taken can be set off against a bill."


class RedemptionTooLarge(Conflict):
    """More would come off the bill than is left; ``details`` has what is."""

    code = "REDEMPTION_TOO_LARGE"
    message = "This is more than is left of the payment."
