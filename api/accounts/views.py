"""``/api/auth/…``: opening an account, tokens, and the guest's own profile."""

from __future__ import annotations

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from accounts import selectors, services
from accounts.selectors import Profile
from api import tokens
from api.accounts import serializers as shapes
from api.accounts import throttles
from api.auth import guest_of
from api.renderers import json_response
from api.views import DialectView, public

_NO_STORE = {"Cache-Control": "no-store"}


@public
class RegisterView(DialectView):
    """``POST /api/auth/register``.

    An address that has an account is answered 409, openly. Hiding it would need an answer that
    is the same in both cases, and so no tokens until a message has been read: a guest who wants
    a table now would be gone. What the answer gives away is bounded by the throttles, and costs
    the prober an account at every address that is new; signing in never gives it away.
    """

    throttle_classes = (throttles.RegisterByAddress, throttles.RegisterByAccount)

    @extend_schema(
        summary="Open an account",
        operation_id="auth_register",
        request=shapes.RegisterRequest,
        responses={201: shapes.RegisterResponse},
    )
    def post(self, request: Request) -> HttpResponse:
        """Open an account and sign in. 409 `EMAIL_TAKEN` if the address has one already."""
        profile, session = services.register_guest(**self.body(request, shapes.RegisterRequest))
        pair = tokens.issue(session)
        answer = {
            "userId": profile.user_id,
            "email": profile.email,
            "fullName": profile.full_name,
            "access": pair.access,
            "refresh": pair.refresh,
        }
        return json_response(answer, 201, _NO_STORE)


@public
class TokenView(DialectView):
    """``POST /api/auth/token``."""

    throttle_classes = (throttles.TokenByAddress, throttles.TokenByAccount)

    @extend_schema(
        summary="Sign in",
        operation_id="auth_token",
        request=shapes.TokenRequest,
        responses={200: shapes.TokenResponse},
    )
    def post(self, request: Request) -> HttpResponse:
        """Sign in with e-mail address and password. 401 `SIGN_IN_REFUSED` if they do not match."""
        session = services.sign_in(**self.body(request, shapes.TokenRequest))
        throttles.TokenByAccount().forgive(request)
        pair = tokens.issue(session)
        return json_response({"access": pair.access, "refresh": pair.refresh}, 200, _NO_STORE)


@public
class RefreshView(DialectView):
    """``POST /api/auth/refresh``.

    The refresh token itself is not replaced: without a list of used ones, a rotated token is
    one more that works, not one less. A lock-out or a new password ends it.
    """

    throttle_classes = (throttles.RefreshByAddress,)

    @extend_schema(
        summary="Get a new access token",
        operation_id="auth_refresh",
        request=shapes.RefreshRequest,
        responses={200: shapes.AccessResponse},
    )
    def post(self, request: Request) -> HttpResponse:
        """A new access token. 401 if the refresh token is too old, or the session was ended."""
        body = self.body(request, shapes.RefreshRequest)
        session = services.resume_session(tokens.read_refresh(body["refresh"]))
        return json_response({"access": tokens.access_token(session.user_id)}, 200, _NO_STORE)


class ProfileView(DialectView):
    """``GET /api/auth/me``."""

    @extend_schema(
        summary="Who am I",
        operation_id="auth_me",
        responses={200: shapes.ProfileResponse},
    )
    def get(self, request: Request) -> HttpResponse:
        """The signed-in guest's account."""
        return json_response(
            _profile(selectors.profile(guest_of(request).public_id)), 200, _NO_STORE
        )


class ChangeProfileView(DialectView):
    """``PATCH /api/auth/me``."""

    @extend_schema(
        summary="Change name or telephone number",
        operation_id="auth_me_change",
        request=shapes.ProfileChange,
        responses={200: shapes.ProfileResponse},
    )
    def patch(self, request: Request) -> HttpResponse:
        """Change what is sent, leave the rest; an empty text clears."""
        changes = self.body(request, shapes.ProfileChange)
        profile = services.change_profile(guest_of(request).public_id, **changes)
        return json_response(_profile(profile), 200, _NO_STORE)


def _profile(profile: Profile) -> dict[str, str]:
    return {
        "userId": profile.user_id,
        "email": profile.email,
        "fullName": profile.full_name,
        "phone": profile.phone,
    }
