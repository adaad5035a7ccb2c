"""PayPal: Orders v2 and Payments v2, approved on PayPal's own pages."""

from payments.gateways.paypal.gateway import PayPalGateway

__all__ = ["PayPalGateway"]
