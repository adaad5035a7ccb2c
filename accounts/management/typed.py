"""What an operator typed, judged before anything is made of it: a line to read, no traceback."""

from __future__ import annotations

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import CommandError
from django.core.validators import validate_email
from django.db.models import Model

from accounts.models import User


def check_person(email: str, *, password: str | None, full_name: str | None) -> None:
    """Raises CommandError for an address, a name or a password that no account may have.

    Passwords are judged as where guests register, in the validators' words.
    """
    try:
        validate_email(email)
    except ValidationError:
        raise CommandError(f"{email} is not an e-mail address.") from None
    person = User(email=email, full_name=full_name or "")
    check_fields(person, "email", "full_name")
    if password:
        try:
            validate_password(password, person)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from None


def check_fields(row: Model, *names: str) -> None:
    """Raises CommandError for values that the columns called ``names`` cannot hold."""
    others = {field.name for field in row._meta.fields} - set(names)
    try:
        row.clean_fields(exclude=others)
    except ValidationError as error:
        said = (f"{name}: {' '.join(texts)}" for name, texts in error.message_dict.items())
        raise CommandError(" ".join(said)) from None
