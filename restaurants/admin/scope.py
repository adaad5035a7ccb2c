"""Least privilege in the admin: staff see and touch only rows of the houses they work for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db.models import ForeignKey, IntegerField, ManyToManyField, Model, QuerySet
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.text import capfirst
from unfold.admin import StackedInline, TabularInline
from unfold.contrib.filters.admin import DropdownFilter

from core import audit
from core.admin import HouseAdmin, ReadOnlyAdmin, staff_actor
from restaurants.access import Capability, HouseAccess, access_of
from restaurants.admin.fields import LinesField, WeekdaysField, WordsField
from restaurants.models import Restaurant


def access(request: HttpRequest) -> HouseAccess:
    """What the signed-in person may do; read once per request."""
    cached: HouseAccess | None = getattr(request, "house_access", None)
    if cached is None:
        cached = access_of(request.user)  # type: ignore[arg-type]
        request.house_access = cached  # type: ignore[attr-defined]
    return cached


def house_id(row: Model) -> int | None:
    """The restaurant a row belongs to."""
    if isinstance(row, Restaurant):
        return row.pk
    value: int | None = getattr(row, "restaurant_id", None)
    return value


def swapped(fieldsets: Any, names: Mapping[str, str]) -> list[Any]:
    """Fieldsets with some fields replaced by others."""

    def swap(fields: Any) -> Any:
        if isinstance(fields, str):
            return names.get(fields, fields)
        return type(fields)(swap(field) for field in fields)

    return [(title, {**options, "fields": swap(options["fields"])}) for title, options in fieldsets]


def _remember_house(request: HttpRequest, row: Any) -> None:
    if row is not None and (found := house_id(row)) is not None:
        request.page_of_house = found  # type: ignore[attr-defined]


class ScopedMixin:
    """Permissions and choices by membership instead of by Django's model permissions.

    ``house_path`` leads from the model to the restaurant's id; ``may_…`` says which capability
    an operation takes, None that nobody has it.
    """

    house_path = "restaurant_id"
    may_see = Capability.SEE
    may_change: Capability | None = Capability.MANAGE
    may_add: Capability | None = Capability.MANAGE
    may_delete: Capability | None = Capability.MANAGE
    narrows_rows = True
    linked_lookups: tuple[str, ...] = ()
    """Lookups that links from other pages use to filter this list."""
    telling_fields: tuple[str, ...] = ()
    """Fields with words that not everybody who sees a row may read, such as tags for managers:
    only who manages all of their houses filters by them."""

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        """What links from other pages need; the list is narrowed down before any filter."""
        if lookup.split("__", maxsplit=1)[0] in self.telling_fields and not _manages_all(request):
            return False
        allowed: bool = super().lookup_allowed(lookup, value, request)  # type: ignore[misc]
        return lookup in self.linked_lookups or allowed

    def allowed(self, request: HttpRequest, capability: Capability | None, row: Any) -> bool:
        """Whether the person has the capability for this row (None: for any row at all)."""
        if capability is None:
            return False
        return access(request).allows(capability, None if row is None else self.house_of(row))

    def house_of(self, row: Any) -> int | None:
        """The restaurant that decides about this row; -1, nobody's, when there is none."""
        found = house_id(row)
        return -1 if found is None else found

    def within(self, rows: QuerySet[Any], houses: HouseAccess) -> QuerySet[Any]:
        """Only the rows of the person's houses."""
        return rows.filter(**{f"{self.house_path}__in": houses.restaurants()})

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Every query of the page starts from here: list, change page, search, autocomplete."""
        rows: QuerySet[Any] = super().get_queryset(request)  # type: ignore[misc]
        houses = access(request)
        if houses.sees_all or not self.narrows_rows:
            return rows
        return self.within(rows, houses)

    def has_module_permission(self, request: HttpRequest) -> bool:
        """The app is listed for everyone who may see something in it."""
        return self.allowed(request, self.may_see, None)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Any role may look."""
        return self.allowed(request, self.may_see, obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """See ``may_change``."""
        return self.allowed(request, self.may_change, obj)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """See ``may_add``."""
        return self.allowed(request, self.may_add, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """See ``may_delete``."""
        return self.allowed(request, self.may_delete, obj)

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Lists get a field a person can fill in."""
        if isinstance(db_field, ArrayField):
            return _list_field(db_field)
        return super().formfield_for_dbfield(db_field, request, **kwargs)  # type: ignore[misc]

    def formfield_for_foreignkey(
        self, db_field: ForeignKey[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> Any:
        """Offer (and accept) only rows of houses where the person may change things."""
        kwargs.setdefault("queryset", self._choices(db_field, request))
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)  # type: ignore[misc]
        return self._prepared(db_field, field)

    def formfield_for_manytomany(
        self, db_field: ManyToManyField[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> Any:
        """As for foreign keys."""
        kwargs.setdefault("queryset", self._choices(db_field, request))
        field = super().formfield_for_manytomany(db_field, request, **kwargs)  # type: ignore[misc]
        return self._prepared(db_field, field)

    def _prepared(self, db_field: Any, field: Any) -> Any:
        """Inlines read their choices once per page instead of once per row."""
        if field is not None and not self.narrows_rows:
            field.choices = list(field.choices)
        return field

    def _choices(
        self, db_field: ForeignKey[Any, Any] | ManyToManyField[Any, Any], request: HttpRequest
    ) -> QuerySet[Any]:
        related: Any = db_field.remote_field.model
        rows: QuerySet[Any] = related._default_manager.all()
        houses = access(request)
        has_house = "restaurant" in {field.name for field in related._meta.fields}
        page_of: int | None = getattr(request, "page_of_house", None)
        if page_of is not None and has_house:
            rows = rows.filter(restaurant=page_of)
        if houses.sees_all:
            return rows
        mine = houses.restaurants(self.may_change or Capability.SEE)
        if related is Restaurant:
            return rows.filter(pk__in=mine)
        return rows.filter(restaurant__in=mine) if has_house else rows.none()


def _manages_all(request: HttpRequest | None) -> bool:
    if request is None:
        return False
    houses = access(request)
    return houses.sees_all or houses.restaurants() <= houses.restaurants(Capability.MANAGE)


def _list_field(db_field: ArrayField[Any, Any]) -> Any:
    label = capfirst(db_field.verbose_name)
    if isinstance(db_field.base_field, IntegerField):
        return WeekdaysField(label=label, help_text=db_field.help_text)
    kind = LinesField if db_field.name == "images" else WordsField
    hint = "One per line." if kind is LinesField else "Separated by commas."
    return kind(
        longest=db_field.base_field.max_length or 60,
        label=label,
        help_text=f"{db_field.help_text} {hint}".strip(),
    )


class SameHouseForm(ModelForm):
    """Everything a row points to must belong to the row's own restaurant."""

    def clean(self) -> dict[str, Any]:
        """Refuse a room, service or table of another house."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        own = cleaned.get("restaurant")
        own_id = own.pk if own else house_id(self.instance)
        if own_id is None:
            return cleaned
        for name, value in list(cleaned.items()):
            rows = value if isinstance(value, QuerySet) else [value]
            if any(getattr(row, "restaurant_id", own_id) != own_id for row in rows):
                self.add_error(name, ValidationError("This belongs to another restaurant."))
        return cleaned


class AuditedMixin:
    """Changes of the set-up leave an entry in the audit trail: who changed which fields."""

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Save, then record."""
        super().save_model(request, obj, form, change)  # type: ignore[misc]
        _record(
            request, obj, "changed" if change else "added", **_named(obj), fields=form.changed_data
        )

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """Record, then delete."""
        _record(request, obj, "removed", label=str(obj))
        super().delete_model(request, obj)  # type: ignore[misc]

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Record each, then delete."""
        for obj in queryset:
            _record(request, obj, "removed", label=str(obj))
        super().delete_queryset(request, queryset)  # type: ignore[misc]

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """Rows edited inside their restaurant's page are recorded like any other."""
        super().save_formset(request, form, formset, change)  # type: ignore[misc]
        for obj in formset.new_objects:
            _record(request, obj, "added", label=str(obj))
        for obj, fields in formset.changed_objects:
            _record(request, obj, "changed", **_named(obj), fields=fields)
        for obj in formset.deleted_objects:
            _record(request, obj, "removed", label=str(obj))


def _named(row: Any) -> dict[str, str]:
    """What a part of the set-up is called: its id says nothing to who reads the trail.

    Guests are not named: they can ask to be forgotten, and nothing leaves the trail.
    """
    return {"label": str(row)} if row._meta.app_label in ("restaurants", "payments") else {}


def _record(request: HttpRequest, row: Any, what: str, **data: Any) -> None:
    kind = row._meta.model_name
    target = getattr(row, "public_id", None) or f"{kind}:{row.pk}"
    audit.record(
        f"{kind}.{what}", target, by=staff_actor(request), restaurant_id=house_id(row), **data
    )


class LocalClockMixin:
    """The page of a row shows and reads times on the clocks of its restaurant."""

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Render inside the zone, since templates are rendered after the view returns."""
        zone = self._zone(request, object_id)
        with timezone.override(zone):
            response: Any = super().changeform_view(  # type: ignore[misc]
                request, object_id, form_url, extra_context
            )
            rendered: HttpResponse = response.render() if hasattr(response, "render") else response
            return rendered

    def _zone(self, request: HttpRequest, object_id: str | None) -> str:
        houses = access(request)
        restaurants = Restaurant.objects.all()
        row: Any = self.get_object(request, object_id) if object_id else None  # type: ignore[attr-defined]
        if row is not None:
            restaurants = restaurants.filter(pk=self.house_of(row))  # type: ignore[attr-defined]
        elif houses.sees_all:
            return "UTC"
        else:
            restaurants = restaurants.filter(pk__in=houses.restaurants())
        return restaurants.values_list("zone", flat=True).first() or "UTC"


class ScopedAdmin(LocalClockMixin, AuditedMixin, ScopedMixin, HouseAdmin):
    """A page for set-up rows: managers edit, others look. A row never moves to another house."""

    form: type[ModelForm] = SameHouseForm

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kw: Any
    ) -> Any:
        """Remember whose page it is, so that choices are that house's."""
        _remember_house(request, obj)
        return super().get_form(request, obj, change, **kw)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """The restaurant is chosen once."""
        fields = [*super().get_readonly_fields(request, obj)]
        if obj is not None and "restaurant" in {field.name for field in obj._meta.fields}:
            fields.append("restaurant")
        return fields


class ScopedReadOnlyAdmin(LocalClockMixin, ScopedMixin, ReadOnlyAdmin):
    """A page for rows that only services write, seen by the people of their house."""

    may_change = may_add = may_delete = None


class ScopedInlineMixin(ScopedMixin):
    """Rows on the page of the row they belong to; that page is narrowed down already."""

    form: type[ModelForm] = SameHouseForm
    extra = 0
    tab = True
    narrows_rows = False

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        """Remember whose page it is, so that choices are that house's."""
        _remember_house(request, obj)
        return super().get_formset(request, obj, **kwargs)  # type: ignore[misc]


class ScopedInline(ScopedInlineMixin, TabularInline):
    """One row per line."""

    hide_title = True


class ScopedStackedInline(ScopedInlineMixin, StackedInline):
    """One row below the other, for rows with many fields."""


class HouseFilter(DropdownFilter):
    """By restaurant, naming only the person's own."""

    title = "restaurant"
    parameter_name = "house"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[int, str]]:
        """One query; the names of other houses are nobody's business."""
        houses = access(request)
        rows = Restaurant.objects.order_by("name")
        if not houses.sees_all:
            rows = rows.filter(pk__in=houses.restaurants())
        self.path = model_admin.house_path
        return list(rows.values_list("pk", "name"))

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Rows of the chosen house."""
        value = self.value()
        return queryset.filter(**{self.path: value}) if value and value.isdigit() else queryset


__all__ = [
    "HouseFilter",
    "SameHouseForm",
    "ScopedAdmin",
    "ScopedInline",
    "ScopedInlineMixin",
    "ScopedMixin",
    "ScopedReadOnlyAdmin",
    "ScopedStackedInline",
    "access",
    "house_id",
    "swapped",
]
