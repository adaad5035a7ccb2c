"""What is done to a guest's record: notes, consents, merging and its undoing, export, erasing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _

from core.errors import DomainError, NotFound
from customers.errors import MergeNotFound
from customers.models import Customer
from customers.selectors import Wanted, customer_of, search_customers
from customers.services import merging
from customers.services.notes import add_note, pin_note, withdraw_note
from customers.services.records import CustomerChange, update_customer
from reservations.services import guest_records
from reservations.views.base import warn
from reservations.views.held import problems
from reservations.views.wording import phone
from restaurants.access import Capability
from restaurants.models import Restaurant
from staff import guest_export, guest_words, once
from staff.access import HouseView, StaffRequest, house_url
from staff.forms.guests import ConsentForm, EraseForm, NoteTextForm
from staff.tables import as_csv
from staff.views.guests import profile

_MOST_FOUND = 12


def guest_of(request: StaffRequest, guest_id: str) -> Customer:
    """The group's guest; raises CustomerNotFound, for another group's too."""
    return customer_of(request.venue.organization_id, guest_id)


def reach(request: StaffRequest) -> int | None:
    """The one restaurant beyond which the person has no say over guests; None for the group.

    Merging, handing out and erasing concern all of a guest's visits, at whatever house.
    """
    if request.access.sees_all:
        return None
    group = request.venue.organization_id
    houses = set(Restaurant.objects.filter(organization=group).values_list("pk", flat=True))
    mine = request.access.restaurants(Capability.MANAGE)
    return None if houses <= mine else request.venue.pk


class NotesView(HouseView):
    """Adding a note."""

    needs = Capability.OPERATE

    def get(self, request: StaffRequest, guest_id: str) -> HttpResponse:
        """Notes stand on the guest's page."""
        return self.to("guest", guest_of(request, guest_id).public_id)

    def post(self, request: StaffRequest, guest_id: str) -> HttpResponse:
        """Append it; a form sent twice is one note."""
        guest = guest_of(request, guest_id)
        form = NoteTextForm(request.POST)
        if not form.is_valid():
            return profile(request, guest, note_form=form, status=422)
        if once.is_first(request):
            said = form.cleaned_data
            house = request.venue.pk
            add_note(guest, said["text"], by=request.actor, restaurant_id=house, pin=said["pin"])
            messages.success(request, _("The note is kept."))
        return self.to("guest", guest.public_id)


class NoteView(HouseView):
    """One note: pinned, unpinned, withdrawn. Nothing changes its words."""

    needs = Capability.OPERATE

    def get(self, request: StaffRequest, guest_id: str, note_id: str) -> HttpResponse:
        """Notes stand on the guest's page."""
        return self.to("guest", guest_of(request, guest_id).public_id)

    def post(self, request: StaffRequest, guest_id: str, note_id: str) -> HttpResponse:
        """Do what ``do`` says."""
        guest, what = guest_of(request, guest_id), request.POST.get("do", "")
        who: dict[str, Any] = {"by": request.actor, "restaurant_id": request.venue.pk}
        if what in ("pin", "unpin"):
            pin_note(guest, note_id, pin=what == "pin", **who)
        elif what == "withdraw":
            withdraw_note(guest, note_id, **who)
            messages.success(request, _("The note is withdrawn; it stays readable below."))
        else:
            raise NotFound
        return self.to("guest", guest.public_id)


class ConsentView(HouseView):
    """Giving or taking back consent in the guest's name, with how they said so."""

    needs = Capability.OPERATE

    def get(self, request: StaffRequest, guest_id: str, kind: str) -> HttpResponse:
        """The question."""
        return self._page(request, guest_of(request, guest_id), kind, ConsentForm())

    def post(self, request: StaffRequest, guest_id: str, kind: str) -> HttpResponse:
        """Log it."""
        guest, form = guest_of(request, guest_id), ConsentForm(request.POST)
        if not form.is_valid():
            return self._page(request, guest, kind, form, 422)
        wish = not _has_consent(guest, kind)
        if str(wish) == request.POST.get("wish"):
            change = CustomerChange(
                consents=wish if kind == "marketing" else None,
                sms_consents=wish if kind == "sms" else None,
                consent_words=form.cleaned_data["words"],
            )
            update_customer(
                guest.organization_id,
                guest.public_id,
                change,
                by=request.actor,
                country=request.venue.country,
                restaurant_id=request.venue.pk,
            )
            messages.success(request, _("The log of consents has it."))
        return self.to("guest", guest.public_id)

    def _page(
        self,
        request: StaffRequest,
        guest: Customer,
        kind: str,
        form: ConsentForm,
        status: int = 200,
    ) -> HttpResponse:
        if kind not in guest_words.CONSENTS:
            raise Http404
        wish = not _has_consent(guest, kind)
        what = {"what": guest_words.CONSENTS[kind], "name": guest.name}
        title = _("%(what)s: %(name)s agrees") if wish else _("%(what)s: %(name)s withdraws")
        context = {
            "title": title % what,
            "wish": str(wish),
            "form": form,
            "problems": problems(form),
            "back": house_url(request.venue, "guest", guest.public_id),
        }
        return render(request, "staff/guest_consent.html", context, status=status)


