"""The provider of a house: for owners, and what is secret goes in and never out."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.urls import reverse

from core.models import AuditEntry
from core.secrets import decrypt
from payments.models import ProviderAccount
from payments.services import accounts
from restaurants.models import Restaurant
from tests.payments.rows import make_payment
from tests.staff.conftest import As, Cast

pytestmark = pytest.mark.django_db

SECRET, SIGNING = "sk_test_very_secret", "whsec_very_secret"
FORM = {
    "money": "test",
    "publishable_key": "pk_test_1",
    "secret_key": SECRET,
    "webhook_secrets": "",
}


class FakeGateway:
    """As far as an account goes."""

    def __init__(self, *, secret_key: str = "", **_: Any) -> None:
        self._key = secret_key

    def refuse_unless_usable(self) -> None:
        if not self._key.startswith("sk_"):
            raise ImproperlyConfigured("This account has no secret key.")


@pytest.fixture(autouse=True)
def _gateways(monkeypatch: pytest.MonkeyPatch) -> None:
    path = f"{__name__}.FakeGateway"
    monkeypatch.setattr(accounts, "GATEWAYS", dict.fromkeys(accounts.NEEDS, path))


def connect(house: Restaurant, provider: str = "stripe") -> str:
    return reverse("staff:payment_account_connect", args=[house.slug, provider])


def test_an_owner_connects_an_account_and_reads_no_secret_again(
    as_: As, cast: Cast, house: Restaurant
) -> None:
    client = as_(cast.owner)
    answer = client.post(connect(house), FORM, follow=True)
    account = ProviderAccount.objects.get()
    page = answer.content.decode()
    assert "Test: no real money moves" in page
    assert f"/api/webhooks/payments/stripe/{account.public_id}" in page
    assert "pk_test_1" in page
    form = client.get(connect(house)).content.decode()
    assert SECRET not in page + form + account.credentials + str(account.settings)
    assert json.loads(decrypt(account.credentials))["secret_key"] == SECRET
    entry = AuditEntry.objects.get(verb="payment_account.connected")
    assert (entry.actor_label, entry.data["changed"]) == (cast.owner.full_name, ["secret_key"])
    assert SECRET not in str(entry.data)


def test_an_empty_secret_keeps_the_stored_one_and_a_new_signature_joins_the_last(
    as_: As, cast: Cast, house: Restaurant
) -> None:
    client = as_(cast.owner)
    client.post(connect(house), FORM)
    for signing in (SIGNING, "", "whsec_2", "whsec_3"):
        client.post(connect(house), FORM | {"secret_key": "", "webhook_secrets": signing})
    account = ProviderAccount.objects.get()
    assert json.loads(decrypt(account.credentials)) == {
        "secret_key": SECRET,
        "webhook_secrets": ["whsec_3", "whsec_2"],
    }


def test_what_the_adapter_refuses_is_not_stored(as_: As, cast: Cast, house: Restaurant) -> None:
    answer = as_(cast.owner).post(connect(house), FORM | {"secret_key": "pk_oops"})
    assert answer.status_code == 422
    assert "This account has no secret key." in answer.content.decode()
    assert "pk_oops" not in answer.content.decode()
    assert not ProviderAccount.objects.exists()


def test_one_account_takes_new_payments_and_the_others_stay(
    as_: As, cast: Cast, house: Restaurant
) -> None:
    client = as_(cast.owner)
    client.post(connect(house), FORM)
    client.post(connect(house), FORM | {"money": "live", "secret_key": "sk_live_1"})
    rows = ProviderAccount.objects.order_by("pk").values_list("is_test", "is_active")
    assert list(rows) == [(True, False), (False, True)]
    page = client.get(reverse("staff:payment_account", args=[house.slug])).content.decode()
    assert "Real money" in page
    stop = reverse("staff:payment_account_stop", args=[house.slug])
    assert client.get(stop).status_code == 200
    for _ in range(2):
        assert client.post(stop).status_code == 302
    assert not ProviderAccount.objects.filter(is_active=True).exists()
    assert AuditEntry.objects.filter(verb="payment_account.disconnected").count() == 1


def test_nobody_else_connects_one(as_: As, cast: Cast, house: Restaurant) -> None:
    assert as_(cast.manager).post(connect(house), FORM).status_code == 403
    assert as_(cast.owner).get(connect(house, "venmo")).status_code == 404
    assert not ProviderAccount.objects.exists()


PAYPAL = {"money": "test", "client_id": "one", "client_secret": "sk_1", "webhook_id": "wh"}


def test_another_merchant_does_not_take_over_what_the_last_one_took(
    as_: As, cast: Cast, house: Restaurant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FakeGateway, "refuse_unless_usable", lambda _: None)
    client = as_(cast.owner)
    client.post(connect(house, "paypal"), PAYPAL)
    first = ProviderAccount.objects.get()
    # Before anything was taken, a mistyped id is only put right.
    client.post(connect(house, "paypal"), PAYPAL | {"client_id": "first"})
    first.refresh_from_db()
    assert (ProviderAccount.objects.count(), first.settings) == (1, {"client_id": "first"})
    make_payment(house, account=first, gateway="paypal")
    client.post(connect(house, "paypal"), PAYPAL | {"client_id": "other", "client_secret": "sk_2"})
    other = ProviderAccount.objects.get(is_active=True)
    first.refresh_from_db()
    assert (first.is_active, other.pk == first.pk) == (False, False)
    assert json.loads(decrypt(first.credentials))["client_secret"] == "sk_1"
    # Back to the first: with its own secrets.
    client.post(connect(house, "paypal"), PAYPAL | {"client_id": "first", "client_secret": ""})
    assert ProviderAccount.objects.get(is_active=True) == first
    assert json.loads(decrypt(first.credentials))["client_secret"] == "sk_1"


def test_new_keys_of_the_same_stripe_account_are_the_same_merchants(
    as_: As, cast: Cast, house: Restaurant
) -> None:
    client, key = as_(cast.owner), "pk_test_51HxyzABCDEFGHIJ"
    client.post(connect(house), FORM | {"publishable_key": f"{key}first"})
    make_payment(house, account=ProviderAccount.objects.get(), gateway="stripe")
    client.post(connect(house), FORM | {"publishable_key": f"{key}second"})
    assert ProviderAccount.objects.get().settings == {"publishable_key": f"{key}second"}
    client.post(connect(house), FORM | {"publishable_key": "pk_test_51AnotherAccountkey"})
    assert ProviderAccount.objects.count() == 2
