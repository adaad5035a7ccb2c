"""A person's own account: name, password, second factor, PINs. Never on a shared tablet's PIN."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.forms import Form
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django_otp import login as show_factor

from accounts.errors import CodeWrong, SignInRefused
from accounts.services import passwords, second_factor, trail
from core.errors import DomainError, Invalid, NotFound, TooOften
from reservations.views.held import problems
from reservations.views.ticket import qr_code
from restaurants.models import Membership
from restaurants.people import set_pin
from staff import wording
from staff.access import StaffRequest, StaffView, own_path
from staff.forms import errors
from staff.forms.people import NameForm
from staff.forms.session import ChangePasswordForm, CodeForm, ConfirmForm, NewPinForm
from staff.services.sign_in import confirm_password
from staff.views.session import too_often

_POSTED = sensitive_post_parameters("password", "code", "new_password", "pin", "again")


class AccountView(StaffView):
    """What is mine."""

    def get(self, request: StaffRequest) -> HttpResponse:
        """The page."""
        return self._page(request, NameForm(initial={"full_name": request.present.user.full_name}))

    def post(self, request: StaffRequest) -> HttpResponse:
        """Another name."""
        form = NameForm(request.POST)
        if not form.is_valid():
            return self._page(request, form, 422)
        user = request.present.user
        before, user.full_name = user.full_name, form.cleaned_data["full_name"].strip()
        if before != user.full_name:
            user.save(update_fields=["full_name"])
            after = {"name": user.full_name}
            trail.record(
                user, "account.changed", by=request.actor, before={"name": before}, after=after
            )
        messages.success(request, _("Saved."))
        return HttpResponseRedirect(reverse("staff:account"))

    def _page(self, request: StaffRequest, form: NameForm, status: int = 200) -> HttpResponse:
        user = request.present.user
        has_factor = second_factor.has_second_factor(user)
        rows = Membership.objects.filter(user=user).select_related("restaurant")
        context = {
            "form": form,
            "has_factor": has_factor,
            "codes_left": second_factor.codes_left(user) if has_factor else 0,
            "is_required": request.access.needs_second_factor,
            "places": [
                {"row": row, "role": wording.ROLES[row.role]}
                for row in rows.order_by("restaurant__name")
            ],
            "problems": problems(form),
            "others": form.non_field_errors(),
        }
        return render(request, "staff/account.html", context, status=status)


class _ConfirmedView(StaffView):
    """A page that asks for the password once more before it does something."""

    form_class: Any = ConfirmForm

    def get(self, request: StaffRequest) -> HttpResponse:
        """The form."""
        return self._page(request, self._form(request, None))

    @method_decorator(_POSTED)
    def post(self, request: StaffRequest) -> HttpResponse:
        """Check the password, then do it."""
        form = self._form(request, request.POST)
        if not form.is_valid():
            return self._page(request, form, 422)
        said = form.cleaned_data
        try:
            confirm_password(request.present.user, said["password"], said.get("code", ""))
            return self.confirmed(request, form)
        except SignInRefused:
            form.add_error("password", _("The password is wrong."))
        except CodeWrong as error:
            form.add_error("code", error.text)
        except Invalid as error:
            errors.add(form, error, {"password": "new_password"})
        except TooOften as error:
            return self._page(request, form, too_often(form, error))
        return self._page(request, form, 422)

    def confirmed(self, request: StaffRequest, form: Any) -> HttpResponse:
        """Do it. What it raises is said in the form."""
        raise NotImplementedError

    def words(self) -> tuple[str, str, str]:
        """Title, what it is about, and the button."""
        raise NotImplementedError

    def _form(self, request: StaffRequest, data: Any) -> Any:
        with_code = second_factor.has_second_factor(request.present.user)
        return self.form_class(data, with_code=with_code)

    def _page(self, request: StaffRequest, form: Form, status: int = 200) -> HttpResponse:
        title, about, submit = self.words()
        context = {
            "title": title,
            "about": about,
            "submit": submit,
            "form": form,
            "back": reverse("staff:account"),
            "username": request.present.user.email,
            "problems": problems(form),
            "others": form.non_field_errors(),
        }
        return render(request, "staff/small_form.html", context, status=status)


class ChangePasswordView(_ConfirmedView):
    """A new password; every other session ends."""

    form_class = ChangePasswordForm

    def words(self) -> tuple[str, str, str]:
        """See the base."""
        about = _("At least eight characters; a short sentence is best. Other browsers are out.")
        return _("Change the password"), about, _("Change the password")

    def confirmed(self, request: StaffRequest, form: Any) -> HttpResponse:
        """Change it, and stay signed in here."""
        user = request.present.user
        passwords.change(user, form.cleaned_data["new_password"], by=request.actor)
        update_session_auth_hash(request, user)
        messages.success(request, _("Your password is changed."))
        return HttpResponseRedirect(reverse("staff:account"))


class EndSessionsView(StaffView):
    """Signed in somewhere one has left."""

    http_method_names = ["post", "options"]

    def post(self, request: StaffRequest) -> HttpResponse:
        """End every session but this one."""
        user = request.present.user
        passwords.end_sessions(user)
        trail.record(user, "staff.sessions_ended", by=request.actor)
        update_session_auth_hash(request, user)
        messages.success(request, _("You are signed out everywhere else."))
        return HttpResponseRedirect(reverse("staff:account"))


class FactorView(StaffView):
    """Set the second factor up: scan, enter a code, keep the ten codes."""

    is_step = True

    def get(self, request: StaffRequest) -> HttpResponse:
        """The picture to scan."""
        if second_factor.has_second_factor(request.present.user):
            return HttpResponseRedirect(reverse("staff:account"))
        return self._page(request, CodeForm())

    @method_decorator(_POSTED)
    @method_decorator(sensitive_variables("codes"))
    def post(self, request: StaffRequest) -> HttpResponse:
        """The application is right: show the codes for paper, once."""
        user, form = request.present.user, CodeForm(request.POST)
        if second_factor.has_second_factor(user):
            return HttpResponseRedirect(reverse("staff:account"))
        if not form.is_valid():
            return self._page(request, form, 422)
        try:
            device, codes = second_factor.confirm(user, form.cleaned_data["code"], by=request.actor)
        except CodeWrong as error:
            form.add_error("code", error.text)
            return self._page(request, form, 422)
        except TooOften as error:
            return self._page(request, form, too_often(form, error))
        show_factor(request, device)
        return show_codes(request, codes, own_path(request, request.POST.get("next", "")))

    @method_decorator(sensitive_variables("setup"))
    def _page(self, request: StaffRequest, form: CodeForm, status: int = 200) -> HttpResponse:
        setup = second_factor.begin(request.present.user)
        context = {
            "form": form,
            "picture": qr_code(setup.address),
            "typed": setup.typed,
            "is_required": request.access.needs_second_factor,
            "next": own_path(request, request.POST.get("next") or request.GET.get("next", "")),
            "problems": problems(form),
            "others": form.non_field_errors(),
        }
        return render(request, "staff/second_factor.html", context, status=status)


@sensitive_variables("codes")
def show_codes(request: StaffRequest, codes: list[str], back: str) -> HttpResponse:
    """The answer to the form that made them: they stand in no address, session or log."""
    context = {"codes": codes, "text": "\n".join(codes), "back": back}
    return render(request, "staff/recovery_codes.html", context)


class FactorOffView(_ConfirmedView):
    """The password alone is enough again, unless a house asks for more."""

    def words(self) -> tuple[str, str, str]:
        """See the base."""
        about = _("You sign in with your password alone then.")
        if self.request.access.needs_second_factor:
            about = _("A house you work at requires one: you will set up another one at once.")
        return _("Take the second factor away"), about, _("Take it away")

    def confirmed(self, request: StaffRequest, form: Any) -> HttpResponse:
        """Take it away."""
        second_factor.remove(request.present.user, by=request.actor)
        messages.success(request, _("The second factor is taken away."))
        return HttpResponseRedirect(reverse("staff:account"))


class RecoveryCodesView(_ConfirmedView):
    """Ten new codes for paper."""

    def words(self) -> tuple[str, str, str]:
        """See the base."""
        about = _("Ten new ones, shown once. Those you have now are worth nothing then.")
        return _("New recovery codes"), about, _("Make new codes")

    def confirmed(self, request: StaffRequest, form: Any) -> HttpResponse:
        """Make and show them."""
        user = request.present.user
        if not second_factor.has_second_factor(user):
            raise Invalid(code=_("Set up the second factor first."))
        codes = second_factor.renew_codes(user, by=request.actor)
        return show_codes(request, codes, reverse("staff:account"))


class OwnPinView(StaffView):
    """My PIN for the tablets of one house."""

    def get(self, request: StaffRequest, slug: str) -> HttpResponse:
        """The form."""
        return self._page(request, self._membership(slug), NewPinForm())

    @method_decorator(_POSTED)
    def post(self, request: StaffRequest, slug: str) -> HttpResponse:
        """Keep it."""
        row, form = self._membership(slug), NewPinForm(request.POST)
        if not form.is_valid():
            return self._page(request, row, form, 422)
        try:
            set_pin(row, form.cleaned_data["pin"], by=request.actor)
        except DomainError as error:
            errors.add(form, error)
            return self._page(request, row, form, 422)
        messages.success(
            request, _("Your PIN at %(house)s is set.") % {"house": row.restaurant.name}
        )
        return HttpResponseRedirect(reverse("staff:account"))

    def _membership(self, slug: str) -> Membership:
        rows = Membership.objects.filter(user=self.request.present.user, restaurant__slug=slug)
        found = rows.select_related("user", "restaurant").first()
        if found is None:
            raise NotFound
        return found

    def _page(
        self, request: StaffRequest, row: Membership, form: NewPinForm, status: int = 200
    ) -> HttpResponse:
        context = {
            "title": _("My PIN at %(house)s") % {"house": row.restaurant.name},
            "about": _("With your name and this PIN you sign in on the tablets of the house."),
            "submit": _("Use this PIN"),
            "form": form,
            "back": reverse("staff:account"),
            "problems": problems(form),
            "others": form.non_field_errors(),
        }
        return render(request, "staff/small_form.html", context, status=status)
