"""What callers of this app may run into."""

from __future__ import annotations

from django.utils.translation import gettext_noop

from core.errors import Conflict, NotFound


class EndpointNotFound(NotFound):
    """No such endpoint, or another key's."""

    code = "WEBHOOK_ENDPOINT_NOT_FOUND"
    message = gettext_noop("There is no such webhook endpoint.")


class DeliveryNotFound(NotFound):
    """No such delivery, or another key's."""

    code = "WEBHOOK_DELIVERY_NOT_FOUND"
    message = gettext_noop("There is no such delivery. Deliveries are kept for 30 days.")


class EndpointNotActive(Conflict):
    """Nothing can be sent to it now."""

    code = "WEBHOOK_ENDPOINT_NOT_ACTIVE"
    message = gettext_noop("This endpoint is not active. Enable it first.")


class TooManyEndpoints(Conflict):
    """A key has as many endpoints as it may."""

    code = "TOO_MANY_WEBHOOK_ENDPOINTS"
    message = gettext_noop("A key has at most 20 endpoints. Remove one first.")
