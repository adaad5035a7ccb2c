"""The quick way of emptying the test database leaves what Django's own would leave."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.apps import apps
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.db import DatabaseError, connection, transaction
from django.test import TransactionTestCase

from core import audit
from core.actors import SYSTEM
from core.models import AuditEntry
from restaurants.models import Restaurant

pytestmark = pytest.mark.django_db(transaction=True)

KEPT = {ContentType, Permission}


def empty() -> None:
    TransactionTestCase()._fixture_teardown()  # type: ignore[attr-defined]


def filled() -> set[str]:
    models = set(apps.get_models(include_auto_created=True)) - KEPT
    return {model.__name__ for model in models if model._base_manager.exists()}


def test_nothing_is_left_not_even_what_triggers_keep(bella: Restaurant) -> None:
    audit.record("house.looked_at", bella.public_id, by=SYSTEM, restaurant_id=bella.pk)
    with pytest.raises(DatabaseError, match="append"):
        AuditEntry.objects.all().delete()
    assert filled() >= {"AuditEntry", "Restaurant", "DiningTable", "Organization"}
    empty()
    assert filled() == set()


def test_triggers_are_back_afterwards(bella: Restaurant) -> None:
    empty()
    with connection.cursor() as cursor:
        cursor.execute("SHOW session_replication_role")
        assert cursor.fetchone() == ("origin",)


def test_permissions_stay_and_come_back_when_a_test_took_one() -> None:
    before = set(Permission.objects.values_list("content_type__model", "codename"))
    assert len(before) > 100
    Permission.objects.filter(codename="add_restaurant").delete()
    empty()
    assert set(Permission.objects.values_list("content_type__model", "codename")) == before
    first = Permission.objects.earliest("pk").pk
    empty()
    assert Permission.objects.earliest("pk").pk == first, "nothing was made anew"


def test_a_request_that_still_reads_is_waited_for_whatever_it_reads_next(bella: Restaurant) -> None:
    """It holds a table that is emptied late, and then asks for one that is already locked."""

    def emptied_elsewhere() -> None:
        try:
            empty()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            assert Restaurant.objects.get() == bella
            emptying = pool.submit(emptied_elsewhere)
            _until_somebody_waits_for("restaurants_restaurant")
            assert not AuditEntry.objects.filter(verb="house.none").exists()
        emptying.result(timeout=10)
    assert filled() == set()


def _until_somebody_waits_for(table: str) -> None:
    for _ in range(500):
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = %s::regclass",
                [table],
            )
            if cursor.fetchone() == (1,):
                return
        time.sleep(0.01)
    raise AssertionError(f"nobody waits for {table}")
