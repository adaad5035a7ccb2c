"""The tablets of a house, and the PINs of who works on them. For managers."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.contrib.auth import logout
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables

from core import clock
from core.errors import DomainError
from reservations.views.held import problems
from restaurants.access import Capability
from restaurants.models import Membership, Tablet
from restaurants.people import add_tablet, make_first_pin, revoke_tablet, set_tablet_rules
from staff import once, wording
from staff.access import HouseView, StaffRequest, house_url
from staff.forms import errors
from staff.forms.people import LockForm, TabletForm
from staff.presence import tablet_of
from staff.selectors import people_at, person_at, tablet_at, tablets_at
from staff.services import people
from staff.views.people import PersonLine, person_lines
from staff.views.shown_once import sent_before, show_once
from staff.views.tablet import keep_cookie


@dataclass(frozen=True, slots=True)
class TabletLine:
    """A tablet as the list shows it."""

    row: Tablet
    made: str
    last_seen: str
    is_this: bool


@dataclass(frozen=True, slots=True)
class PinLine:
    """A person and their PIN."""

    person: PersonLine
    may_hand_out: bool


class _ManagersView(HouseView):
    needs = Capability.MANAGE


class TabletsView(_ManagersView):
    """The tablets that work, when they lock, and who has a PIN."""

    def get(self, request: StaffRequest) -> HttpResponse:
        """The page."""
        minutes = request.venue.lock_after_minutes
        return self._page(request, LockForm(initial={"lock_after_minutes": minutes}))

    def post(self, request: StaffRequest) -> HttpResponse:
        """After how many minutes they lock."""
        form = LockForm(request.POST)
        if not form.is_valid():
            return self._page(request, form, 422)
        set_tablet_rules(request.venue, **form.cleaned_data, by=request.actor)
        messages.success(request, _("Saved."))
        return self.to("tablets")

    def _page(self, request: StaffRequest, form: LockForm, status: int = 200) -> HttpResponse:
        now, here = clock.now(), tablet_of(request)
        lines = [
            TabletLine(
                row,
                wording.moment(row.created_at, request.venue.tz),
                wording.ago(row.last_seen_at, now) or _("never"),
                row == here,
            )
            for row in tablets_at(request.venue)
        ]
        pins = [
            PinLine(line, people.may_hand_out_pin(request.access, line.row))
            for line in person_lines(request, people_at(request.venue))
        ]
        context = {
            "lines": lines,
            "pins": pins,
            "form": form,
            "is_tablet": here is not None,
            "problems": problems(form),
            "others": form.non_field_errors(),
        }
        return render(request, "staff/tablets.html", context, status=status)


class NewTabletView(_ManagersView):
    """Make the browser in hand the house's."""

    def get(self, request: StaffRequest) -> HttpResponse:
        """The form."""
        return self._page(request, TabletForm())

    @method_decorator(sensitive_variables("token"))
    def post(self, request: StaffRequest) -> HttpResponse:
        """From now on it asks for names and PINs; the manager is signed out here."""
        form = TabletForm(request.POST)
        if not form.is_valid():
            return self._page(request, form, 422)
        try:
            _tablet, token = add_tablet(request.venue, form.cleaned_data["label"], by=request.actor)
        except DomainError as error:
            errors.add(form, error)
            return self._page(request, form, 422)
        before = tablet_of(request)
        if before is not None:
            # One browser is one tablet: what it was before opens nothing any more.
            revoke_tablet(before, by=request.actor)
        logout(request)
        response = HttpResponseRedirect(reverse("staff:tablet"))
        keep_cookie(request, response, token)
        return response

    def _page(self, request: StaffRequest, form: TabletForm, status: int = 200) -> HttpResponse:
        context = {
            "title": _("This browser becomes a tablet of the house"),
            "about": _(
                "Whoever works here then signs in on it by name and PIN. You are signed out on it"
                " now. A PIN opens the book and the stand; keys, people and money settings stay"
                " behind the password."
            ),
            "form": form,
            "submit": _("Make it the house’s tablet"),
            "back": house_url(request.venue, "tablets"),
            "problems": problems(form),
            "others": form.non_field_errors(),
        }
        return render(request, "staff/small_form.html", context, status=status)


class RevokeTabletView(_ManagersView):
    """Lost, sold or broken."""

    def get(self, request: StaffRequest, tablet_id: str) -> HttpResponse:
        """The question."""
        row = tablet_at(request.venue, tablet_id)
        context = {
            "title": _("Revoke “%(name)s”?") % {"name": row.label},
            "about": _("Nobody gets in with a PIN there any more, and who is signed in is out."),
            "submit": _("Revoke the tablet"),
            "back": house_url(request.venue, "tablets"),
        }
        return render(request, "staff/confirm.html", context)

    def post(self, request: StaffRequest, tablet_id: str) -> HttpResponse:
        """At once, and for good."""
        row = tablet_at(request.venue, tablet_id)
        revoke_tablet(row, by=request.actor)
        messages.success(request, _("“%(name)s” is revoked.") % {"name": row.label})
        return self.to("tablets")


class _PersonsPinView(_ManagersView):
    def person(self, user_id: str) -> Membership:
        """A person whose PIN this manager decides about; 404 or 403 otherwise."""
        found = person_at(self.request.venue, user_id)
        if not people.may_hand_out_pin(self.request.access, found):
            raise PermissionDenied
        return found


class FirstPinView(_PersonsPinView):
    """A PIN to hand over, shown once; its owner chooses another one when using it."""

    def get(self, request: StaffRequest, user_id: str) -> HttpResponse:
        """The question."""
        row = self.person(user_id)
        context = {
            "title": _("A first PIN for %(name)s") % {"name": row.user.called},
            "about": _("It is shown once. The PIN of now, if there is one, ends."),
            "submit": _("Make a first PIN"),
            "back": house_url(request.venue, "tablets"),
            "once": once.fresh(),
        }
        return render(request, "staff/question.html", context)

    @method_decorator(sensitive_variables("pin"))
    def post(self, request: StaffRequest, user_id: str) -> HttpResponse:
        """Make it, and show it once."""
        row = self.person(user_id)
        if not once.is_first(request):
            sent_before(request)
            return self.to("tablets")
        pin = make_first_pin(row, by=request.actor)
        return show_once(
            request,
            title=_("A first PIN for %(name)s") % {"name": row.user.called},
            about=_("Hand it over. At its first use they choose one of their own."),
            text=pin,
            back=house_url(request.venue, "tablets"),
        )


class UnlockPinView(_ManagersView):
    """Too many wrong PINs, and the evening goes on."""

    http_method_names = ["post", "options"]

    def post(self, request: StaffRequest, user_id: str) -> HttpResponse:
        """Let them try again at once."""
        people.unlock_pin(person_at(request.venue, user_id), by=request.actor)
        messages.success(request, _("They can try again at once."))
        return self.to("tablets")
