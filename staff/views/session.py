"""Signing in and out with a password, the second factor on the way, and setting a password."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.contrib import messages
from django.contrib.auth import REDIRECT_FIELD_NAME, login, logout
from django.forms import Form
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import add_never_cache_headers
from django.utils.crypto import constant_time_compare
from django.utils.decorators import method_decorator
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views import View
from django.views.decorators.debug import sensitive_post_parameters
from django_otp import login as show_factor

from accounts.errors import CodeWrong, LinkUsed, SignInRefused
from accounts.models import User
from accounts.services import passwords
from accounts.services.second_factor import has_second_factor
from core import clock
from core.errors import Invalid, TooOften
from core.rates import guest_network
from reservations.views import wording
from reservations.views.held import problems
from staff.access import own_path
from staff.forms import errors
from staff.forms.session import CodeForm, NewPasswordForm, SignInForm
from staff.presence import BY_PIN, SEEN, presence_of, tablet_of
from staff.services.sign_in import check_code, check_password, enter

HALF = "staff_half"
"""Session key: who has shown the password, and not the code yet."""
HALF_LIFE = dt.timedelta(minutes=10)


def too_often(form: Form, error: TooOften) -> int:
    """Say in the form when to try again, and give the status."""
    text = _("Too many attempts. Please try again in %(wait)s.")
    form.add_error(None, text % {"wait": wording.minutes(error.retry_after)})
    return 429


def door_page(
    request: HttpRequest,
    template: str,
    form: Form,
    status: int = 200,
    retry_after: int = 0,
    **context: Any,
) -> HttpResponse:
    """A page with one form at a door; nothing keeps a copy of it."""
    context |= {"form": form, "problems": problems(form), "others": form.non_field_errors()}
    response = render(request, template, context, status=status)
    if retry_after:
        response["Retry-After"] = str(retry_after)
    add_never_cache_headers(response)
    return response


def asked_path(request: HttpRequest) -> str:
    """The page of ours that was asked for before the door, or the first one."""
    asked = request.POST.get(REDIRECT_FIELD_NAME) or request.GET.get(REDIRECT_FIELD_NAME, "")
    return own_path(request, asked)


@method_decorator(sensitive_post_parameters("password"), name="dispatch")
class SignInView(View):
    """E-mail address and password. Whoever is signed in already goes straight on."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """The form."""
        present = presence_of(request)
        if present is not None and not present.by_pin:
            return HttpResponseRedirect(asked_path(request))
        return self._page(request, SignInForm())

    def post(self, request: HttpRequest) -> HttpResponse:
        """Sign in and go on to the page that was asked for, if it is one of ours."""
        form = SignInForm(request.POST)
        if not form.is_valid():
            return self._page(request, form, 422)
        try:
            user = check_password(**form.cleaned_data, network=guest_network(request.META))
        except SignInRefused as error:
            form.add_error(None, error.text)
            return self._page(request, form, 422)
        except TooOften as error:
            return self._page(request, form, too_often(form, error), error.retry_after)
        if has_second_factor(user):
            return _to_code(request, user)
        _sign_in(request, user, with_code=False)
        return HttpResponseRedirect(asked_path(request))

    def _page(
        self, request: HttpRequest, form: SignInForm, status: int = 200, retry_after: int = 0
    ) -> HttpResponse:
        return door_page(
            request,
            "staff/sign_in.html",
            form,
            status,
            retry_after,
            next=asked_path(request),
            tablet=tablet_of(request),
        )


def _to_code(request: HttpRequest, user: User) -> HttpResponse:
    """The password was right: signed in is nobody before the code is, too."""
    logout(request)
    request.session[HALF] = {
        "user": user.public_id,
        "stamp": user.get_session_auth_hash(),
        "at": int(clock.now().timestamp()),
    }
    query = urlencode({REDIRECT_FIELD_NAME: asked_path(request)})
    return HttpResponseRedirect(f"{reverse('staff:sign_in_code')}?{query}")


def _sign_in(request: HttpRequest, user: User, *, with_code: bool) -> None:
    request.session.pop(BY_PIN, None)
    login(request, user, backend="django.contrib.auth.backends.ModelBackend")
    request.session.pop(HALF, None)
    request.session.pop(SEEN, None)
    enter(user, with_code=with_code)


def _half_way(request: HttpRequest) -> User | None:
    """Who may show a code here: after the password, or in a session that began without one."""
    kept = request.session.get(HALF)
    if kept is None:
        present = presence_of(request)
        is_asked = present is not None and present.step == "sign_in_code"
        return present.user if present is not None and is_asked else None
    if clock.now().timestamp() - kept["at"] > HALF_LIFE.total_seconds():
        return None
    user = User.objects.filter(public_id=kept["user"], is_active=True, is_staff=True).first()
    if user is None or not constant_time_compare(kept["stamp"], user.get_session_auth_hash()):
        return None
    return user


class CodeView(View):
    """The second factor. Whoever has not shown a password goes back to the first door."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """The form."""
        if _half_way(request) is None:
            return HttpResponseRedirect(reverse("staff:sign_in"))
        return self._page(request, CodeForm())

    def post(self, request: HttpRequest) -> HttpResponse:
        """Sign in for good."""
        user = _half_way(request)
        if user is None:
            messages.info(request, _("That took too long. Please sign in again."))
            return HttpResponseRedirect(reverse("staff:sign_in"))
        form = CodeForm(request.POST)
        if not form.is_valid():
            return self._page(request, form, 422)
        try:
            device = check_code(user, form.cleaned_data["code"])
        except CodeWrong as error:
            form.add_error("code", error.text)
            return self._page(request, form, 422)
        except TooOften as error:
            return self._page(request, form, too_often(form, error), error.retry_after)
        _sign_in(request, user, with_code=True)
        show_factor(request, device)
        return HttpResponseRedirect(asked_path(request))

    def _page(
        self, request: HttpRequest, form: CodeForm, status: int = 200, retry_after: int = 0
    ) -> HttpResponse:
        return door_page(
            request,
            "staff/door.html",
            form,
            status,
            retry_after,
            title=_("Your code"),
            about=_("Open the application on your telephone and enter the six digits."),
            hint=_("No telephone at hand? One of your recovery codes does, too."),
            submit=_("Continue"),
            next=asked_path(request),
        )


class SignOutView(View):
    """By a form only: a link of another site's must not sign anybody out."""

    http_method_names = ["post", "options"]

    def post(self, request: HttpRequest) -> HttpResponse:
        """End the session in the database, too."""
        logout(request)
        if tablet_of(request):
            return HttpResponseRedirect(reverse("staff:tablet"))
        messages.success(request, _("You are signed out."))
        return HttpResponseRedirect(reverse("staff:sign_in"))


