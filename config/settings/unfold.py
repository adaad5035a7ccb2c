"""How the admin looks. What its sidebar offers depends on the person: ``config.sidebar``."""

from __future__ import annotations

from typing import Any

# The theme's sign-in form forgets where a person was going.
LOGIN_REDIRECT_URL = "/admin/"

UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "Couvert",
    "SITE_HEADER": "Couvert",
    "SITE_SUBHEADER": "One book for every channel",
    "SITE_SYMBOL": "restaurant",
    "SITE_URL": "/staff/",
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": False,
    "COLORS": {
        "primary": {
            "50": "oklch(97% .02 165)",
            "100": "oklch(94% .045 165)",
            "200": "oklch(88% .08 165)",
            "300": "oklch(79% .11 165)",
            "400": "oklch(69% .12 165)",
            "500": "oklch(58% .115 165)",
            "600": "oklch(49% .1 165)",
            "700": "oklch(42% .085 165)",
            "800": "oklch(36% .07 165)",
            "900": "oklch(31% .06 165)",
            "950": "oklch(21% .04 165)",
        },
    },
    "SIDEBAR": {
        "show_search": True,
        "show_all_applications": False,
        "navigation": "config.sidebar.navigation",
    },
}
