"""What docs/contracts/webhooks.md promises: its code, the fields and the types it names."""

from __future__ import annotations

import re
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest
from standardwebhooks.webhooks import Webhook

from api.multisource.shapes import status_word
from api.webhooks import payloads
from api.webhooks.payloads import IntegratorsWire
from core.clock import now
from core.secrets import decrypt
from reservations.engine.lifecycle import Status
from tests.webhooks.conftest import Reserve, tell
from webhooks.events import TYPES
from webhooks.models import Endpoint, EndpointSecret, Event

PAGE = (Path(__file__).parents[2] / "docs/contracts/webhooks.md").read_text()
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
BODY = b'{"caf\xc3\xa9": "\xe2\x82\xac"}'

Verify = Callable[[dict[str, str], bytes], bool]


def printed(language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    assert found is not None
    return found[1]


def in_python(headers: dict[str, str], body: bytes) -> bool:
    space: dict[str, Any] = {}
    exec(printed("python"), space)
    result: bool = space["verify"](SECRET, headers, body)
    return result


def run(command: list[str], code: str) -> bool:
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not installed")
    done = subprocess.run([*command, code], capture_output=True, text=True, check=True)
    return done.stdout.strip() == "true"


def in_javascript(headers: dict[str, str], body: bytes) -> bool:
    asked = f"{orjson.dumps(headers).decode()}, Buffer.from('{body.hex()}', 'hex')"
    code = f"{printed('javascript')}\nconsole.log(verify('{SECRET}', {asked}));"
    return run(["node", "-e"], code)


def in_php(headers: dict[str, str], body: bytes) -> bool:
    given = f"json_decode('{orjson.dumps(headers).decode()}', true), hex2bin('{body.hex()}')"
    code = printed("php").removeprefix("<?php")
    return run(["php", "-r"], f"{code}\necho verify('{SECRET}', {given}) ? 'true' : 'false';")


@pytest.mark.parametrize("verify", [in_python, in_javascript, in_php])
def test_the_printed_code_takes_what_is_right_and_nothing_else(verify: Verify) -> None:
    at = int(time.time())

    def headers(secret: str = SECRET, shift: int = 0) -> dict[str, str]:
        moment = now().replace(microsecond=0).fromtimestamp(at + shift, now().tzinfo)
        return {
            "webhook-id": "evt_1",
            "webhook-timestamp": str(at + shift),
            "webhook-signature": Webhook(secret).sign("evt_1", moment, BODY.decode()),
        }

    other = "whsec_" + "A" * 32
    both = headers(other)["webhook-signature"] + " " + headers()["webhook-signature"]
    assert verify(headers(), BODY)
    assert verify(headers() | {"webhook-signature": both}, BODY), "while a secret is rotated"
    assert not verify(headers(), BODY + b" ")
    assert not verify(headers(other), BODY)
    assert not verify(headers() | {"webhook-id": "evt_2"}, BODY)
    assert not verify(headers(shift=-301), BODY)
    assert not verify(headers(shift=310), BODY)


def test_the_printed_example_is_signed_right() -> None:
    found = re.search(r"the id `(.*?)`, the timestamp `(\d+)` and the body `(.*?)`", PAGE)
    assert found is not None
    moment = now().fromtimestamp(int(found[2]), now().tzinfo)
    assert f"`{Webhook(SECRET).sign(found[1], moment, found[3])}`" in PAGE


@pytest.mark.parametrize("status", list(Status))
def test_the_four_words_are_those_of_contract_1(status: Status) -> None:
    assert payloads._STATUS[status] == status_word(status)


def test_every_type_is_named() -> None:
    for name in TYPES:
        assert f"`{name}`" in PAGE, name


@pytest.mark.django_db(transaction=True)
def test_the_printed_message_has_the_fields_that_are_sent(
    endpoint: Endpoint, reserve: Reserve
) -> None:
    shown = orjson.loads(printed("json"))
    reserve()
    tell()
    event = Event.objects.get()
    delivery = event.deliveries.get()
    sent = orjson.loads(IntegratorsWire().body(delivery, event, with_people=False))
    assert set(sent) == set(shown)
    assert set(sent["data"]["reservation"]) == set(shown["data"]["reservation"])
    full = orjson.loads(IntegratorsWire().body(delivery, event, with_people=True))
    for field in full["data"]["reservation"]["guest"]:
        assert f"`{field}`" in PAGE, field


@pytest.mark.django_db(transaction=True)
def test_stored_secrets_are_renewed_by_the_command(
    endpoint: Endpoint, settings: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    from django.core.management import CommandError, call_command

    settings.FIELD_KEY = "a new key"
    secret = decrypt(EndpointSecret.objects.get().secret)
    call_command("renew_secrets")
    assert "1 secrets renewed." in capsys.readouterr().out
    settings.SECRET_KEY = "another-one-0123456789-0123456789-0123456789"
    assert decrypt(EndpointSecret.objects.get().secret) == secret
    settings.FIELD_KEY = "a third key, and nothing of what was before"
    with pytest.raises(CommandError, match=r"webhooks\.EndpointSecret"):
        call_command("renew_secrets")