@method_decorator(sensitive_post_parameters("password"), name="dispatch")
class PasswordLinkView(View):
    """Behind the link of a mail: set a password."""

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        """The form; opening it uses nothing up, since mail programs look ahead."""
        return self._page(request, token, NewPasswordForm())

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        """Set it, then sign in with it: so the second factor is asked for like always."""
        form = NewPasswordForm(request.POST)
        if not form.is_valid():
            return self._page(request, token, form, 422)
        try:
            passwords.set_by_link(token, form.cleaned_data["password"])
        except Invalid as error:
            errors.add(form, error)
            return self._page(request, token, form, 422)
        except LinkUsed:
            return self._page(request, token, form)
        logout(request)
        messages.success(request, _("Your password is set. Sign in with it now."))
        return HttpResponseRedirect(reverse("staff:sign_in"))

    def _page(
        self, request: HttpRequest, token: str, form: NewPasswordForm, status: int = 200
    ) -> HttpResponse:
        try:
            user = passwords.person_of(token)
        except LinkUsed as error:
            context = {"title": _("This link is over"), "text": error.text}
            response = render(request, "staff/link_over.html", context, status=410)
            add_never_cache_headers(response)
            return response
        return door_page(
            request,
            "staff/door.html",
            form,
            status,
            title=_("Set a password"),
            about=_("For %(email)s. At least eight characters; a short sentence is best.")
            % {"email": user.email},
            submit=_("Set the password"),
            username=user.email,
        )
