"""What the pages of set-up have in common: everyone here may look, managers change."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render

from restaurants.access import Capability
from staff.access import HouseView
from staff.setup_places import setup_places


class SetupView(HouseView):
    """A page of set-up."""

    needs = Capability.SEE
    needs_to_change = Capability.MANAGE

    @property
    def may_change(self) -> bool:
        """Whether who looks may change anything here."""
        return self.request.access.allows(Capability.MANAGE, self.request.venue.pk)

    def page(self, template: str, context: dict[str, Any], status: int = 200) -> HttpResponse:
        """The page within set-up."""
        frame = {"places": setup_places(self.request), "may_change": self.may_change}
        return render(self.request, f"staff/setup/{template}.html", frame | context, status=status)
