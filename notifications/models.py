"""The outbox: every message to a guest is a row before it is anything else."""

from __future__ import annotations

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models

from core.ids import PublicIdField
from core.secrets import SecretField
from restaurants.models import Restaurant

MOST_LOOKS = 3
"""How often it is looked up at the provider what became of a text whose answer was lost."""


class SmsAccount(models.Model):
    """A restaurant's account with Twilio. At most one sends; others stay, for what they sent.

    ``credentials`` is an encrypted JSON object: ``auth_tokens`` (they sign what Twilio tells us;
    two while one is replaced), ``api_key_secret`` and ``shared_key`` where there are any.
    """

    public_id = PublicIdField("sms")
    restaurant = models.ForeignKey(
        Restaurant, on_delete=models.PROTECT, related_name="sms_accounts"
    )
    is_test = models.BooleanField(
        default=True, help_text="Twilio's test credentials: nobody gets a message."
    )
    is_active = models.BooleanField(default=True, help_text="Sends this house's messages.")
    account_sid = models.CharField(max_length=34)
    api_key_sid = models.CharField(max_length=34, blank=True, help_text="Empty: the auth token.")
    messaging_service_sid = models.CharField(max_length=34, blank=True)
    sender = models.CharField(
        max_length=20, blank=True, help_text="A number (E.164) or a name of up to 11 letters."
    )
    credentials = SecretField(blank=True, editable=False)
    quiet_from = models.TimeField(null=True, blank=True, help_text="On the restaurant's clock.")
    quiet_until = models.TimeField(null=True, blank=True)
    daily_limit = models.PositiveIntegerField(
        default=500, db_default=500, help_text="Texts in 24 hours; more wait."
    )
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        ordering = ["restaurant", "-is_active", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["restaurant"],
                condition=models.Q(is_active=True),
                name="sms_account_one_active",
            ),
            models.CheckConstraint(
                condition=models.Q(account_sid__regex="^AC[0-9a-fA-F]{32}$"),
                name="sms_account_sid",
            ),
            models.CheckConstraint(
                condition=~models.Q(messaging_service_sid="", sender=""),
                name="sms_account_sender",
            ),
            models.CheckConstraint(
                condition=models.Q(quiet_from=None, quiet_until=None)
                | models.Q(quiet_from__isnull=False, quiet_until__isnull=False),
                name="sms_account_quiet_hours",
            ),
        ]

    def __str__(self) -> str:
        return f"Twilio{' (test)' if self.is_test else ''}"


class SmsReply(models.Model):
    """What a number told us: consent withdrawn or given again, a call for help, or some words.

    The log of consent. It keeps a fingerprint of the number, so that a guest who is forgotten is
    still never written to; and never the words, which go to the house.
    """

    class What(models.TextChoices):
        """What it means."""

        OUT = "out", "No more texts"
        IN = "in", "Texts again"
        HELP = "help", "Asked for help"
        WORDS = "words", "Wrote to the house"

    restaurant = models.ForeignKey(
        Restaurant, on_delete=models.CASCADE, related_name="sms_replies", db_index=False
    )
    phone_key = models.CharField(max_length=64, help_text="Fingerprint of the number")
    what = models.CharField(max_length=5, choices=What)
    how = models.CharField(
        max_length=20, blank=True, help_text="The word, or the code of the provider's refusal"
    )
    reference = models.CharField(max_length=40, help_text="The provider's id of the message")
    at = models.DateTimeField()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["restaurant", "reference"], name="sms_reply_once"),
        ]
        indexes = [
            models.Index(
                fields=["restaurant", "phone_key", "-id"],
                condition=models.Q(what__in=["out", "in"]),
                name="sms_reply_consent",
            )
        ]

    def __str__(self) -> str:
        return f"{self.what} at {self.at:%Y-%m-%d}"


class Message(models.Model):
    """One message to one guest, written in the transaction of what it tells about.

    ``payload`` holds the facts; text is made from them when the message is sent. A worker
    claims a row by moving it to ``sending`` with a lease; a lease that ran out is due again.
    """

    class Channel(models.TextChoices):
        """How it travels."""

        EMAIL = "email", "E-mail"
        SMS = "sms", "Text message"

    class Status(models.TextChoices):
        """How far it got."""

        QUEUED = "queued", "Queued"
        SENDING = "sending", "Sending"
        SENT = "sent", "Sent"
        FAILED = "failed", "Failed, needs a person"
        UNKNOWN = "unknown", "May have been sent"

    public_id = PublicIdField("msg")
    restaurant = models.ForeignKey(
        Restaurant,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="messages",
        help_text="Empty: from this installation itself, such as a link to sign in",
    )
    about = models.CharField(
        max_length=40, help_text="Public id of the booking, waitlist entry or request to sign in"
    )
    channel = models.CharField(max_length=5, choices=Channel.choices, default=Channel.EMAIL)
    kind = models.CharField(max_length=40, help_text="Names the template: reservation_confirmed")
    language = models.CharField(max_length=10, default="en", db_default="en")
    recipient = models.CharField(max_length=254)
    payload = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    status = models.CharField(max_length=7, choices=Status.choices, default=Status.QUEUED)
    attempts = models.PositiveSmallIntegerField(default=0)
    not_before = models.DateTimeField(help_text="Due from here on; while sending, end of the lease")
    last_error = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)

    # Of texts only.
    account = models.ForeignKey(
        SmsAccount,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="messages",
        help_text="Through which it was sent",
    )
    reference = models.CharField(
        max_length=40, blank=True, db_default="", help_text="The provider's id"
    )
    delivery = models.CharField(
        max_length=12, blank=True, db_default="", help_text="The provider's last word"
    )
    error_code = models.PositiveIntegerField(null=True, blank=True)
    segments = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="Parts that are paid for"
    )
    looks = models.PositiveSmallIntegerField(
        default=0, db_default=0, help_text="How often it was looked up after a lost answer"
    )

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["reference"],
                condition=~models.Q(reference=""),
                name="message_reference_once",
            )
        ]
        indexes = [
            models.Index(
                fields=["not_before"],
                condition=models.Q(status__in=["queued", "sending"]),
                name="message_due",
            ),
            models.Index(
                fields=["not_before"],
                condition=models.Q(channel="sms", looks__lt=MOST_LOOKS)
                & models.Q(status__in=["unknown", "sent"]),
                name="message_traced",
            ),
            # For the limits: what went to a number, and from a house, of late.
            models.Index(
                fields=["restaurant", "sent_at"],
                condition=models.Q(channel="sms"),
                name="message_texts_sent",
            ),
            models.Index(
                fields=["recipient", "sent_at"],
                condition=models.Q(channel="sms"),
                name="message_texts_to",
            ),
            models.Index(fields=["about"], name="message_about"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} about {self.about}: {self.status}"
