"""The slots a page of set-up makes, shown while it is filled in; and the frame of such a page."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar, TypeVar

from django import forms
from django.contrib import messages
from django.db.models import Model
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from core import clock
from core.errors import DomainError, NotFound
from core.models import AuditEntry
from reservations.engine.types import Channel
from reservations.selectors.today import service_date_at
from reservations.services.setup.preview import Affected, Asked, Preview, ShownSlot, preview
from reservations.services.setup.shown import (
    SetupChanged,
    changes,
    newest_line,
    save_as_shown,
    who_changed,
)
from reservations.views.held import problems
from reservations.views.wording import clock_time, guests, short_day
from reservations.views.wording import day as long_day
from restaurants.models import Restaurant
from staff.access import StaffRequest, house_url
from staff.forms.errors import add
from staff.forms.setup.times import PreviewForm
from staff.forms.shown import (
    NAME,
    SINCE,
    Shown,
    Stale,
    line_in,
    merged,
    overtaken,
    read,
    shown_by,
    written,
)
from staff.reasons import Told, free_text, reason_told
from staff.views.setup.base import SetupView

NIGHT = dt.time(4)
M = TypeVar("M", bound=Model)


@dataclass(frozen=True, slots=True)
class SlotLine:
    """A slot in words."""

    label: str
    is_late: bool
    """After midnight, but of this evening."""
    state: str
    """``open``, ``closed`` or ``gone``."""
    change: str
    """What the change does to it: ``opens``, ``closes``, ``new``, ``gone`` or nothing."""
    free: str
    reasons: list[Told]
    url: str


@dataclass(frozen=True, slots=True)
class ServiceLines:
    """The slots of one service."""

    name: str
    lines: list[SlotLine]
    reason: str = ""
    """What closes all of them, said once."""


@dataclass(frozen=True, slots=True)
class PreviewBox:
    """The preview as the page shows it."""

    title: str = ""
    services: tuple[ServiceLines, ...] = ()
    free: int = 0
    affected: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    """Why there is none."""


def box_of(found: Preview, venue: Restaurant) -> PreviewBox:
    """The preview in words."""
    asked = found.asked
    by_service: dict[int, list[ShownSlot]] = {}
    for slot in found.slots:
        by_service.setdefault(slot.offer.slot.service.id, []).append(slot)
    return PreviewBox(
        title=f"{long_day(asked.date)}, {guests(asked.party_size)}",
        services=tuple(_service(slots, asked, venue) for slots in by_service.values()),
        free=sum(slot.is_open for slot in found.slots),
        affected=tuple(affected_line(each, venue) for each in found.affected),
    )


def _service(slots: list[ShownSlot], asked: Asked, venue: Restaurant) -> ServiceLines:
    lines = [_line(slot, asked, venue) for slot in slots]
    first = lines[0].reasons[0].text if lines[0].reasons else ""
    shared = all(
        line.state == "closed" and line.reasons and line.reasons[0].text == first for line in lines
    )
    return ServiceLines(slots[0].offer.slot.service.name, lines, first if shared else "")


def _line(each: ShownSlot, asked: Asked, venue: Restaurant) -> SlotLine:
    slot = each.offer.slot
    state = "gone" if each.is_gone else "open" if each.is_open else "closed"
    change = ""
    if each.is_gone:
        change = "gone"
    elif each.was is None:
        change = "new"
    elif each.differs:
        change = "opens" if each.is_open else "closes"
    query: dict[str, str | int] = {
        "date": asked.date.isoformat(),
        "time": slot.label,
        "party": asked.party_size,
        "channel": asked.channel.value,
    }
    return SlotLine(
        label=slot.label,
        is_late=slot.wall >= 24 * 60,
        state=state,
        change=change,
        free=free_text(each.offer) if each.offer.total else "",
        reasons=[reason_told(refusal, venue, slot) for refusal in each.offer.refusals],
        url=f"{house_url(venue, 'setup_why')}?{urlencode(query)}",
    )


def affected_line(each: Affected, venue: Restaurant) -> str:
    """A booking in one line."""
    return _("%(day)s %(time)s: %(name)s, %(guests)s") % {
        "day": short_day(each.service_date),
        "time": clock_time(each.starts_at, venue.tz),
        "name": each.name or _("No name"),
        "guests": guests(each.party_size),
    }


class PreviewedView(SetupView):
    """A form of set-up with the slots it makes beside it.

    Sent with ``look`` it is shown with its preview and saves nothing; a script asks for the
    preview alone. Where bookings would stand outside what is saved it asks once more.
    """

    template: ClassVar[str] = ""
    done: ClassVar[Any] = ""
    verbs: ClassVar[tuple[str, ...]] = ()
    """What the audit trail calls a save of this, to say who was faster."""
    parts: ClassVar[frozenset[str]] = frozenset()
    """Of a row that other pages change, too: the fields that this one shows."""
    is_gone = False
    shown: Shown
    """What the form showed."""
    since: int | None
    """The last line of the audit trail when it was opened, as the form says."""

    # --- What a page of its own says -------------------------------------------------------------

    def form(self, data: Any) -> forms.Form:
        """Its form, bound to what was sent or not."""
        raise NotImplementedError

    def write(self, form: Any) -> object:
        """Save what the valid form says."""
        raise NotImplementedError

    def after(self) -> HttpResponse:
        """Where to go when it is saved."""
        raise NotImplementedError

    def more(self, form: Any) -> dict[str, Any]:
        """What else the page shows."""
        return {}

    def target(self) -> str:
        """What the audit trail calls the thing that is changed."""
        return self.request.venue.public_id

    def is_of_this(self, entry: AuditEntry) -> bool:
        """Whether a line of the trail, with one of ``verbs``, tells of a save of this."""
        is_part = not self.parts or changes(entry, self.parts)
        return is_part and entry.target == self.target()

    def snapshot(self) -> Shown:
        """What there is now, as the form shows it; nothing of what is still to be made."""
        return shown_by(self.form(None))

    def is_as_shown(self, was: Shown, form: Any) -> bool:
        """Whether a save may go on what the form showed: nobody has saved since."""
        return self.snapshot() == was

    def unless_gone(self, look: Callable[[], M]) -> M | None:
        """What ``look`` finds; None for what somebody has removed since the form was opened.

        Raises NotFound where no form was sent.
        """
        try:
            return look()
        except NotFound:
            if NAME not in self.request.POST:
                raise
            self.is_gone = True
            return None

    def kept(self, was: Shown, form: Any) -> Any:
        """What was sent, for the form that is shown again."""
        if self.is_gone:
            return self.request.POST
        return merged(self.request.POST, was, self.form(None), form)

    def changed_since(self, was: Shown, form: Any) -> Stale:
        """What somebody else has changed since, in words."""
        if self.is_gone:
            return Stale(
                text=_("Somebody else has removed this since you opened it."),
                advice=_("What you typed stands in the form. Saved again, it is there anew."),
            )
        who = who_changed(self.request.venue, self.since, self.verbs, self.is_of_this)
        return overtaken(who, was, self.form(None), form)

    # --- What they have in common ----------------------------------------------------------------

    def get(self, request: StaffRequest, **kwargs: str) -> HttpResponse:
        """The form, with the slots as they are."""
        self.find(**kwargs)
        form = self.form(None)
        self.look_anew()
        asked, shown = self._asked(request.GET)
        box = box_of(preview(request.venue, asked), request.venue) if asked else PreviewBox()
        return self._page(form, shown, box)

    def post(self, request: StaffRequest, **kwargs: str) -> HttpResponse:
        """Preview or save, unless somebody else has saved since the form was opened."""
        self.find(**kwargs)
        form = self.form(request.POST)
        self.read_shown()
        asked, shown = self._asked(request.POST)
        is_valid = form.is_valid()
        if "preview" in request.POST or "look" in request.POST:
            box = self._preview(form, asked) if is_valid else PreviewBox(problems=_texts(form))
            if "preview" in request.POST:
                return self._fragment(form, shown, box)
            return self._page(form, shown, box, status=200 if is_valid else 422)
        if not is_valid:
            return self._page(form, shown, PreviewBox(problems=_texts(form)), status=422)
        if not self.is_as_shown(self.shown, form):
            return self.overtaken(form, shown)
        if "sure" not in request.POST:
            box = self._preview(form, asked)
            if box.affected:
                return self._page(form, shown, box, status=409, asks=True)
        return self.save(form, shown, partial(self.write, form), self.done)

    def look_anew(self) -> None:
        """The form shows what there is now."""
        self.shown, self.since = self.snapshot(), newest_line(self.request.venue)

    def read_shown(self) -> None:
        """What the form that was sent had shown, and when."""
        self.shown = read(self.request.POST.get(NAME, ""))
        self.since = line_in(str(self.shown.pop(SINCE, "")))

    def save(
        self, form: Any, shown: PreviewForm, write: Callable[[], object], done: str
    ) -> HttpResponse:
        """``write`` and say ``done``, if all is still as it was shown."""
        try:
            save_as_shown(self.request.venue, partial(self._is_still, form), write)
        except SetupChanged:
            return self.overtaken(form, shown)
        except DomainError as error:
            add(form, error)
            return self._page(form, shown, PreviewBox(problems=_texts(form)), status=422)
        messages.success(self.request, str(done))
        return self.after()

    def _is_still(self, form: Any) -> bool:
        """The same asked once more, with everything read anew: under the lock of the house."""
        self.find(**self.kwargs)
        return self.is_as_shown(self.shown, form)

    def overtaken(self, form: Any, shown: PreviewForm) -> HttpResponse:
        """The form with what was typed, on top of what is there now, which is what it shows."""
        self.find(**self.kwargs)
        stale = self.changed_since(self.shown, form)
        kept = self.form(self.kept(self.shown, form))
        self.look_anew()
        box = PreviewBox(problems=_texts(kept)) if not kept.is_valid() else PreviewBox()
        if not box.problems:
            box = self._preview(kept, self._asked(self.request.POST)[0])
        return self._page(kept, shown, box, status=409, stale=stale)

    def find(self, **kwargs: str) -> None:
        """Look up what the address names; raises NotFound."""

    def _asked(self, data: Any) -> tuple[Asked | None, PreviewForm]:
        today = service_date_at(self.request.venue, clock.now())
        date = self.start_date(today)
        start = {"date": date, "party": 2, "channel": Channel.ONLINE}
        is_given = "preview-date" in data
        shown = PreviewForm(data if is_given else None, initial=start)
        if not is_given:
            return Asked(date), shown
        if not shown.is_valid():
            return None, shown
        said = shown.cleaned_data
        return Asked(said["date"], said["party"], Channel(said["channel"])), shown

    def start_date(self, today: dt.date) -> dt.date:
        """The date the preview begins with: tomorrow, when nothing has passed yet."""
        return today + dt.timedelta(days=1)

    def _preview(self, form: Any, asked: Asked | None) -> PreviewBox:
        venue = self.request.venue
        if asked is None:
            return PreviewBox(problems=(_("Choose a date and a party."),))
        try:
            return box_of(preview(venue, asked, lambda: self.write(form)), venue)
        except DomainError as error:
            return PreviewBox(problems=tuple(str(text) for text in error.details.values()))

    def _context(self, form: Any, shown: PreviewForm, box: PreviewBox) -> dict[str, Any]:
        return {"form": form, "preview_form": shown, "box": box, "may_change": self.may_change}

    def _fragment(self, form: Any, shown: PreviewForm, box: PreviewBox) -> HttpResponse:
        context = self._context(form, shown, box)
        return render(self.request, "staff/setup/_preview.html", context)

    def _page(
        self,
        form: Any,
        shown: PreviewForm,
        box: PreviewBox,
        *,
        status: int = 200,
        asks: bool = False,
        stale: Stale | None = None,
    ) -> HttpResponse:
        if not self.may_change:
            for field in form.fields.values():
                field.disabled = True
        since: Shown = {} if self.since is None else {SINCE: str(self.since)}
        context = {
            **self._context(form, shown, box),
            "problems": problems(form),
            "others": [str(text) for text in form.non_field_errors()],
            "asks": asks,
            "stale": stale,
            "shown": written(self.shown | since),
            **self.more(form),
        }
        return self.page(self.template, context, status=status)


def _texts(form: Any) -> tuple[str, ...]:
    return tuple(str(texts[0]) for texts in form.errors.values())
