"""``manage.py renew_secrets``: encrypt every stored secret with the first key of FIELD_KEY."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.core.management.base import BaseCommand, CommandError
from django.db.models import Model

from core.secrets import SecretField, SecretLost, renew


class Command(BaseCommand):
    """After it has succeeded, the keys behind the first may be taken out. May be repeated."""

    help = "Encrypt every stored secret with the first key of FIELD_KEY."

    def handle(self, *args: Any, **options: Any) -> None:
        """Renew row by row: one that changes meanwhile keeps what it changed to."""
        renewed, lost = 0, []
        for model in apps.get_models():
            for field in model._meta.concrete_fields:
                if isinstance(field, SecretField) and not model._meta.proxy:
                    done, unread = _renew_column(model, field.attname)
                    renewed += done
                    lost += unread
        self.stdout.write(f"{renewed} secrets renewed.")
        if lost:
            raise CommandError(
                "No key of this installation opens: " + ", ".join(lost) + ". Put the old key back "
                "at the end of FIELD_KEY and run this again, or make new secrets."
            )


def _renew_column(model: type[Model], column: str) -> tuple[int, list[str]]:
    """How many were renewed, and the rows that could not be read."""
    renewed, lost = 0, []
    rows = model._default_manager.exclude(**{column: ""}).values_list("pk", column)
    for pk, token in rows.iterator():
        try:
            fresh = renew(token)
        except SecretLost:
            lost.append(f"{model._meta.label} {pk}")
            continue
        renewed += model._default_manager.filter(pk=pk, **{column: token}).update(**{column: fresh})
    return renewed, lost
