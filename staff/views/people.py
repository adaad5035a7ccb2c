"""Who works at a house: seen, invited, given another role, unlocked, sent away. For owners."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from accounts.models import Authenticator
from accounts.services.guessing import Lock, account_key, locks_of
from core import clock
from core.errors import DomainError
from reservations.views.held import problems
from reservations.views.wording import clock_time
from restaurants.access import GUARDED_ROLES, Capability
from restaurants.models import Membership, Restaurant, Role
from restaurants.people import is_last_owner, remove_from_house, require_second_factor
from staff import wording
from staff.access import HouseView, StaffRequest, house_url
from staff.forms import errors
from staff.forms.people import PersonForm, RoleForm, RulesForm
from staff.selectors import people_at, person_at
from staff.services import people

_ORDER = {role: number for number, role in enumerate(Role)}


@dataclass(frozen=True, slots=True)
class PersonLine:
    """A person as the list and their own page show them."""

    row: Membership
    name: str
    role: Any
    may: Any
    last_seen: str
    has_factor: bool
    lacks_factor: bool
    """The house requires one and there is none."""
    pin: str
    locked: str
    """Until when, on the house's clocks; empty when they may try."""
    is_self: bool
    is_invited: bool
    """Has set no password yet."""


def person_lines(request: StaffRequest, rows: Iterable[Membership]) -> list[PersonLine]:
    """What is worth knowing of these people now. Two queries, however many."""
    found = list(rows)
    with_factor = set(
        Authenticator.objects.filter(
            user__in=[row.user_id for row in found], confirmed=True
        ).values_list("user_id", flat=True)
    )
    locks = locks_of(account_key(row.user.email) for row in found)
    lines = [
        _line(request, row, row.user_id in with_factor, locks.get(account_key(row.user.email), []))
        for row in found
    ]
    return sorted(lines, key=lambda line: _ORDER[Role(line.row.role)])


def _line(
    request: StaffRequest, row: Membership, has_factor: bool, locks: list[Lock]
) -> PersonLine:
    venue = request.venue
    is_required = venue.requires_second_factor and row.role in GUARDED_ROLES
    pin = _("none")
    if row.pin:
        pin = _("first PIN, not used yet") if row.pin_is_first else _("set")
    return PersonLine(
        row=row,
        name=row.user.called,
        role=wording.ROLES[row.role],
        may=wording.MAY[row.role],
        last_seen=wording.ago(row.last_seen_at, clock.now()) or _("never"),
        has_factor=has_factor,
        lacks_factor=is_required and not has_factor,
        pin=pin,
        locked=clock_time(locks[0].until, venue.tz) if locks else "",
        is_self=row.user_id == request.user.pk,
        is_invited=not row.user.has_usable_password(),
    )


class _OwnersView(HouseView):
    """A page for who decides who works here."""

    needs = Capability.OWN

    def person(self, user_id: str) -> Membership:
        """The person of this house; 404 otherwise."""
        return person_at(self.request.venue, user_id)

    def refused(self, error: DomainError, user_id: str) -> HttpResponseRedirect:
        """Say why not on the person's page."""
        messages.error(self.request, error.text)
        return self.to("person", user_id)


class PeopleView(_OwnersView):
    """Everybody, and whether a second factor is required."""

    def get(self, request: StaffRequest) -> HttpResponse:
        """The list. Three queries, however many people."""
        return self._page(request)

    def post(self, request: StaffRequest) -> HttpResponse:
        """Require a second factor, or not any more; sent twice it is the same."""
        form = RulesForm(request.POST)
        form.is_valid()
        required = form.cleaned_data["required"]
        require_second_factor(request.venue, required=required, by=request.actor)
        if required:
            messages.success(request, _("Owners and managers need a second factor now."))
        else:
            messages.success(request, _("A second factor is everybody’s own choice now."))
        return self.to("people")

    def _page(self, request: StaffRequest) -> HttpResponse:
        lines = person_lines(request, people_at(request.venue))
        context = {
            "lines": lines,
            "lacking": sum(line.lacks_factor for line in lines),
            "form": RulesForm(initial={"required": request.venue.requires_second_factor}),
        }
        return render(request, "staff/people.html", context)


class NewPersonView(_OwnersView):
    """Somebody new, by e-mail address: nobody may leaf through all accounts to find one."""

    def get(self, request: StaffRequest) -> HttpResponse:
        """The form."""
        initial = {"role": Role.HOST, "language": request.venue.language}
        return self._page(request, PersonForm(initial=initial))

    def post(self, request: StaffRequest) -> HttpResponse:
        """Let them in; the mail leaves soon after."""
        form = PersonForm(request.POST)
        if not form.is_valid():
            return self._page(request, form, 422)
        said = form.cleaned_data
        try:
            membership = people.invite(
                request.venue,
                said["email"],
                Role(said["role"]),
                by=request.actor,
                full_name=said["full_name"].strip(),
                language=said["language"],
            )
        except DomainError as error:
            errors.add(form, error)
            return self._page(request, form, 422)
        text = _("%(name)s works here now. A mail with the way in is on its way.")
        messages.success(request, text % {"name": membership.user.called})
        return self.to("people")

    def _page(self, request: StaffRequest, form: PersonForm, status: int = 200) -> HttpResponse:
        context = {
            "form": form,
            "roles": [(wording.ROLES[role], wording.MAY[role]) for role in Role],
            "problems": problems(form),
            "others": form.non_field_errors(),
        }
        return render(request, "staff/person_form.html", context, status=status)


