"""The reports of a house: what each shows, in words, figures, pictures and tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy

from restaurants.access import Capability
from staff.reports import attendance, covers, lead, occupancy, sources, turns, yields
from staff.reports.parts import Asked, Report


@dataclass(frozen=True, slots=True)
class Kind:
    """One report: its name in addresses, its title, who sees it, and what makes it."""

    name: str
    title: Any
    build: Callable[[Asked], Report]
    needs: Capability = Capability.SEE


KINDS: Mapping[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind("covers", gettext_lazy("Covers"), covers.build),
        Kind("attendance", gettext_lazy("No-shows"), attendance.build),
        Kind("turns", gettext_lazy("Turn times"), turns.build),
        Kind("occupancy", gettext_lazy("Occupancy"), occupancy.build),
        Kind("lead", gettext_lazy("Lead times"), lead.build),
        Kind("sources", gettext_lazy("Sources"), sources.build, Capability.SEE_MONEY),
        Kind("yields", gettext_lazy("Yield"), yields.build, Capability.SEE_MONEY),
    )
}
"""In the order of their tabs."""
