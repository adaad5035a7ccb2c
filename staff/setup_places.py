"""The pages of set-up, side by side."""

from __future__ import annotations

from django.utils.translation import gettext_lazy

from staff.access import StaffRequest, house_url
from staff.navigation import Link

PAGES = (
    (gettext_lazy("Overview"), "setup"),
    (gettext_lazy("Floor"), "setup_floor"),
    (gettext_lazy("Services"), "setup_services"),
    (gettext_lazy("Turn times"), "setup_turns"),
    (gettext_lazy("Hours"), "setup_hours"),
    (gettext_lazy("Special days"), "setup_days"),
    (gettext_lazy("Closures"), "setup_closures"),
    (gettext_lazy("Booking rules"), "setup_rules"),
    (gettext_lazy("Why closed?"), "setup_why"),
)


def setup_places(request: StaffRequest) -> list[Link]:
    """Links to the pages of set-up of this house."""
    return [
        Link(title, url, is_current=_is_here(request.path, url, page))
        for title, page in PAGES
        for url in [house_url(request.venue, page)]
    ]


def _is_here(path: str, url: str, page: str) -> bool:
    return path == url if page == "setup" else path.startswith(url)
