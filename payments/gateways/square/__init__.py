"""Square: the Payments, Cards and Refunds APIs, with cards from the Web Payments SDK."""

from payments.gateways.square.gateway import SquareGateway

__all__ = ["SquareGateway"]
