"""The admin behind the staff area's door: no page of it before the sign-in is complete."""

from __future__ import annotations

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse

from staff.presence import presence_of


def step_before_admin(request: HttpRequest) -> HttpResponseBase | None:
    """What a person has to do before the admin opens; None for who may go on, or is nobody.

    Who is known by a PIN is nobody there: the admin's own check sends them to the door.
    """
    if not request.user.is_authenticated:
        return None
    present = presence_of(request)
    if present is None or not present.step:
        return None
    return redirect_to_login(request.get_full_path(), reverse(f"staff:{present.step}"))
