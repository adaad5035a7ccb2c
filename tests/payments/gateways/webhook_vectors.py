"""A signed message and the right signature, to be refused with any one bit changed.

Computed with ``WebhookSignature.generate_signature_header`` of the package ``stripe`` 16.1 (MIT
licence) and equal to plain HMAC-SHA256 over ``"{timestamp}.{body}"``.
"""

from __future__ import annotations

from typing import Final

STRIPE_SECRET: Final = "whsec_test_secret"
STRIPE_AT: Final = 1700000000
STRIPE_BODY: Final = (
    b'{"id":"evt_test_webhook","object":"event","type":"payment_intent.succeeded",'
    b'"data":{"object":{"id":"pi_1","object":"payment_intent"}}}'
)
STRIPE_HEADER: Final = (
    "t=1700000000,v1=fb3ee338a0eb6686aeced69d8b2a2d87d568676ff7bd1e793a96bde7d3b832fb"
)
