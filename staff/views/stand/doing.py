"""Doing something at the stand, and taking it back.

Without scripts the answer leads back to the page (Post/Redirect/Get). With them (header
``X-Stand``) it is what was said, how to undo it, and what changed on the screen, in one trip.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, HttpResponseRedirect, JsonResponse
from django.utils.functional import cached_property
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.errors import DomainError, Forbidden, NotFound
from reservations.errors import LimitReached, ServerBusy, StaleNight, StaleParty
from reservations.models import ShiftServer, StandAction
from reservations.services import stand
from reservations.services.stand import Undo
from restaurants.access import Capability
from staff.access import StaffRequest, house_url
from staff.forms import errors
from staff.views.stand import chosen
from staff.views.stand.asked import Asked
from staff.views.stand.deeds import DEEDS, OF_OWN_PARTIES, Deed, Done
from staff.views.stand.page import TYPED, UNDO, BoardView, patch_of

PASSWORD_ASKED: Any = gettext_lazy("That asks for your password.")
_KEPT = ("view", "tab", "room")
_ASIDE = ((ServerBusy, "insist"), (LimitReached, "overbook"))
"""What a person may set aside, and the field that says so."""


class DoView(BoardView):
    """One deed, by its verb."""

    needs = Capability.SERVE

    @cached_property
    def tap(self) -> Asked:
        """What was asked for; to insist is a host's decision, and nobody else's counts."""
        sent = self.request.POST.copy()
        if not self.may(Capability.OPERATE):
            sent.pop("insist", None)
        venue = self.request.venue
        leads = self.request.access.leads(venue.pk)
        by, at = self.request.actor, self.at
        return Asked(venue, self.date, sent, by, at, sees_all_tags=leads)

    def post(self, request: StaffRequest) -> HttpResponse:
        """Do it; nothing happened if the answer says why not."""
        deed = DEEDS.get(self.tap.verb)
        if deed is None:
            raise NotFound
        if self.tap.overbook and self.by_password(Capability.OVERBOOK):
            return self._to_password()
        self._check(deed)
        return self._carry_out(lambda: deed.run(self.tap))

    def _to_password(self) -> HttpResponse:
        """A PIN is not enough for it: to the password, and back to the choice, one button away."""
        said = _("Limits are set aside for it; that is written down.")
        chosen.keep(self, self.request.POST, chosen.words_of(self, self.tap), said)
        door = chosen.to_password(self, self._place())
        if not self._is_scripted:
            return HttpResponseRedirect(door)
        answer = {"ok": False, "kind": "password", "said": str(PASSWORD_ASKED), "url": door}
        return JsonResponse(answer, status=403)

    def _check(self, deed: Deed) -> None:
        if self.tap.overbook and not self.may(Capability.OVERBOOK):
            raise PermissionDenied
        if self.may(Capability.OPERATE):
            return
        if not self.may(deed.needs):
            raise PermissionDenied
        if self.tap.verb in OF_OWN_PARTIES:
            own = ShiftServer.objects.filter(
                pk=self.tap.row.server_id or 0, user__public_id=self.request.actor.id
            )
            if not own.exists():
                raise PermissionDenied

    def _carry_out(self, do: Callable[[], Done]) -> HttpResponse:
        try:
            done = do()
        except NotFound:
            raise
        except Forbidden as error:
            raise PermissionDenied from error
        except DomainError as error:
            return self._refused(error)
        return self._done(done)

    def _done(self, done: Done) -> HttpResponse:
        said = done.said if isinstance(done, Undo) else done
        undo = _way_back(done) if isinstance(done, Undo) else None
        if self._is_scripted:
            target = done.target if isinstance(done, Undo) else ""
            answer = {"ok": True, "said": said, "undo": undo, "target": target}
            return JsonResponse(answer | {"patch": patch_of(self)})
        self.request.session[UNDO] = undo and {**undo, "said": said}
        if undo is None and said:
            messages.success(self.request, said)
        return self._back()

    def _refused(self, error: DomainError) -> HttpResponse:
        insist, question = self._insist(error)
        if self._is_scripted:
            answer = {
                "ok": False,
                "kind": "stale" if isinstance(error, StaleParty) else "refused",
                "code": error.code,
                "said": errors.said(error),
                "insist": insist,
                "question": question,
            }
            return JsonResponse(answer | {"patch": patch_of(self)}, status=409)
        if insist:
            what = chosen.words_of(self, self.tap)
            chosen.keep(self, self.request.POST, what, question, **{insist: "1"})
        else:
            messages.warning(self.request, errors.said(error))
        if isinstance(error, StaleNight):
            # It is shown beside what stands there now, once.
            tables, text = self.tap.some_tables, self.tap.text("text", 2000)
            of = self.tap.text("server") or self.tap.text("service")
            self.request.session[TYPED] = [self.tap.verb, of, tables, text, self.date.isoformat()]
        return self._back()

    def _insist(self, error: DomainError) -> tuple[str, str]:
        """The field that does it all the same and the question before that; empty for neither."""
        deed = DEEDS.get(self.tap.verb)
        field = next((name for kind, name in _ASIDE if isinstance(error, kind)), "")
        # Asked once: who said yes already is not asked the same again.
        if deed is None or field not in deed.heeds or self.tap.text(field):
            return "", ""
        if field == "insist":
            question = f"{error.text} " + _("Seat a third all the same?")
            return (field, question) if self.may(Capability.OPERATE) else ("", "")
        question = f"{error.text} " + _("Do it all the same? It is written down.")
        if self.by_password(Capability.OVERBOOK):
            return field, f"{question} {PASSWORD_ASKED}"
        return (field, question) if self.may(Capability.OVERBOOK) else ("", "")

    @property
    def _is_scripted(self) -> bool:
        return "X-Stand" in self.request.headers

    def _back(self) -> HttpResponseRedirect:
        kept: dict[str, Any] = {"date": self.date.isoformat()}
        if self.asked.get("back") == "shift":
            place = house_url(self.request.venue, "stand_shift")
            return HttpResponseRedirect(f"{place}?{urlencode(kept)}")
        kept |= self._place()
        return HttpResponseRedirect(f"{house_url(self.request.venue, 'stand')}?{urlencode(kept)}")

    def _place(self) -> dict[str, str]:
        """Where on the stand the person is, besides the date: view, list, and who is chosen."""
        kept = {name: self.asked[name] for name in _KEPT if self.asked.get(name)}
        party = self.tap.text("party") or self.asked.get("select", "")
        if party:
            kept["party"] = party
        elif self.asked.get("table"):
            kept["table"] = self.asked["table"]
        return kept


class UndoView(DoView):
    """Take the last deed back, within ten seconds."""

    def post(self, request: StaffRequest) -> HttpResponse:
        """Restore what was; or say why not."""
        if not self.may(Capability.OPERATE) and not self._is_own:
            raise PermissionDenied
        request.session.pop(UNDO, None)
        token = self.tap.action
        return self._carry_out(lambda: _said(stand.undo(token, by=request.actor)))

    @property
    def _is_own(self) -> bool:
        rows = StandAction.objects.filter(public_id=self.tap.text("token"))
        return rows.filter(actor_id=self.request.actor.id).exists()


def _said(what: str) -> str:
    return _("Undone: %(what)s") % {"what": what}


def _way_back(done: Undo) -> dict[str, Any]:
    return {"token": done.token, "until": done.until.timestamp()}
