"""The pages of money, side by side; everyone sees those their role opens."""

from __future__ import annotations

from django.utils.translation import gettext_lazy

from restaurants.access import Capability
from staff.access import StaffRequest, house_url
from staff.navigation import Link

_PAGES = (
    (gettext_lazy("Payments"), "payments", Capability.OPERATE),
    (gettext_lazy("Report"), "payment_report", Capability.SEE_MONEY),
    (gettext_lazy("Policies"), "policies", Capability.OPERATE),
    (gettext_lazy("Differences"), "payment_differences", Capability.SEE_MONEY),
    (gettext_lazy("Provider"), "payment_account", Capability.OWN),
)


def money_places(request: StaffRequest) -> list[Link]:
    """Links to the pages of money at this house."""
    venue = request.venue
    return [
        Link(title, url, is_current=request.path == url)
        for title, page, needs in _PAGES
        if request.access.allows(needs, venue.pk)
        for url in [house_url(venue, page)]
    ]
