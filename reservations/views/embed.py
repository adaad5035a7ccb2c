"""The script that shows booking pages on other websites, and holds that come from there."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotModified
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from reservations.errors import ActiveHoldExists, HoldNotFound
from reservations.handover import offered
from reservations.services.abuse import hand_over
from reservations.views import visitor
from reservations.views.base import GuestView, hold_page, warn
from restaurants import sites

_HOUR, _YEAR = 3600, 31_536_000
_MOST_VERSION = 12


@require_safe
def current_script(request: HttpRequest) -> HttpResponse:
    """``GET /embed.js``: the newest version, looked for again after an hour."""
    return _script(
        request, sites.script(), f"public, max-age={_HOUR}, stale-while-revalidate=86400"
    )


@require_safe
def versioned_script(request: HttpRequest, version: str) -> HttpResponse:
    """``GET /embed-1.0.0.js``: for ever the same bytes, so that ``integrity`` can name them."""
    is_version = len(version) <= _MOST_VERSION and version.replace(".", "").isdecimal()
    script = sites.script(version) if is_version else None
    return _script(request, script, f"public, max-age={_YEAR}, immutable")


def _script(request: HttpRequest, script: sites.Script | None, caching: str) -> HttpResponse:
    if script is None:
        raise Http404("There is no such version.")
    response: HttpResponse
    if request.headers.get("If-None-Match") == script.etag:
        response = HttpResponseNotModified()
    else:
        response = HttpResponse(script.content, content_type="text/javascript; charset=utf-8")
    response["ETag"] = script.etag
    response["Cache-Control"] = caching
    # Any site may load it: integrity needs the first, strict pages the second.
    response["Access-Control-Allow-Origin"] = "*"
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


class ContinueView(GuestView):
    """``GET /r/<slug>/continue/<token>/``: go on with a hold that a website placed for the guest.

    Moves the hold to this browser; the link is spent then. Whoever else has it finds nothing.
    """

    def get(self, request: HttpRequest, slug: str, token: str) -> HttpResponse:
        """On to the details and the deposit."""
        hold_id, old = offered(token)
        if request.method == "HEAD":
            return HttpResponse()
        new = visitor.guest_of(request)
        try:
            hand_over(hold_id, old=old, new=new, by=new.actor)
        except HoldNotFound:
            # Followed before: by this browser, or its page says that there is no such hold.
            pass
        except ActiveHoldExists:
            warn(
                request, _("You hold a table already. Finish that booking first, or give it back.")
            )
            return redirect("restaurant", slug)
        return redirect(hold_page(hold_id))
