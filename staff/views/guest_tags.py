"""The tags of the group: made, renamed, coloured, taken away."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.errors import DomainError
from customers.errors import TagChanged, TagNotFound
from customers.models import GuestTag
from customers.selectors import tags_of
from customers.services.tags import AsShown, TagValues, remove_tag, save_tag
from reservations.views.base import warn
from reservations.views.held import problems
from restaurants.access import Capability
from staff.access import HouseView, StaffRequest, house_url
from staff.forms.guests import NewTagForm, TagForm
from staff.forms.shown import NAME, Shown, Stale, merged, overtaken, read, shown_by, written

_KINDS = (
    (GuestTag.Kind.GUEST, gettext_lazy("Of guests")),
    (GuestTag.Kind.VISIT, gettext_lazy("Of visits")),
)


class TagsView(HouseView):
    """All of them, and a form for one more."""

    needs = Capability.MANAGE

    def get(self, request: StaffRequest) -> HttpResponse:
        """The list."""
        return self._page(request, NewTagForm())

    def post(self, request: StaffRequest) -> HttpResponse:
        """Make one."""
        form = NewTagForm(request.POST)
        if not form.is_valid():
            return self._page(request, form, 422)
        return _save(self, request, form, "") or self._page(request, form, 422)

    def _page(self, request: StaffRequest, form: TagForm, status: int = 200) -> HttpResponse:
        context = {
            "kinds": [
                (title, tags_of(request.venue.organization_id, kind)) for kind, title in _KINDS
            ],
            "form": form,
            "problems": problems(form),
        }
        return render(request, "staff/guest_tags.html", context, status=status)


class TagView(HouseView):
    """One of them."""

    needs = Capability.MANAGE

    def get(self, request: StaffRequest, tag_id: str) -> HttpResponse:
        """The form."""
        tag = _tag(request, tag_id)
        form = _form(tag)
        return self._page(request, tag, form, shown_by(form))

    def post(self, request: StaffRequest, tag_id: str) -> HttpResponse:
        """Change it, or take it away from everybody, unless somebody else has changed it since."""
        tag, was = _tag(request, tag_id), read(request.POST.get(NAME, ""))
        if request.POST.get("do") == "remove":
            return self._remove(request, tag, was)
        form = _form(tag, request.POST)
        if not form.is_valid():
            return self._page(request, tag, form, was, 422)
        try:
            saved = _save(self, request, form, tag.public_id, _as(was))
        except TagChanged as error:
            tag = _tag(request, tag_id)
            now = _form(tag)
            kept = _form(tag, merged(request.POST, was, now, form))
            stale = overtaken(error.text, was, now, form)
            return self._page(request, tag, kept, shown_by(now), 409, stale)
        return saved or self._page(request, tag, form, was, 422)

    def _remove(self, request: StaffRequest, tag: GuestTag, was: Shown) -> HttpResponse:
        group, house = request.venue.organization_id, request.venue.pk
        try:
            remove_tag(
                group, tag.public_id, by=request.actor, restaurant_id=house, is_as_shown=_as(was)
            )
        except TagChanged as error:
            tag = _tag(request, tag.public_id)
            form = _form(tag)
            advice = _("Look at what it is now. If it shall still go, remove it.")
            stale = Stale(error.text, advice)
            return self._page(request, tag, form, shown_by(form), 409, stale)
        messages.success(request, _("The tag is gone, from all who carried it."))
        return self.to("guest_tags")

    def _page(
        self,
        request: StaffRequest,
        tag: GuestTag,
        form: TagForm,
        shown: Shown,
        status: int = 200,
        stale: Stale | None = None,
    ) -> HttpResponse:
        context = {
            "tag": tag,
            "form": form,
            "shown": written(shown),
            "stale": stale,
            "problems": problems(form),
            "back": house_url(request.venue, "guest_tags"),
        }
        return render(request, "staff/guest_tag.html", context, status=status)


def _tag(request: StaffRequest, tag_id: str) -> GuestTag:
    found = GuestTag.objects.filter(
        organization=request.venue.organization_id, public_id=tag_id
    ).first()
    if found is None:
        raise TagNotFound
    return found


def _form(tag: GuestTag, data: QueryDict | None = None) -> TagForm:
    return TagForm(data, initial={name: getattr(tag, name) for name in TagForm.base_fields})


def _as(was: Shown) -> AsShown:
    """Whether a tag is still what its form showed."""
    return lambda tag: shown_by(_form(tag)) == was


def _save(
    view: HouseView,
    request: StaffRequest,
    form: TagForm,
    tag_id: str,
    is_as_shown: AsShown | None = None,
) -> HttpResponse | None:
    """Back to the list; nothing where it cannot be saved. Raises TagChanged."""
    try:
        save_tag(
            request.venue.organization_id,
            TagValues(**form.cleaned_data),
            by=request.actor,
            public_id=tag_id,
            restaurant_id=request.venue.pk,
            is_as_shown=is_as_shown,
        )
    except TagChanged:
        raise
    except DomainError as error:
        warn(request, error)
        return None
    messages.success(request, _("Saved."))
    return view.to("guest_tags")
