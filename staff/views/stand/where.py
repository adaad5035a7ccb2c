"""Which tables may be the second tap, for a page that has the floor already."""

from __future__ import annotations

from dataclasses import asdict

from django.http import JsonResponse

from core.errors import NotFound
from restaurants.access import Capability
from staff.access import StaffRequest
from staff.views.stand.base import StandView
from staff.views.stand.cells import mode_in_time
from staff.views.stand.modes import mode_of


class WhereView(StandView):
    """A mode as JSON: what to tap for, and every table with yes, or no and why."""

    needs = Capability.OPERATE

    def get(self, request: StaffRequest) -> JsonResponse:
        """Of the night as it is now."""
        if self.view == "timeline":
            said = mode_in_time(self.night, request.GET, lambda: self.queue)
        else:
            mode = mode_of(self.night, request.GET, lambda: self.queue)
            said = None if mode is None else asdict(mode)
        if said is None:
            raise NotFound
        return JsonResponse(said)
