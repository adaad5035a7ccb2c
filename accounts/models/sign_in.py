"""What guards a sign-in: second factors, links to set a password, counts of guesses."""

from __future__ import annotations

from binascii import unhexlify

from django.db import models
from django_otp.models import Device
from django_otp.oath import TOTP

from accounts.models.people import User
from core import clock
from core.ids import PublicIdField
from core.secrets import SecretField, decrypt

STEP_SECONDS = 30
TOLERATED_STEPS = 1
"""A telephone's clock may be so many codes early or late."""


class Authenticator(Device):
    """An application that shows a new code every thirty seconds (TOTP, RFC 6238). One per person.

    A device of django-otp with the secret encrypted at rest. A code is good once: its time step,
    or an earlier one, is never accepted again. How often somebody may try is counted by
    ``accounts.services.guessing``.
    """

    user = models.ForeignKey(
        User, on_delete=models.CASCADE, related_name="authenticators", help_text="Whose it is"
    )
    secret = SecretField(help_text="Twenty random bytes as hex, encrypted")
    last_step = models.BigIntegerField(default=-1, help_text="The time step of the last good code")
    created_at = models.DateTimeField(default=clock.now)
    last_used_at = models.DateTimeField(null=True, blank=True)

    class Meta(Device.Meta):
        abstract = False
        constraints = [models.UniqueConstraint(fields=["user"], name="authenticator_once")]

    @property
    def key(self) -> bytes:
        """The secret the application was given. Raises SecretLost."""
        return unhexlify(decrypt(self.secret).encode())

    def verify_token(self, token: str) -> bool:
        """Whether this is a code of now that was not used before; remembers that it was.

        Call it with the row locked: of two at once, one may be right.
        """
        code = "".join(token.split())
        if not (code.isascii() and code.isdigit()):
            return False
        totp = TOTP(self.key, step=STEP_SECONDS)
        totp.time = clock.now().timestamp()
        if not totp.verify(int(code), TOLERATED_STEPS, self.last_step + 1):
            return False
        self.last_step = totp.t()
        self.last_used_at = clock.now()
        self.save(update_fields=["last_step", "last_used_at"])
        return True


class RecoveryCode(models.Model):
    """One of ten codes on paper, each good once, for who has lost the telephone."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="recovery_codes")
    digest = models.CharField(max_length=64, editable=False)
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "digest"], name="recovery_code_once")
        ]

    def __str__(self) -> str:
        return f"of {self.user}"


class PasswordLink(models.Model):
    """A link by mail with which a person sets a password: good once, for some days.

    The token is derived from the nonce when the message is sent; kept is its fingerprint.
    """

    public_id = PublicIdField("pwlink")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="password_links")
    nonce = models.CharField(max_length=22, unique=True)
    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(expires_at__gt=models.F("created_at")),
                name="password_link_life_range",
            )
        ]

    def __str__(self) -> str:
        return self.public_id


class Guesses(models.Model):
    """How often somebody guessed in a row, and until when they may not go on.

    In the database, so that emptying Redis opens no door. Subject and account are fingerprints:
    an address nobody has an account with is counted like any other, and reads as nothing.
    """

    scope = models.CharField(max_length=20)
    subject = models.CharField(max_length=64)
    account = models.CharField(max_length=64, blank=True, help_text="Whom the guesses were about")
    failures = models.PositiveIntegerField(default=0)
    last_at = models.DateTimeField()
    locked_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "guesses"
        constraints = [
            models.UniqueConstraint(fields=["scope", "subject"], name="guesses_once"),
        ]
        indexes = [
            models.Index(fields=["account"], name="guesses_by_account"),
            models.Index(fields=["last_at"], name="guesses_by_age"),
        ]

    def __str__(self) -> str:
        return f"{self.failures} × {self.scope}"