class PersonView(_OwnersView):
    """One person, and what can be decided about them."""

    def get(self, request: StaffRequest, user_id: str) -> HttpResponse:
        """The page."""
        row = self.person(user_id)
        return self._page(request, row, RoleForm(initial={"role": row.role}))

    def post(self, request: StaffRequest, user_id: str) -> HttpResponse:
        """Another role, from their next click on."""
        row, form = self.person(user_id), RoleForm(request.POST)
        if not form.is_valid():
            return self._page(request, row, form, 422)
        try:
            people.change_role(row, Role(form.cleaned_data["role"]), by=request.actor)
        except DomainError as error:
            errors.add(form, error)
            return self._page(request, row, form, 422)
        text = _("%(name)s: %(role)s from now on.")
        role = wording.ROLES[form.cleaned_data["role"]]
        messages.success(request, text % {"name": row.user.called, "role": role})
        # Who has just taken the right away from themselves may not see the list any more.
        is_out = row.user_id == request.user.pk and not request.access.sees_all
        still = not is_out or form.cleaned_data["role"] == Role.OWNER
        return self.to("people" if still else "house")

    def _page(
        self, request: StaffRequest, row: Membership, form: RoleForm, status: int = 200
    ) -> HttpResponse:
        line = person_lines(request, [row])[0]
        context = {
            "line": line,
            "form": form,
            "is_last_owner": is_last_owner(row),
            "may_reset": line.has_factor and people.may_reset_factor(request.access, row),
            "log": f"{house_url(request.venue, 'log')}?person={row.user.public_id}",
            "problems": problems(form),
            "others": form.non_field_errors(),
        }
        return render(request, "staff/person.html", context, status=status)


class RemovePersonView(_OwnersView):
    """They work here no more, after a question."""

    def get(self, request: StaffRequest, user_id: str) -> HttpResponse:
        """The question."""
        row = self.person(user_id)
        about = _("%(name)s is signed out everywhere at once and sees nothing of this house.")
        context = {
            "title": _("Remove %(name)s?") % {"name": row.user.called},
            "about": about % {"name": row.user.called},
            "hint": _("What they did stays in the log."),
            "submit": _("Remove"),
            "back": house_url(request.venue, "person", user_id),
        }
        return render(request, "staff/confirm.html", context)

    def post(self, request: StaffRequest, user_id: str) -> HttpResponse:
        """Rights, PIN and sessions end."""
        row = self.person(user_id)
        try:
            remove_from_house(row, by=request.actor)
        except DomainError as error:
            return self.refused(error, user_id)
        messages.success(request, _("%(name)s works here no more.") % {"name": row.user.called})
        return self.to("house" if row.user_id == request.user.pk else "people")


class _PostView(_OwnersView):
    """A button on the person's page."""

    http_method_names = ["post", "options"]


class SendLinkView(_PostView):
    """A new link to set a password."""

    def post(self, request: StaffRequest, user_id: str) -> HttpResponse:
        """By mail to the person, never shown here."""
        row = self.person(user_id)
        people.send_link(row, by=request.actor, language=_language(request.venue))
        messages.success(request, _("A new link is on its way to %(email)s.") % _of(row))
        return self.to("person", user_id)


class UnlockView(_PostView):
    """Too many wrong tries, and the person stands at the door."""

    def post(self, request: StaffRequest, user_id: str) -> HttpResponse:
        """Let them try again at once."""
        people.unlock(self.person(user_id), by=request.actor)
        messages.success(request, _("They can try again at once."))
        return self.to("person", user_id)


class ResetFactorView(_OwnersView):
    """The telephone is lost and the codes with it."""

    def get(self, request: StaffRequest, user_id: str) -> HttpResponse:
        """The question."""
        row = self.person(user_id)
        context = {
            "title": _("Take the second factor away?"),
            "about": _(
                "%(name)s signs in with the password alone, and is signed out everywhere now. Be"
                " sure that it is really them who asks."
            )
            % {"name": row.user.called},
            "submit": _("Take it away"),
            "back": house_url(request.venue, "person", user_id),
        }
        return render(request, "staff/confirm.html", context)

    def post(self, request: StaffRequest, user_id: str) -> HttpResponse:
        """Take it away, if nobody else's house depends on it."""
        row = self.person(user_id)
        try:
            people.reset_factor(row, access=request.access, by=request.actor)
        except DomainError as error:
            return self.refused(error, user_id)
        messages.success(request, _("The second factor is taken away."))
        return self.to("person", user_id)


def _of(row: Membership) -> dict[str, str]:
    return {"email": row.user.email}


def _language(venue: Restaurant) -> str:
    return get_language() or venue.language
