"""Stripe: Payment Intents, Setup Intents and Checkout Sessions."""

from payments.gateways.stripe.gateway import StripeGateway

__all__ = ["StripeGateway"]
