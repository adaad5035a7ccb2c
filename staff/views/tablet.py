"""At a tablet of the house: pick a name, enter a PIN, lock it again."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import REDIRECT_FIELD_NAME, logout
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import add_never_cache_headers
from django.utils.decorators import method_decorator
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views import View
from django.views.decorators.debug import sensitive_post_parameters

from accounts.errors import CodeWrong, SignInRefused
from accounts.services.second_factor import has_second_factor
from core.errors import Invalid, TooOften
from restaurants.errors import NotHere
from restaurants.models import Membership, Tablet
from staff import wording
from staff.access import StaffRequest, StaffView, house_url
from staff.errors import PinWrong
from staff.forms import errors
from staff.forms.session import ConfirmForm, NewPinForm, PinForm
from staff.presence import (
    COOKIE,
    COOKIE_LIFE,
    begin_by_pin,
    note_password,
    presence_of,
    renew_pin_stamp,
    tablet_of,
)
from staff.selectors import people_at
from staff.services.sign_in import check_pin, choose_own_pin, confirm_password
from staff.views.session import asked_path, door_page, too_often


class _TabletView(View):
    """A page of a tablet; any other browser goes to the door."""

    tablet: Tablet

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Know the tablet first."""
        tablet = tablet_of(request)
        if tablet is None:
            return HttpResponseRedirect(reverse("staff:sign_in"))
        self.tablet = tablet
        response = super().dispatch(request, *args, **kwargs)
        add_never_cache_headers(response)
        return response


class TabletView(_TabletView):
    """Locked: the names of who works here, and nothing else of the house."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """The names; or on, while somebody is at it."""
        present = presence_of(request)
        if present is not None:
            return HttpResponseRedirect(asked_path(request))
        people = [
            {"id": row.user.public_id, "name": row.user.called, "role": wording.ROLES[row.role]}
            for row in people_at(self.tablet.restaurant)
            if row.user.is_active
        ]
        context = {"tablet": self.tablet, "people": people, "query": _query(request)}
        return render(request, "staff/tablet.html", context)


@method_decorator(sensitive_post_parameters("pin"), name="dispatch")
class PinView(_TabletView):
    """One name, and its PIN."""

    def get(self, request: HttpRequest, user_id: str) -> HttpResponse:
        """The form."""
        return self._page(request, user_id, PinForm())

    def post(self, request: HttpRequest, user_id: str) -> HttpResponse:
        """Unlock, and go on to the page somebody was at before."""
        form = PinForm(request.POST)
        if not form.is_valid():
            return self._page(request, user_id, form, 422)
        try:
            membership = check_pin(self.tablet, user_id, form.cleaned_data["pin"])
        except PinWrong as error:
            form.add_error("pin", error.text)
            return self._page(request, user_id, form, 422)
        except NotHere:
            raise Http404 from None
        except TooOften as error:
            status = too_often(form, error)
            form.add_error(None, _("A manager can let you try again at once."))
            return self._page(request, user_id, form, status, error.retry_after)
        begin_by_pin(request, self.tablet, membership)
        response = HttpResponseRedirect(_onward(request, self.tablet))
        keep_cookie(request, response, request.COOKIES[COOKIE])
        return response

    def _page(
        self,
        request: HttpRequest,
        user_id: str,
        form: PinForm,
        status: int = 200,
        retry_after: int = 0,
    ) -> HttpResponse:
        rows = people_at(self.tablet.restaurant).filter(user__public_id=user_id)
        person = rows.filter(user__is_active=True).first()
        if person is None:
            raise Http404
        return door_page(
            request,
            "staff/tablet_pin.html",
            form,
            status,
            retry_after,
            tablet=self.tablet,
            person=person,
            next=asked_path(request),
            query=_query(request),
        )


def keep_cookie(request: HttpRequest, response: HttpResponse, token: str) -> None:
    """Let the browser stay the house's tablet; no script and no other site reads it."""
    response.set_cookie(
        COOKIE,
        token,
        max_age=COOKIE_LIFE,
        path="/",
        secure=request.is_secure(),
        httponly=True,
        samesite="Lax",
    )


class LockView(_TabletView):
    """Lock at once, by button or by itself; the page is kept for whoever comes next."""

    http_method_names = ["post", "options"]

    def post(self, request: HttpRequest) -> HttpResponse:
        """End the session, whoever's it is."""
        query = _query(request)
        logout(request)
        return HttpResponseRedirect(f"{reverse('staff:tablet')}{query}")


