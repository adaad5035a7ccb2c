"""Accounts with providers, policies by what those can do, and requests that are taken back."""

from __future__ import annotations

import json

import pytest
from django.urls import reverse

from core import clock
from core.models import AuditEntry
from core.secrets import decrypt
from payments.gateways.base import Taking
from payments.gateways.sandbox import SandboxGateway
from payments.models import Policy, ProviderAccount
from reservations.models import PaymentRequest, Reservation
from restaurants.models import Restaurant
from tests.admin.conftest import Cast, SignIn

pytestmark = pytest.mark.django_db

SECRET = "sk_test_never_shown"


def fields(house: Restaurant, **more: object) -> dict[str, object]:
    return {
        "restaurant": house.pk,
        "provider": "stripe",
        "is_test": "on",
        "is_active": "on",
        "settings": '{"publishable_key": "pk_test_1"}',
        "secrets": json.dumps({"secret_key": SECRET, "webhook_secrets": ["whsec_1"]}),
        **more,
    }


def test_secrets_go_in_encrypted_and_never_come_out(
    as_: SignIn, cast: Cast, house: Restaurant
) -> None:
    client = as_(cast.owner)
    client.post(reverse("admin:payments_provideraccount_add"), fields(house))
    account = ProviderAccount.objects.get()
    assert SECRET not in account.credentials
    assert json.loads(decrypt(account.credentials))["secret_key"] == SECRET
    change = reverse("admin:payments_provideraccount_change", args=[account.pk])
    listed = reverse("admin:payments_provideraccount_changelist")
    for address in (change, listed):
        assert SECRET not in client.get(address).content.decode()
    assert "Test: no real money" in client.get(listed).content.decode()
    assert SECRET not in str(list(AuditEntry.objects.values()))

    before = account.credentials
    client.post(change, fields(house, secrets="", settings="{}"))
    account.refresh_from_db()
    assert (account.credentials, account.settings) == (before, {})


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ({"secrets": ""}, "A new account needs its secrets."),
        ({"secrets": '["x"]'}, "Write an object in braces."),
        ({"secrets": '{"unheard_of": "x"}'}, "does not take these names"),
    ],
)
def test_what_cannot_work_is_refused_without_quoting_it(
    as_: SignIn, cast: Cast, house: Restaurant, more: dict[str, object], sentence: str
) -> None:
    answer = as_(cast.owner).post(
        reverse("admin:payments_provideraccount_add"), fields(house, **more)
    )
    assert sentence in answer.content.decode()
    assert ProviderAccount.objects.count() == 0


def test_managers_do_not_connect_providers(as_: SignIn, cast: Cast, house: Restaurant) -> None:
    client = as_(cast.manager)
    assert client.get(reverse("admin:payments_provideraccount_changelist")).status_code == 403
    client.post(reverse("admin:payments_provideraccount_add"), fields(house))
    assert ProviderAccount.objects.count() == 0


def test_a_policy_the_provider_cannot_do_is_refused(
    as_: SignIn, cast: Cast, house: Restaurant, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = {
        "restaurant": house.pk,
        "name": "No-shows",
        "kind": "card",
        "amount": "20",
        "per_person": "on",
        "is_active": "on",
        "priority": "1",
        "min_party": "1",
        "refund_ladder": "[[24, 100]]",
    }
    client, add = as_(cast.manager), reverse("admin:payments_policy_add")
    monkeypatch.setattr(SandboxGateway, "takes", frozenset({Taking.CHARGE}))
    assert "Choose a deposit or a prepayment." in client.post(add, said).content.decode()
    monkeypatch.undo()
    client.post(add, said)
    assert Policy.objects.get(name="No-shows").kind == "card"


def test_a_request_is_taken_back(as_: SignIn, cast: Cast, everything: Reservation) -> None:
    row = PaymentRequest.objects.get()
    sent = {"action": "take_back", "_selected_action": [row.pk], "index": 0}
    address = reverse("admin:reservations_paymentrequest_changelist")
    as_(cast.viewer).post(address, sent)
    assert PaymentRequest.objects.get().status == "open"
    as_(cast.host).post(address, sent)
    assert PaymentRequest.objects.get().status == "withdrawn"


@pytest.mark.parametrize(
    ("provider", "currency", "amount", "sentence"),
    [
        ("", "GBP", "1.005", "sandbox cannot move 1.005 GBP exactly. Choose 1.00 GBP or 1.01 GBP."),
        ("stripe", "KWD", "1.005", "Stripe cannot move 1.005 KWD exactly."),
        ("stripe", "HUF", "0.5", "Stripe cannot move 0.5 HUF exactly. Choose 1.00 HUF."),
        ("paypal", "HUF", "10.5", "PayPal cannot move 10.5 HUF exactly."),
        ("paypal", "ISK", "10", "PayPal does not take ISK, which is the currency of this"),
        ("square", "KWD", "1.005", ""),
        ("stripe", "KWD", "1.01", ""),
        ("stripe", "ISK", "100", ""),
    ],
)
def test_a_policy_asks_for_what_the_provider_can_move(
    as_: SignIn,
    cast: Cast,
    house: Restaurant,
    provider: str,
    currency: str,
    amount: str,
    sentence: str,
) -> None:
    house.currency = currency
    house.save()
    if provider:
        times = {"created_at": clock.now(), "updated_at": clock.now()}
        ProviderAccount.objects.create(restaurant=house, provider=provider, **times)
    said = {
        "restaurant": house.pk,
        "name": "Deposits",
        "kind": "deposit",
        "amount": amount,
        "is_active": "on",
        "priority": "1",
        "min_party": "1",
        "refund_ladder": "[[24, 100]]",
    }
    answer = as_(cast.manager).post(reverse("admin:payments_policy_add"), said)
    assert sentence in answer.content.decode()
    assert Policy.objects.filter(name="Deposits").exists() is not bool(sentence)
