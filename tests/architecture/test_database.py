"""Models and migrations: complete, reversible, and pointing down the layers."""

from __future__ import annotations

from contextlib import suppress
from io import StringIO

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db.migrations.loader import MigrationLoader

from tests.architecture.project import APPS, LAYERS

HEIGHT = {app: height for height, layer in enumerate(LAYERS) for app in layer}


@pytest.mark.django_db
def test_no_model_change_is_without_its_migration() -> None:
    said = StringIO()
    with suppress(SystemExit):
        call_command("makemigrations", check=True, dry_run=True, stdout=said)
    assert said.getvalue().strip() == "No changes detected"


def test_every_migration_can_be_undone() -> None:
    graph = MigrationLoader(None).graph
    stuck = [
        f"{app}.{name}: {operation.describe()}"
        for (app, name), migration in graph.nodes.items()
        if app in APPS and migration is not None
        for operation in migration.operations
        if not operation.reversible
    ]
    assert stuck == []


BY_LABEL_ONLY = {"accounts.ApiKey.restaurant → restaurants.Restaurant"}
"""A key is an account's, and works for one restaurant: named by its label, never imported."""


def test_foreign_keys_point_down_the_layers() -> None:
    upward = [
        f"{model._meta.label}.{field.name} → {field.related_model._meta.label}"
        for model in apps.get_models()
        if model._meta.app_label in HEIGHT
        for field in model._meta.get_fields()
        if field.concrete and field.is_relation and field.related_model is not None
        for other in [field.related_model._meta.app_label]
        if other in HEIGHT
        and other != model._meta.app_label
        and HEIGHT[other] >= HEIGHT[model._meta.app_label]
    ]
    assert set(upward) == BY_LABEL_ONLY
