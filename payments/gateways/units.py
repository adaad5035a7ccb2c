"""The smallest amounts that providers deal in, which are not always those of ISO 4217.

Apart from the adapters, because amounts are made where nobody needs a provider's library.

Stripe (docs.stripe.com/currencies, "Three-decimal currencies" and "Special cases"): amounts of
three decimals must end in 0; the króna, the Ugandan shilling and the ariary are whole; forints and
new Taiwan dollars are charged with two decimals, but paid out whole. PayPal (developer.paypal.com,
"Currency codes"): two dozen currencies, and of forints, yen and new Taiwan dollars a decimal amount
is an error. Square (its ``Money``): the smallest denomination of ISO 4217, whatever the currency.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from core import money

STRIPE_WHOLE: Final = frozenset({"HUF", "ISK", "MGA", "TWD", "UGX"})
PAYPAL_WHOLE: Final = frozenset({"HUF", "JPY", "TWD"})
PAYPAL_CURRENCIES: Final = frozenset(
    {"AUD", "BRL", "CAD", "CHF", "CNY", "CZK", "DKK", "EUR", "GBP", "HKD", "HUF", "ILS"}
    | {"JPY", "MXN", "MYR", "NOK", "NZD", "PHP", "PLN", "SEK", "SGD", "THB", "TWD", "USD"}
)


def takes(gateway: str, currency: str) -> bool:
    """Whether a provider (its name in the registry) moves money of this currency at all."""
    return gateway != "paypal" or currency in PAYPAL_CURRENCIES


def unit_of(gateway: str, currency: str) -> Decimal:
    """What amounts are made multiples of, so that charges, refunds and payouts come out even.

    Stripe would charge a hundredth of a forint, and no payout would ever bring it. Where the
    provider does not take the currency, the smallest amount there is in it.
    """
    if gateway == "stripe":
        if currency in money.THOUSANDTHS:
            return Decimal("0.01")
        return Decimal(1) if currency in STRIPE_WHOLE else money.unit(currency)
    if gateway == "paypal" and currency in PAYPAL_WHOLE:
        return Decimal(1)
    return money.unit(currency)


def is_whole(amount: Decimal, gateway: str, currency: str) -> bool:
    """Whether a provider can move just this amount."""
    return not amount % unit_of(gateway, currency)
