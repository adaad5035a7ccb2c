"""How to reach a guest, in the one form in which guests are compared."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext

from core.errors import Invalid

_LONGEST = 254


def email_of(text: str) -> str:
    """The e-mail address in lower case; raises Invalid when it cannot be one."""
    email = text.strip().lower()
    try:
        if len(email) > _LONGEST:
            raise ValidationError("too long")
        validate_email(email)
    except ValidationError:
        raise Invalid(
            email=gettext("Please enter an e-mail address like name@example.com.")
        ) from None
    return email
