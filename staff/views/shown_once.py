"""The page that shows a new secret, this once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables


@dataclass(frozen=True, slots=True)
class Usage:
    """One thing the other side needs besides the secret."""

    title: Any
    text: str


@sensitive_variables("text")
def show_once(
    request: HttpRequest,
    *,
    title: str,
    about: str,
    text: str,
    back: str,
    usage: list[Usage] | None = None,
) -> HttpResponse:
    """The answer to the form that made the secret: it stands in no address, session or log."""
    context = {"title": title, "about": about, "text": text, "back": back, "usage": usage or []}
    return render(request, "staff/shown_once.html", context)


def sent_before(request: HttpRequest) -> None:
    """Say on the next page why a form that came twice did nothing more."""
    messages.info(
        request,
        _(
            "This form was sent before, and nothing more was made. A secret is shown once: if it"
            " was not copied, rotate it."
        ),
    )