class HereView(_TabletView):
    """A page without a reload says now and then that somebody touches it."""

    http_method_names = ["post", "options"]

    def post(self, request: HttpRequest) -> HttpResponse:
        """204 while somebody is there; 205, "begin anew", once the tablet is locked."""
        return HttpResponse(status=204 if presence_of(request) else 205)


class ChoosePinView(StaffView):
    """A first PIN was handed over by somebody: choose one nobody else knows."""

    for_tablets = is_step = True

    def get(self, request: StaffRequest) -> HttpResponse:
        """The form."""
        return self._page(request, NewPinForm())

    @method_decorator(sensitive_post_parameters("pin", "again"))
    def post(self, request: StaffRequest) -> HttpResponse:
        """Keep it, and go on."""
        membership = _own_membership(request)
        form = NewPinForm(request.POST)
        if not form.is_valid():
            return self._page(request, form, 422)
        try:
            choose_own_pin(membership, form.cleaned_data["pin"], by=request.actor)
        except Invalid as error:
            errors.add(form, error)
            return self._page(request, form, 422)
        renew_pin_stamp(request, membership)
        return HttpResponseRedirect(_onward(request, tablet_of(request)))

    def _page(self, request: StaffRequest, form: NewPinForm, status: int = 200) -> HttpResponse:
        _own_membership(request)
        return door_page(
            request,
            "staff/door.html",
            form,
            status,
            title=_("Choose your own PIN"),
            about=_("Somebody else made the first one. Choose one that only you know."),
            submit=_("Use this PIN"),
            next=asked_path(request),
        )


class PasswordView(StaffView):
    """What a PIN does not open (fees, overbooking) opens for a few minutes with the password."""

    for_tablets = True

    def get(self, request: StaffRequest) -> HttpResponse:
        """The form."""
        _own_membership(request)
        return self._page(request, self._form(request, None))

    @method_decorator(sensitive_post_parameters("password", "code"))
    def post(self, request: StaffRequest) -> HttpResponse:
        """Open it, and go back to where it was needed."""
        _own_membership(request)
        form = self._form(request, request.POST)
        if not form.is_valid():
            return self._page(request, form, 422)
        said = form.cleaned_data
        try:
            confirm_password(request.present.user, said["password"], said.get("code", ""))
        except SignInRefused:
            form.add_error("password", _("The password is wrong."))
            return self._page(request, form, 422)
        except CodeWrong as error:
            form.add_error("code", error.text)
            return self._page(request, form, 422)
        except TooOften as error:
            return self._page(request, form, too_often(form, error), error.retry_after)
        note_password(request)
        return HttpResponseRedirect(_onward(request, tablet_of(request)))

    def _form(self, request: StaffRequest, data: Any) -> ConfirmForm:
        return ConfirmForm(data, with_code=has_second_factor(request.present.user))

    def _page(
        self, request: StaffRequest, form: ConfirmForm, status: int = 200, retry_after: int = 0
    ) -> HttpResponse:
        return door_page(
            request,
            "staff/door.html",
            form,
            status,
            retry_after,
            title=_("Your password, please"),
            about=_("A PIN is not enough for this. It stays open for five minutes."),
            submit=_("Continue"),
            next=asked_path(request),
            username=request.present.user.email,
        )


def _own_membership(request: StaffRequest) -> Membership:
    """Of who is here by PIN. 404 for anybody else: there is nothing for them to do."""
    tablet = request.present.tablet
    if not request.present.by_pin or tablet is None:
        raise Http404
    rows = Membership.objects.filter(user=request.present.user, restaurant=tablet.restaurant_id)
    found: Membership = rows.select_related("user", "restaurant").get()
    return found


def _onward(request: HttpRequest, tablet: Tablet | None) -> str:
    """The page asked for if it is one of this house, else the house's first."""
    path = asked_path(request)
    if tablet is None:
        return path
    home = house_url(tablet.restaurant, "house")
    return path if path.startswith(home) else home


def _query(request: HttpRequest) -> str:
    asked = request.POST.get(REDIRECT_FIELD_NAME) or request.GET.get(REDIRECT_FIELD_NAME, "")
    if not asked.startswith("/staff/r/"):
        return ""
    return f"?{urlencode({REDIRECT_FIELD_NAME: asked})}"
