"""The forms of single things on the floor: the same save as the editor's, one change at a time."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.utils.translation import gettext as _

from core.errors import DomainError, Invalid
from reservations.services.setup.floor import TablesExpected, open_floor, save_floor
from reservations.views.held import problems
from restaurants import floor as f
from staff.access import StaffRequest, house_url
from staff.forms.setup.floor import FORMS, PartForm, SpotForm, titles
from staff.views.setup.base import SetupView
from staff.views.setup.floor import expected_line, saved_text


class FloorPartView(SetupView):
    """One room, table, combination, fixture or plan; ``new`` makes one."""

    def get(self, request: StaffRequest, kind: str, key: str) -> HttpResponse:
        """The form."""
        opened = open_floor(request.venue)
        form = self._form(None, f.document(opened.floor), kind, key)
        return self._page(form, kind, key, opened.version)

    def post(self, request: StaffRequest, kind: str, key: str) -> HttpResponse:
        """Save the floor with this one thing changed, or without it."""
        doc = f.document(open_floor(request.venue).floor)
        form = self._form(request.POST, doc, kind, key)
        is_removal = "remove" in request.POST
        if is_removal and not _can_remove(kind, key):
            raise Http404
        version = request.POST.get("version", "")
        if not is_removal and not form.is_valid():
            return self._page(form, kind, key, version, status=422)
        if is_removal:
            form.remove()
            thing = key
        else:
            thing = form.apply()
        try:
            saved = save_floor(request.venue, doc, expected=version, by=request.actor)
        except Invalid as error:
            _place(form, error, f"{form.rows}.{thing}.")
            return self._page(form, kind, key, version, status=422)
        except TablesExpected as error:
            lines = [expected_line(each, request.venue) for each in error.expected]
            return self._page(form, kind, key, version, status=409, error=error, lines=lines)
        except DomainError as error:
            return self._page(form, kind, key, version, status=409, error=error)
        messages.success(request, saved_text(saved))
        return self.to("setup_floor")

    def _form(self, data: Any, doc: dict[str, Any], kind: str, key: str) -> PartForm:
        if kind == "spot":
            return SpotForm(data, document=doc, row=_spot(doc, key))
        if kind not in FORMS:
            raise Http404
        rows = doc[FORMS[kind].rows]
        row = next((each for each in rows if each["id"] == key), None)
        if row is None and key != "new":
            raise Http404
        return FORMS[kind](data, document=doc, row=row)

    def _page(
        self,
        form: PartForm,
        kind: str,
        key: str,
        version: str,
        *,
        status: int = 200,
        error: DomainError | None = None,
        lines: list[dict[str, str]] | None = None,
    ) -> HttpResponse:
        is_new = key == "new"
        title = _spot_title(form, key) if kind == "spot" else _title(form, kind, is_new=is_new)
        if not self.may_change:
            for field in form.fields.values():
                field.disabled = True
        context = {
            "form": form,
            "title": title,
            "version": version,
            "problems": problems(form),
            "others": [str(text) for text in form.non_field_errors()],
            "error": error and error.text,
            "lines": lines or [],
            "can_remove": _can_remove(kind, key),
            "spots": self._spots(form, key) if kind == "plan" and not is_new else [],
            "back": house_url(self.request.venue, "setup_floor"),
        }
        return self.page("floor_part", context, status=status)

    def _spots(self, form: PartForm, key: str) -> list[tuple[str, str]]:
        """Links to the place of every table in this plan."""
        venue = self.request.venue
        return [
            (table["label"], house_url(venue, "setup_floor_part", "spot", f"{key}~{table['id']}"))
            for table in form.document["tables"]
        ]


def _can_remove(kind: str, key: str) -> bool:
    """Not what is not there yet, and no place: a table has one in every plan."""
    return key != "new" and kind != "spot"


def _spot(doc: dict[str, Any], key: str) -> dict[str, Any]:
    """The place of a table in a plan, made from the standard one if the plan has none."""
    plan_id, _tilde, table_id = key.partition("~")
    plan = next((each for each in doc["plans"] if each["id"] == plan_id), None)
    table = next((each for each in doc["tables"] if each["id"] == table_id), None)
    if plan is None or table is None:
        raise Http404
    found: dict[str, Any] | None
    found = next((spot for spot in plan["spots"] if spot["table"] == table_id), None)
    if found is None:
        found = {name: table[name] for name in ("x", "y", "rotation", "in_use")}
        found["table"] = table_id
        plan["spots"].append(found)
    return found


def _spot_title(form: PartForm, key: str) -> str:
    plan_id, _tilde, table_id = key.partition("~")
    plan = next(each for each in form.document["plans"] if each["id"] == plan_id)
    table = next(each for each in form.document["tables"] if each["id"] == table_id)
    names = {"label": table["label"], "plan": plan["name"]}
    return _("Table %(label)s in “%(plan)s”") % names


def _title(form: PartForm, kind: str, *, is_new: bool) -> str:
    there, new = titles()[kind]
    if is_new or form.row is None:
        return new
    name = form.initial.get("label") or form.initial.get("name") or ""
    return f"{there} {name}".strip()


def _place(form: PartForm, error: Invalid, prefix: str) -> None:
    """Beside the field it is about; what is about another thing above the form."""
    for name, text in error.details.items():
        field = name.removeprefix(prefix)
        form.add_error(field if field in form.fields else None, str(text))
