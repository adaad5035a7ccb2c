"""Telephone numbers: any form a person writes, kept as E.164."""

from __future__ import annotations

import phonenumbers
from django.utils.translation import gettext

from core.errors import Invalid


def example_of(country: str) -> str:
    """A mobile number as people in ``country`` write it, for sentences; or an international one."""
    kind = phonenumbers.PhoneNumberType.MOBILE
    example = phonenumbers.example_number_for_type(country, kind)
    if example is None:
        return "+447700900000"
    national = phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.NATIONAL)
    return "".join(sign for sign in national if sign.isdigit())


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


def country_code(country: str) -> int:
    """44 for GB; 0 where nobody knows."""
    return phonenumbers.country_code_for_region(country) if country else 0
