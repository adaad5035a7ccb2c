"""The second factor: set up with an application, shown by its codes or those on paper."""

from __future__ import annotations

import secrets
from base64 import b32encode
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from django.db import transaction

from accounts.errors import CodeWrong
from accounts.models import Authenticator, RecoveryCode, User
from accounts.services import guessing, trail
from core import clock, tokens
from core.actors import Actor, ActorKind
from core.secrets import encrypt

CODES = 10
ISSUER = "Couvert"
_LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"
_GROUPS, _OF = 2, 5
"""Two groups of five letters out of 31: fifty bits."""


@dataclass(frozen=True, slots=True)
class Setup:
    """What an application needs, to scan or to type."""

    address: str
    """``otpauth://…``, the content of the picture."""
    typed: str
    """The secret in groups of four."""


def begin(user: User) -> Setup:
    """The secret to set up with: the one that waits to be confirmed, or a new one.

    Repeatable until it is confirmed, so that a reload shows what was scanned.
    """
    with transaction.atomic():
        User.objects.select_for_update().get(pk=user.pk)
        row, _ = Authenticator.objects.get_or_create(
            user=user,
            defaults={
                "name": "default",
                "confirmed": False,
                "secret": encrypt(secrets.token_hex(20)),
            },
        )
    if row.confirmed:
        raise CodeWrong
    typed = b32encode(row.key).decode()
    words = urlencode({"secret": typed, "issuer": ISSUER})
    address = f"otpauth://totp/{quote(f'{ISSUER}:{user.email}')}?{words}"
    groups = [typed[at : at + 4] for at in range(0, len(typed), 4)]
    return Setup(address, " ".join(groups))


def confirm(user: User, code: str, *, by: Actor) -> tuple[Authenticator, list[str]]:
    """The application shows the right code: from now on it is asked for. Gives the codes for paper.

    Raises CodeWrong, and TooOften for who guesses.
    """
    counted = _count(user)
    with transaction.atomic():
        row = _locked(user, confirmed=False)
        if row is None or not row.verify_token(code):
            raise CodeWrong
        row.confirmed = True
        row.save(update_fields=["confirmed"])
        made = _new_codes(user)
        trail.record(user, "staff.second_factor_added", by=by)
    guessing.forgive(counted)
    return row, made


def verify(user: User, code: str) -> Authenticator:
    """The authenticator, for a code that it shows now or one from paper, which is used up by it.

    Raises CodeWrong, whatever is wrong, and TooOften for who guesses.
    """
    counted = _count(user)
    with transaction.atomic():
        row = _locked(user, confirmed=True)
        if row is None or not (row.verify_token(code) or _use_up(user, code)):
            raise CodeWrong
    guessing.forgive(counted)
    return row


def renew_codes(user: User, *, by: Actor) -> list[str]:
    """Ten new codes for paper; those before are worth nothing."""
    with transaction.atomic():
        made = _new_codes(user)
        trail.record(user, "staff.recovery_codes_renewed", by=by)
    return made


def remove(user: User, *, by: Actor) -> bool:
    """The password alone is enough again. False if it was; may be repeated."""
    with transaction.atomic():
        RecoveryCode.objects.filter(user=user).delete()
        number, _ = Authenticator.objects.filter(user=user, confirmed=True).delete()
        if number:
            trail.record(user, "staff.second_factor_removed", by=by)
    return bool(number)


def has_second_factor(user: User) -> bool:
    """Whether a code is asked for. One query."""
    return bool(Authenticator.objects.filter(user=user, confirmed=True).exists())


def codes_left(user: User) -> int:
    """How many codes on paper are not used up."""
    return RecoveryCode.objects.filter(user=user, used_at=None).count()


def _locked(user: User, *, confirmed: bool) -> Authenticator | None:
    rows = Authenticator.objects.select_for_update().filter(user=user, confirmed=confirmed)
    found: Authenticator | None = rows.first()
    return found


def _count(user: User) -> list[guessing.Attempt]:
    return guessing.attempts(
        [(guessing.CODE, user.public_id)], account=guessing.account_key(user.email)
    )


def _use_up(user: User, code: str) -> bool:
    rows = RecoveryCode.objects.filter(user=user, used_at=None, digest=_digest(user, code))
    if not rows.update(used_at=clock.now()):
        return False
    by = Actor(ActorKind.STAFF, user.public_id, user.called)
    trail.record(user, "staff.recovery_code_used", by=by, left=codes_left(user))
    return True


def _new_codes(user: User) -> list[str]:
    made = ["-".join(_group() for _ in range(_GROUPS)) for _ in range(CODES)]
    RecoveryCode.objects.filter(user=user).delete()
    RecoveryCode.objects.bulk_create(
        [RecoveryCode(user=user, digest=_digest(user, code)) for code in made]
    )
    return made


def _group() -> str:
    return "".join(secrets.choice(_LETTERS) for _ in range(_OF))


def _digest(user: User, code: str) -> str:
    plain = "".join(letter for letter in code.lower() if letter.isalnum())
    return tokens.fingerprint("recovery-code", f"{user.public_id}:{plain}")
