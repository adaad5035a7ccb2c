"""What the admin's sidebar asks: may this person go there, and does something need a person?"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from notifications.admin import stuck_messages as all_stuck_messages
from payments.selectors import stuck_payments as all_stuck_payments
from payments.selectors import stuck_refunds as all_stuck_refunds
from restaurants.admin.scope import access

_PREFIX = "may_see_"


def __getattr__(name: str) -> Callable[[HttpRequest], bool]:
    """``may_see_payments_refund``: whether the page of that model is open to the person."""
    if not name.startswith(_PREFIX):
        raise AttributeError(name)
    page = name.removeprefix(_PREFIX)
    for model, model_admin in admin.site._registry.items():
        if f"{model._meta.app_label}_{model._meta.model_name}" == page:
            return model_admin.has_view_or_change_permission
    raise AttributeError(name)


def stuck_payments(request: HttpRequest) -> str:
    """Payments nobody knows the outcome of."""
    return _count(request, all_stuck_payments(), "restaurant_id")


def stuck_refunds(request: HttpRequest) -> str:
    """Refunds the provider refused, or that were given up."""
    return _count(request, all_stuck_refunds(), "payment__restaurant_id")


def stuck_messages(request: HttpRequest) -> str:
    """Messages given up, or due for long."""
    return _count(request, all_stuck_messages(), "restaurant_id")


def _count(request: HttpRequest, rows: QuerySet[Any], house_path: str) -> str:
    """How many in the person's houses; nothing rather than a zero."""
    houses = access(request)
    if not houses.sees_all:
        rows = rows.filter(**{f"{house_path}__in": houses.restaurants()})
    return str(rows.count() or "")
