"""Through whose account a house sends texts: connected by its managers; secrets never come out."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext

from core import audit, clock
from core.actors import Actor
from core.errors import Invalid
from core.secrets import encrypt
from notifications.models import SmsAccount
from notifications.reach import is_number
from notifications.selectors import active_sms_account, sms_credentials
from restaurants.access import Capability, check_staff
from restaurants.models import Restaurant

SECRETS = ("auth_token", "api_key_secret", "shared_key")
"""By the names of the form."""
MOST_A_DAY = 100_000

_ACCOUNT = re.compile(r"AC[0-9a-fA-F]{32}")
_SERVICE = re.compile(r"MG[0-9a-fA-F]{32}")
_KEY = re.compile(r"SK[0-9a-fA-F]{32}")
_NAME = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9 ]{1,11}")


@dataclass(frozen=True, slots=True)
class SmsSetup:
    """What is public of an account, and how it is used."""

    is_test: bool
    account_sid: str
    messaging_service_sid: str = ""
    sender: str = ""
    api_key_sid: str = ""
    quiet_from: dt.time | None = None
    quiet_until: dt.time | None = None
    daily_limit: int = 500


def connect_sms(
    restaurant: Restaurant, setup: SmsSetup, secrets: Mapping[str, str], *, by: Actor
) -> SmsAccount:
    """Send the house's texts through this account from now on.

    The same account (SID and mode) is changed in place; any other stays for what it sent. An empty
    secret keeps the stored one; a new auth token joins the last one until the next. May be
    repeated. Raises Forbidden unless ``by`` may connect things here, and Invalid by field.
    """
    check_staff(by, Capability.CONNECT, restaurant.pk)
    now = clock.now()
    with transaction.atomic():
        Restaurant.objects.select_for_update(no_key=True).get(pk=restaurant.pk)
        rows = SmsAccount.objects.filter(restaurant=restaurant)
        same = rows.filter(account_sid=setup.account_sid, is_test=setup.is_test)
        account = same.order_by("-is_active", "-pk").first() or SmsAccount(
            restaurant=restaurant, created_at=now
        )
        kept = _merged(account, secrets)
        _check(setup, kept)
        rows.exclude(pk=account.pk).filter(is_active=True).update(is_active=False, updated_at=now)
        for name in setup.__dataclass_fields__:
            setattr(account, name, getattr(setup, name))
        account.credentials = encrypt(json.dumps(kept))
        account.is_active, account.updated_at = True, now
        account.save()
        audit.record(
            "sms_account.connected",
            account.public_id,
            by=by,
            restaurant_id=restaurant.pk,
            is_test=setup.is_test,
            changed=sorted(name for name, value in secrets.items() if value.strip()),
        )
    return account


def disconnect_sms(restaurant: Restaurant, *, by: Actor) -> None:
    """Send no more texts; what was sent is still heard of. May be repeated.

    Raises Forbidden unless ``by`` may connect things here.
    """
    check_staff(by, Capability.CONNECT, restaurant.pk)
    with transaction.atomic():
        Restaurant.objects.select_for_update(no_key=True).get(pk=restaurant.pk)
        account = active_sms_account(restaurant.pk)
        if account is None:
            return
        account.is_active, account.updated_at = False, clock.now()
        account.save(update_fields=["is_active", "updated_at"])
        audit.record(
            "sms_account.disconnected", account.public_id, by=by, restaurant_id=restaurant.pk
        )


def stored_sms_secrets(account: SmsAccount) -> frozenset[str]:
    """The names of the secrets an account has; never what they are."""
    found = sms_credentials(account)
    names = {"auth_token": found.get("auth_tokens"), **found}
    return frozenset(name for name in SECRETS if names.get(name))


def _merged(account: SmsAccount, told: Mapping[str, str]) -> dict[str, str | list[str]]:
    stored = sms_credentials(account)
    old = stored.get("auth_tokens", [])
    new = told.get("auth_token", "").strip()
    tokens = [each for each in dict.fromkeys([new, *old]) if each][:2]
    merged: dict[str, str | list[str]] = {"auth_tokens": tokens}
    for name in ("api_key_secret", "shared_key"):
        merged[name] = told.get(name, "").strip() or str(stored.get(name, ""))
    return merged


def _check(setup: SmsSetup, secrets: Mapping[str, str | list[str]]) -> None:
    wrong = _wrong_secrets(setup, secrets) | _wrong_use(setup)
    if wrong:
        raise Invalid(**wrong)


def _wrong_secrets(setup: SmsSetup, secrets: Mapping[str, str | list[str]]) -> dict[str, str]:
    wrong: dict[str, str] = {}
    if not _ACCOUNT.fullmatch(setup.account_sid):
        wrong["account_sid"] = gettext("An account SID begins with AC and has 34 characters.")
    if not secrets["auth_tokens"]:
        wrong["auth_token"] = gettext("The auth token is needed: it signs what Twilio tells us.")
    if setup.api_key_sid and not _KEY.fullmatch(setup.api_key_sid):
        wrong["api_key_sid"] = gettext("An API key SID begins with SK and has 34 characters.")
    if setup.api_key_sid and not secrets["api_key_secret"]:
        wrong["api_key_secret"] = gettext("Enter the secret of the API key.")
    return wrong


def _wrong_use(setup: SmsSetup) -> dict[str, str]:
    wrong: dict[str, str] = {}
    if setup.messaging_service_sid and not _SERVICE.fullmatch(setup.messaging_service_sid):
        wrong["messaging_service_sid"] = gettext(
            "The SID of a messaging service begins with MG and has 34 characters."
        )
    if not (setup.messaging_service_sid or setup.sender):
        wrong["sender"] = gettext("Enter a messaging service or a sender.")
    elif setup.sender and not (is_number(setup.sender) or _NAME.fullmatch(setup.sender)):
        wrong["sender"] = gettext("A number such as +447700900123, or a name of up to 11 letters.")
    if (setup.quiet_from is None) != (setup.quiet_until is None):
        wrong["quiet_until"] = gettext("Enter both ends of the quiet hours, or none.")
    if not 1 <= setup.daily_limit <= MOST_A_DAY:
        wrong["daily_limit"] = gettext("Enter a number from 1 to 100,000.")
    return wrong
