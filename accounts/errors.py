"""Conditions around accounts that a caller may act on."""

from __future__ import annotations

from django.utils.translation import gettext_noop

from core.errors import Conflict, DomainError


class NotSignedIn(DomainError):
    """The caller is not, or no longer, known; signing in again helps."""

    code = "UNAUTHORIZED"
    message = gettext_noop("Sign in first.")


class SignInRefused(NotSignedIn):
    """No open account has this address and password. Says neither which of the two is wrong."""

    code = "SIGN_IN_REFUSED"
    message = gettext_noop("The e-mail address or the password is wrong.")


class SessionEnded(NotSignedIn):
    """The account was closed or locked, or its password changed since this session began."""

    code = "SESSION_ENDED"
    message = gettext_noop("This session has ended. Sign in again.")


class EmailTaken(Conflict):
    """There is an account with this address already."""

    code = "EMAIL_TAKEN"
    message = gettext_noop("There is an account with this e-mail address already. Sign in instead.")


class CodeWrong(NotSignedIn):
    """The second factor does not match; says no more than that."""

    code = "CODE_WRONG"
    message = gettext_noop("This code is wrong, or was used before. Wait for the next one.")


class LinkUsed(DomainError):
    """A link to set a password that was used, is too old, or never was one."""

    code = "LINK_USED"
    message = gettext_noop(
        "This link was used before or is too old. Ask your restaurant’s owner for a new one."
    )
