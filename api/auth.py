"""Who is calling, told from the request alone: no database, no session."""

from __future__ import annotations

from dataclasses import dataclass

from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from accounts.errors import NotSignedIn
from api import tokens
from core.actors import Actor, ActorKind
from core.errors import Forbidden

API_KEY_PREFIX = "cv_"
"""How every API key begins. A JWT begins with ``eyJ``, so one look tells them apart."""


class KeyRefused(NotSignedIn):
    """An API key that opens nothing."""

    code = "API_KEY_INVALID"
    message = (
        "This API key is not valid here. Sign in as a guest and send the access token as"
        " “Authorization: Bearer …”."
    )


class SchemeUnknown(NotSignedIn):
    """An ``Authorization`` header of a kind we do not speak."""

    code = "UNAUTHORIZED"
    message = "Send the access token as “Authorization: Bearer …”."


@dataclass(frozen=True, slots=True)
class TokenGuest:
    """A guest as their token describes them; ``request.user`` of the API.

    Says nothing about the account of today: it may have been closed since. Services look it up.
    """

    public_id: str

    is_authenticated = True
    is_anonymous = False

    def as_actor(self) -> Actor:
        """The guest as ``by=`` of a service; without a name, which tokens do not carry."""
        return Actor(ActorKind.GUEST, self.public_id, label=self.public_id)


class GuestJWTAuthentication(BaseAuthentication):
    """A guest's access token in ``Authorization: Bearer``.

    Nobody is signed in when neither header is there. Anything that is sent and is no good
    (expired, forged, a refresh token, an API key) is refused with its own sentence, rather than
    treated as anonymous: the caller believes to be someone.
    """

    def authenticate(self, request: Request) -> tuple[TokenGuest, str] | None:
        """The guest and the raw token, or None. Raises :class:`NotSignedIn`'s children."""
        header = request.META.get("HTTP_AUTHORIZATION", "")
        if "HTTP_X_API_KEY" in request.META:
            raise KeyRefused
        if not header:
            return None
        scheme, _, credentials = header.partition(" ")
        credentials = credentials.strip()
        if scheme.lower() != "bearer" or not credentials:
            raise SchemeUnknown
        if credentials.startswith(API_KEY_PREFIX):
            raise KeyRefused
        return TokenGuest(tokens.read_access(credentials)), credentials


def guest_of(request: Request) -> TokenGuest:
    """The signed-in guest. Raises :class:`NotSignedIn` when there is none."""
    guest: object = request.user
    if not isinstance(guest, TokenGuest):
        raise NotSignedIn
    return guest


def require_self(request: Request, user_id: str | None) -> TokenGuest:
    """The signed-in guest, if ``user_id`` from the body or the URL is theirs.

    None, where a contract lets it be left out, can only mean the caller. Raises
    :class:`~core.errors.Forbidden` for anybody else's.
    """
    guest = guest_of(request)
    if user_id is not None and guest.public_id != user_id:
        raise Forbidden("The userId must be your own: use the one that GET /api/auth/me shows.")
    return guest
