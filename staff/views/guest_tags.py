"""The tags of the group: made, renamed, coloured, taken away."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.errors import DomainError
from customers.errors import TagNotFound
from customers.models import GuestTag
from customers.selectors import tags_of
from customers.services.tags import TagValues, remove_tag, save_tag
from reservations.views.base import warn
from reservations.views.held import problems
from restaurants.access import Capability
from staff.access import HouseView, StaffRequest, house_url
from staff.forms.guests import NewTagForm, TagForm

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
        values = {name: getattr(tag, name) for name in TagForm.base_fields}
        return self._page(request, tag, TagForm(initial=values))

    def post(self, request: StaffRequest, tag_id: str) -> HttpResponse:
        """Change it, or take it away from everybody."""
        tag = _tag(request, tag_id)
        if request.POST.get("do") == "remove":
            group, house = request.venue.organization_id, request.venue.pk
            remove_tag(group, tag.public_id, by=request.actor, restaurant_id=house)
            messages.success(request, _("The tag is gone, from all who carried it."))
            return self.to("guest_tags")
        form = TagForm(request.POST)
        if not form.is_valid():
            return self._page(request, tag, form, 422)
        return _save(self, request, form, tag.public_id) or self._page(request, tag, form, 422)

    def _page(
        self, request: StaffRequest, tag: GuestTag, form: TagForm, status: int = 200
    ) -> HttpResponse:
        context = {
            "tag": tag,
            "form": form,
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


def _save(
    view: HouseView, request: StaffRequest, form: TagForm, tag_id: str
) -> HttpResponse | None:
    try:
        save_tag(
            request.venue.organization_id,
            TagValues(**form.cleaned_data),
            by=request.actor,
            public_id=tag_id,
            restaurant_id=request.venue.pk,
        )
    except DomainError as error:
        warn(request, error)
        return None
    messages.success(request, _("Saved."))
    return view.to("guest_tags")
