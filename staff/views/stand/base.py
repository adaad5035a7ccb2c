"""What every address of the host stand begins with: the date, the night, what one may do."""

from __future__ import annotations

import datetime as dt
from typing import Any, ClassVar

from django.http import Http404
from django.http.response import HttpResponseBase
from django.utils.functional import cached_property
from django.utils.http import urlencode

from core import clock
from reservations.selectors.night import Night, night_of
from reservations.selectors.queue import Queue, queue_of
from reservations.selectors.today import service_date_at
from restaurants.access import Capability
from staff.access import HouseView, opens_by_password, tag_sight
from staff.views.stand.centre import CENTRES

THEME = "stand_theme"
"""Cookie: how the stand looks on this device; dark unless it says ``light``."""


class StandView(HouseView):
    """A part of the stand of one service date; today's unless ``date`` says another."""

    needs: ClassVar[Capability] = Capability.SEE
    at: dt.datetime

    def within(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """One instant for the whole answer."""
        self.at = clock.now()
        return super().within(request, *args, **kwargs)

    @cached_property
    def asked(self) -> Any:
        """The fields that were sent, whichever way."""
        return self.request.POST if self.request.method == "POST" else self.request.GET

    @cached_property
    def today(self) -> dt.date:
        """The date whose evening it is."""
        return service_date_at(self.request.venue, self.at)

    @cached_property
    def date(self) -> dt.date:
        """The service date looked at. Raises 404 for what is no date."""
        said = self.asked.get("date", "")
        if not said:
            return self.today
        try:
            found = dt.date.fromisoformat(said)
        except ValueError as error:
            raise Http404 from error
        if abs((found - self.today).days) > 3660:
            raise Http404
        return found

    @cached_property
    def night(self) -> Night:
        """Read once, and only where it is asked for."""
        sight = tag_sight(self.request)
        return night_of(self.request.venue.pk, self.date, self.at, sight)

    @cached_property
    def queue(self) -> Queue:
        """Who waits at the door that night; the same."""
        return queue_of(self.night)

    @cached_property
    def theme(self) -> str:
        """Dark, unless this device says otherwise."""
        said = self.request.GET.get("theme") or self.request.COOKIES.get(THEME)
        return "light" if said == "light" else "dark"

    @cached_property
    def view(self) -> str:
        """The view in the middle."""
        said = self.asked.get("view", "")
        return said if said in CENTRES else "floor"

    @cached_property
    def here(self) -> str:
        """The query of this page, which every link on it keeps: the date, and the view."""
        fields = {"date": self.date.isoformat()}
        if self.view != next(iter(CENTRES)):
            fields["view"] = self.view
        return urlencode(fields)

    def may(self, capability: Capability) -> bool:
        """Whether the person may do this here."""
        return self.request.access.allows(capability, self.request.venue.pk)

    def by_password(self, capability: Capability) -> bool:
        """Whether the person may, once they have shown their password at this tablet."""
        return opens_by_password(self.request, self.request.venue, capability)

    @cached_property
    def rights(self) -> dict[str, bool]:
        """What templates ask before they show a button."""
        password = self.by_password(Capability.OVERBOOK)
        return {
            "act": self.may_act,
            "operate": self.may(Capability.OPERATE),
            "overbook": self.may(Capability.OVERBOOK) or password,
            "password": password,
        }

    @cached_property
    def may_act(self) -> bool:
        """Whether there are buttons at all."""
        return self.may(Capability.OPERATE) or self.may(Capability.SERVE)
