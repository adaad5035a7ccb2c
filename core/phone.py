"""Telephone numbers: any form a person writes, kept as E.164."""

from __future__ import annotations

import phonenumbers
from django.utils.translation import gettext

from core.errors import Invalid


def to_e164(number: str, country: str) -> str:
    """``number`` as ``+441234567890``, read as a caller in ``country`` (ISO 3166) would dial it.

    Raises :class:`~core.errors.Invalid` when it cannot be a telephone number there.
    """
    try:
        parsed = phonenumbers.parse(number, country)
    except phonenumbers.NumberParseException as error:
        raise Invalid(phone=gettext("This is not a telephone number.")) from error
    if not phonenumbers.is_possible_number(parsed):
        raise Invalid(
            phone=gettext("This telephone number is too short, too long or from nowhere.")
        )
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
