"""What the account endpoints read, and, for the schema, what they answer."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from api.serializers import EmailAddress, PersonText, SecretText, StrictSerializer
from api.tokens import MAX_TOKEN_CHARACTERS

# The wire's names are camelCase.
# ruff: noqa: N815


class RegisterRequest(StrictSerializer):
    """A new account."""

    email = EmailAddress()
    password = SecretText()
    fullName = PersonText(source="full_name", max_length=120, required=False, allow_blank=True)
    phone = PersonText(
        max_length=40, required=False, allow_blank=True, help_text="With country code"
    )


class TokenRequest(StrictSerializer):
    """Address and password. ``username`` is the e-mail address; ``email`` may be said instead."""

    username = PersonText(max_length=254, required=False, help_text="The e-mail address")
    email = PersonText(max_length=254, required=False, help_text="Instead of username")
    password = SecretText()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Exactly one of the two names."""
        given = [attrs[name] for name in ("username", "email") if name in attrs]
        if not given:
            raise serializers.ValidationError({"username": ["Send the e-mail address."]})
        if len({address.lower() for address in given}) > 1:
            raise serializers.ValidationError({"email": ["This differs from username."]})
        return {"email": given[0], "password": attrs["password"]}


class RefreshRequest(StrictSerializer):
    """The refresh token from signing in."""

    refresh = SecretText(max_length=MAX_TOKEN_CHARACTERS)


class ProfileChange(StrictSerializer):
    """What to change; what is left out stays."""

    fullName = PersonText(source="full_name", max_length=120, required=False, allow_blank=True)
    phone = PersonText(
        max_length=40, required=False, allow_blank=True, help_text="With country code"
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Something to change."""
        if not attrs:
            raise serializers.ValidationError("Send fullName, phone or both.")
        return attrs


class RegisterResponse(serializers.Serializer[Any]):
    """The new account and its first tokens."""

    userId = serializers.CharField()
    email = serializers.EmailField()
    fullName = serializers.CharField()
    access = serializers.CharField()
    refresh = serializers.CharField()


class TokenResponse(serializers.Serializer[Any]):
    """A pair of tokens."""

    access = serializers.CharField()
    refresh = serializers.CharField()


class AccessResponse(serializers.Serializer[Any]):
    """A new access token; the refresh token stays good."""

    access = serializers.CharField()


class ProfileResponse(serializers.Serializer[Any]):
    """The guest's own account."""

    userId = serializers.CharField()
    email = serializers.EmailField()
    fullName = serializers.CharField()
    phone = serializers.CharField(help_text="E.164, or empty")
