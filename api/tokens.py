"""A guest's tokens: what is in them, how they are made and how they are read. No database."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from functools import lru_cache

from django.conf import settings
from rest_framework_simplejwt.exceptions import ExpiredTokenError, TokenError
from rest_framework_simplejwt.tokens import AccessToken, RefreshToken, Token

from accounts.errors import NotSignedIn
from accounts.services import SignedIn

USER_CLAIM = "user_id"
STAMP_CLAIM = "stamp"
"""In refresh tokens only; see :func:`accounts.services.resume_session`."""

MAX_TOKEN_CHARACTERS = 4096
_ID = re.compile(r"[A-Za-z0-9_-]{1,40}")


class TokenExpired(NotSignedIn):
    """The token was ours and is too old."""

    code = "TOKEN_EXPIRED"
    message = "Your session has expired. Sign in again, or use your refresh token."


class TokenInvalid(NotSignedIn):
    """Forged, damaged, of the wrong kind or not a token at all."""

    code = "TOKEN_INVALID"
    message = "This access token is not valid. Sign in again to get a new one."


@dataclass(frozen=True, slots=True)
class Pair:
    """What a guest gets on signing in."""

    access: str
    refresh: str


def issue(session: SignedIn) -> Pair:
    """A new access token and a new refresh token for ``session``."""
    refresh = RefreshToken()
    refresh[USER_CLAIM] = session.user_id
    refresh[STAMP_CLAIM] = session.stamp
    return Pair(access=access_token(session.user_id), refresh=str(refresh))


def access_token(user_id: str) -> str:
    """A new access token. Carries the public id and nothing about the person."""
    token = AccessToken()
    token[USER_CLAIM] = user_id
    return str(token)


def read_access(text: str) -> str:
    """The user id in an access token of ours that is still good.

    Raises :class:`TokenExpired` or :class:`TokenInvalid`. The algorithm is ours, whatever the
    token's header says, so ``none`` is refused like any forgery.
    """
    user_id, expires = _read_once(text, settings.SECRET_KEY)
    if expires <= time.time():
        raise TokenExpired
    return user_id


def read_refresh(text: str) -> SignedIn:
    """The session in a refresh token of ours that is still good; whether it may go on is not said.

    Raises :class:`TokenExpired` or :class:`TokenInvalid`.
    """
    try:
        token = _decode(RefreshToken, text)
    except TokenExpired:
        raise TokenExpired("Your session has expired. Sign in again.") from None
    except TokenInvalid:
        raise TokenInvalid("This refresh token is not valid. Sign in again.") from None
    return SignedIn(user_id=_user_id(token), stamp=str(token.get(STAMP_CLAIM, "")))


@lru_cache(maxsize=20_000)
def _read_once(text: str, _key: str) -> tuple[str, int]:
    """User id and expiry of an access token that ``_key`` signed: that much never changes.

    A guest sends the same token with every request, and checking a signature takes longer than
    finding a table. What was refused is not remembered.
    """
    token = _decode(AccessToken, text)
    return _user_id(token), int(token["exp"])


def _decode(kind: type[Token], text: str) -> Token:
    if len(text) > MAX_TOKEN_CHARACTERS:
        raise TokenInvalid
    try:
        return kind(text)  # type: ignore[arg-type]  # wrongly annotated: it takes text
    except ExpiredTokenError as error:
        raise TokenExpired from error
    except (TokenError, TypeError, ValueError, OverflowError, OSError) as error:
        # Signed by us with claims that we never wrote: a date beyond the calendar, for one.
        raise TokenInvalid from error


def _user_id(token: Token) -> str:
    user_id = token.get(USER_CLAIM)
    if not isinstance(user_id, str) or not _ID.fullmatch(user_id):
        raise TokenInvalid
    return user_id