def _has_consent(guest: Customer, kind: str) -> bool:
    since = guest.marketing_consent_at if kind == "marketing" else guest.sms_consent_at
    return since is not None


@dataclass(frozen=True, slots=True)
class MergeRow:
    """A line of the preview."""

    what: str
    kept: str
    other: str
    result: str


class MergeView(HouseView):
    """Two records of one guest: found, previewed, made one."""

    needs = Capability.MANAGE

    def get(self, request: StaffRequest, guest_id: str) -> HttpResponse:
        """Whom with, then what would be kept."""
        guest = guest_of(request, guest_id)
        other = request.GET.get("with", "").replace("\0", "")
        return self._preview(request, guest, other) if other else self._search(request, guest)

    def post(self, request: StaffRequest, guest_id: str) -> HttpResponse:
        """Merge; may be repeated."""
        guest = guest_of(request, guest_id)
        group = request.venue.organization_id
        other = request.POST.get("with", "").replace("\0", "")
        try:
            guest_records.merge(
                group, guest.public_id, other, by=request.actor, within=reach(request)
            )
        except NotFound:
            raise
        except DomainError as error:
            warn(request, error)
            return self.to("guest_merge", guest.public_id)
        messages.success(request, _("The two records are one. For thirty days this can be undone."))
        return self.to("guest", guest.public_id)

    def _search(self, request: StaffRequest, guest: Customer) -> HttpResponse:
        words = request.GET.get("q", guest.name).replace("\0", "").strip()[:100]
        found = search_customers(
            request.venue.organization_id,
            Wanted(words=words),
            country=request.venue.country,
            limit=_MOST_FOUND,
            most=_MOST_FOUND,
        )
        others = [row for row in found.customers if row.pk != guest.pk] if words else []
        context = {
            "guest": guest,
            "words": words,
            "others": [(row, phone(row.phone) if row.phone else "") for row in others],
            "back": house_url(request.venue, "guest", guest.public_id),
        }
        return render(request, "staff/guest_merge.html", context)

    def _preview(self, request: StaffRequest, guest: Customer, other: str) -> HttpResponse:
        try:
            plan = merging.plan_merge(request.venue.organization_id, guest.public_id, other)
        except NotFound:
            raise
        except DomainError as error:
            warn(request, error)
            return self.to("guest_merge", guest.public_id)
        context = {
            "guest": plan.kept,
            "other": plan.absorbed,
            "rows": list(_merge_rows(plan)),
            "moved": _moved(plan),
            "swap": f"{house_url(request.venue, 'guest_merge', plan.absorbed.public_id)}"
            f"?with={plan.kept.public_id}",
            "back": house_url(request.venue, "guest", guest.public_id),
        }
        return render(request, "staff/guest_merge_preview.html", context)


def _merge_rows(plan: merging.MergePlan) -> Iterator[MergeRow]:
    kept, other, result = plan.kept, plan.absorbed, plan.result
    yield MergeRow(_("Name"), kept.name, other.name, kept.name)
    for name, title in (
        ("phone", _("Telephone")),
        ("email", _("E-mail")),
        ("is_vip", _("VIP")),
        ("tags", _("Tags")),
        ("allergies", _("Allergies")),
        ("dietary", _("Diet")),
        ("birthday", _("Birthday")),
        ("anniversary", _("Anniversary")),
        ("language", _("Language")),
        ("marketing_consent_at", guest_words.CONSENTS["marketing"]),
        ("sms_consent_at", guest_words.CONSENTS["sms"]),
        ("notes", _("Remark")),
        ("user_id", _("Account")),
    ):
        values = [getattr(kept, name), getattr(other, name), result[name]]
        if any(values):
            texts = [_merge_text(name, value) for value in values]
            if name in ("phone", "email") and plan.left[name] and result[name]:
                also = {"value": plan.left[name]}
                texts[2] += " " + _("(%(value)s goes on finding the guest)") % also
            yield MergeRow(str(title), *texts)


