"""Signing in and out."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth import REDIRECT_FIELD_NAME, login, logout
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import add_never_cache_headers
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views import View
from django.views.decorators.debug import sensitive_post_parameters

from accounts.errors import SignInRefused
from core.errors import TooOften
from core.rates import guest_network
from reservations.views import wording
from reservations.views.held import problems
from staff.access import is_staff, own_path
from staff.forms.session import SignInForm
from staff.services import check_password


@method_decorator(sensitive_post_parameters("password"), name="dispatch")
class SignInView(View):
    """E-mail address and password. Whoever is signed in already goes straight on."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """The form."""
        if is_staff(request):
            return HttpResponseRedirect(self._onward(request))
        return self._page(request, SignInForm())

    def post(self, request: HttpRequest) -> HttpResponse:
        """Sign in and go on to the page that was asked for, if it is one of ours."""
        form = SignInForm(request.POST)
        if not form.is_valid():
            return self._page(request, form, status=422)
        try:
            user = check_password(**form.cleaned_data, network=guest_network(request.META))
        except SignInRefused as error:
            form.add_error(None, error.text)
            return self._page(request, form, status=422)
        except TooOften as error:
            text = _("Too many attempts. Please try again in %(wait)s.")
            form.add_error(None, text % {"wait": wording.minutes(error.retry_after)})
            response = self._page(request, form, status=429)
            response["Retry-After"] = str(error.retry_after)
            return response
        login(request, user)
        return HttpResponseRedirect(self._onward(request))

    def _onward(self, request: HttpRequest) -> str:
        asked = request.POST.get(REDIRECT_FIELD_NAME) or request.GET.get(REDIRECT_FIELD_NAME, "")
        return own_path(request, asked)

    def _page(self, request: HttpRequest, form: SignInForm, status: int = 200) -> HttpResponse:
        context: dict[str, Any] = {
            "form": form,
            "next": self._onward(request),
            "problems": problems(form),
            "others": form.non_field_errors(),
        }
        response = render(request, "staff/sign_in.html", context, status=status)
        add_never_cache_headers(response)
        return response


class SignOutView(View):
    """By a form only: a link of another site's must not sign anybody out."""

    http_method_names = ["post", "options"]

    def post(self, request: HttpRequest) -> HttpResponse:
        """End the session in the database, too."""
        logout(request)
        messages.success(request, _("You are signed out."))
        return HttpResponseRedirect(reverse("staff:sign_in"))
