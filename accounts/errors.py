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