def _merge_text(name: str, value: Any) -> str:
    if not value:
        return "–"
    if isinstance(value, list):
        return ", ".join(guest_words.allergen(each) for each in value)
    if name in ("birthday", "anniversary"):
        return guest_words.day_of_year(value)
    if name in ("is_vip", "user_id", "marketing_consent_at", "sms_consent_at"):
        return _("yes")
    return str(value)


def _moved(plan: merging.MergePlan) -> list[str]:
    words = {
        "reservation": _("Bookings"),
        "guestnote": _("Notes"),
        "consententry": _("Consents"),
        "customer": _("Records merged before"),
    }
    return [f"{words.get(name, name)}: {count}" for name, count in plan.moved.items()]


class UnmergeView(HouseView):
    """Making two records of one again."""

    needs = Capability.MANAGE

    def get(self, request: StaffRequest, guest_id: str, merge_id: str) -> HttpResponse:
        """The question."""
        guest = guest_of(request, guest_id)
        merge = next((m for m in merging.merges_of(guest) if m.public_id == merge_id), None)
        if merge is None:
            raise MergeNotFound
        about = _(
            "%(name)s becomes a record of its own again, as it was, with the bookings and notes it"
            " had. What came since the merge stays with %(kept)s, and so does what somebody changed"
            " since."
        ) % {"name": merge.absorbed.name, "kept": guest.name}
        context = {
            "title": _("Undo the merge?"),
            "about": about,
            "submit": _("Make two records again"),
            "back": house_url(request.venue, "guest", guest.public_id),
        }
        return render(request, "staff/confirm.html", context)

    def post(self, request: StaffRequest, guest_id: str, merge_id: str) -> HttpResponse:
        """Undo it."""
        guest = guest_of(request, guest_id)
        group = request.venue.organization_id
        try:
            back = guest_records.undo_merge(
                group,
                merge_id,
                by=request.actor,
                within=reach(request),
                restaurant_id=request.venue.pk,
            )
        except NotFound:
            raise
        except DomainError as error:
            warn(request, error)
            return self.to("guest", guest.public_id)
        messages.success(request, _("%(name)s has a record again.") % {"name": back.name})
        return self.to("guest", back.public_id)


class ExportView(HouseView):
    """Everything about a guest, for the guest."""

    needs = Capability.MANAGE

    def get(self, request: StaffRequest, guest_id: str, form: str) -> HttpResponseBase:
        """As JSON, complete, or as a table of the visits. Either is in the audit trail."""
        guest = guest_of(request, guest_id)
        group = request.venue.organization_id
        try:
            record = guest_records.export(
                group, guest.public_id, by=request.actor, within=reach(request)
            )
        except NotFound:
            raise
        except DomainError as error:
            warn(request, error)
            return self.to("guest", guest.public_id)
        name = f"guest-{guest.public_id}"
        if form == "csv":
            return as_csv(f"{name}.csv", guest_export.HEADING, guest_export.lines(record))
        answer = JsonResponse(
            guest_export.everything(record), json_dumps_params={"ensure_ascii": False, "indent": 2}
        )
        answer["Content-Disposition"] = f'attachment; filename="{name}.json"'
        return answer


class EraseView(HouseView):
    """The right to be forgotten."""

    needs = Capability.MANAGE

    def get(self, request: StaffRequest, guest_id: str) -> HttpResponse:
        """What goes and what stays, and the name to type."""
        guest = guest_of(request, guest_id)
        return self._page(request, guest, EraseForm(None, guest))

    def post(self, request: StaffRequest, guest_id: str) -> HttpResponse:
        """Erase, once the name is right."""
        guest = guest_of(request, guest_id)
        form = EraseForm(request.POST, guest)
        if not form.is_valid():
            return self._page(request, guest, form, 422)
        group = request.venue.organization_id
        try:
            done = guest_records.erase(
                group,
                guest.public_id,
                by=request.actor,
                within=reach(request),
                reason=form.cleaned_data["reason"],
            )
        except NotFound:
            raise
        except DomainError as error:
            warn(request, error)
            return self._page(request, guest, form, 409)
        said = {"bookings": done.bookings, "messages": done.messages}
        messages.success(
            request,
            _("The guest is erased: %(bookings)s bookings and %(messages)s messages are nobody’s.")
            % said,
        )
        return self.to("guests")

    def _page(
        self, request: StaffRequest, guest: Customer, form: EraseForm, status: int = 200
    ) -> HttpResponse:
        context = {
            "guest": guest,
            "form": form,
            "problems": problems(form),
            "back": house_url(request.venue, "guest", guest.public_id),
        }
        return render(request, "staff/guest_erase.html", context, status=status)
