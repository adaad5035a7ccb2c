"""Who is calling: a guest, told from the token alone, or a program, by the key it shows."""

from __future__ import annotations

from dataclasses import dataclass

from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from accounts.errors import NotSignedIn
from accounts.scopes import allows
from accounts.services import keys
from api import tokens
from core import rates
from core.actors import Actor, ActorKind
from core.errors import Forbidden, Invalid
from restaurants.errors import RestaurantNotFound


class KeyRefused(NotSignedIn):
    """An API key where only guests can sign in."""

    code = "API_KEY_INVALID"
    message = (
        "This API key is not valid here. Sign in as a guest and send the access token as"
        " “Authorization: Bearer …”."
    )


class SchemeUnknown(NotSignedIn):
    """An ``Authorization`` header of a kind we do not speak."""

    code = "UNAUTHORIZED"
    message = "Send the access token as “Authorization: Bearer …”."


ACT_FOR_GUESTS = "act:guests"


class ScopeMissing(Forbidden):
    """Contract 5's answer to a key that may do other things only."""

    message = "Insufficient permissions"


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


@dataclass(frozen=True, slots=True)
class KeyCaller:
    """A program, as its key describes it; ``request.user`` of the API."""

    public_id: str
    name: str
    scopes: tuple[str, ...]
    source: str
    restaurant_id: int | None
    """Primary key of the one restaurant it works for; None for every restaurant."""
    restaurant: str
    """Its public id, or empty."""
    restaurant_slug: str
    is_test: bool
    rate: int
    """Requests an hour."""

    is_authenticated = True
    is_anonymous = False

    def as_actor(self) -> Actor:
        """The program as ``by=`` of a service: the log shows the key's name."""
        return Actor(ActorKind.PARTNER, self.public_id, label=self.name)


def _bearer(request: Request) -> str:
    """What stands behind ``Bearer``, or nothing."""
    scheme, _, credentials = str(request.META.get("HTTP_AUTHORIZATION", "")).partition(" ")
    return credentials.strip() if scheme.lower() == "bearer" else ""


class ApiKeyAuthentication(BaseAuthentication):
    """An API key in ``X-API-Key`` or ``Authorization: Bearer``.

    Nobody is signed in when neither header is there, or when the bearer is something else than a
    key: that is for another authentication to judge. A key that opens nothing is refused.
    """

    def authenticate(self, request: Request) -> tuple[KeyCaller, str] | None:
        """The program and its key's public id, or None. Raises KeyInvalid or NetworkRefused."""
        text = request.META.get("HTTP_X_API_KEY")
        if text is None:
            text = _bearer(request)
            if not text.startswith(keys.PREFIX):
                return None
        caller = caller_of(text.strip(), rates.client_address(request.META))
        return caller, caller.public_id


def caller_of(text: str, address: str | None) -> KeyCaller:
    """The program behind a key. Raises KeyInvalid or NetworkRefused."""
    key = keys.find_key(text, address)
    return KeyCaller(
        public_id=key.public_id,
        name=key.name,
        scopes=tuple(key.scopes),
        source=key.source,
        restaurant_id=key.restaurant_id,
        restaurant=key.restaurant or "",
        restaurant_slug=key.restaurant_slug or "",
        is_test=key.is_test,
        rate=key.rate_per_hour,
    )


def key_of(request: Request) -> KeyCaller:
    """The program that calls. Raises :class:`KeyInvalid` when there is none."""
    caller: object = request.user
    if not isinstance(caller, KeyCaller):
        raise keys.KeyInvalid
    return caller


class GuestJWTAuthentication(BaseAuthentication):
    """A guest's access token in ``Authorization: Bearer``.

    Nobody is signed in when neither header is there. Anything that is sent and is no good
    (expired, forged, a refresh token, an API key) is refused with its own sentence, rather than
    treated as anonymous: the caller believes to be someone.
    """

    def authenticate(self, request: Request) -> tuple[TokenGuest, str] | None:
        """The guest and the raw token, or None. Raises :class:`NotSignedIn`'s children."""
        if "HTTP_X_API_KEY" in request.META:
            raise KeyRefused
        if not request.META.get("HTTP_AUTHORIZATION"):
            return None
        credentials = _bearer(request)
        if not credentials:
            raise SchemeUnknown
        if credentials.startswith(keys.PREFIX):
            raise KeyRefused
        return TokenGuest(tokens.read_access(credentials)), credentials


def guest_of(request: Request) -> TokenGuest:
    """The signed-in guest. Raises :class:`NotSignedIn` when there is none."""
    guest: object = request.user
    if not isinstance(guest, TokenGuest):
        raise NotSignedIn
    return guest


@dataclass(frozen=True, slots=True)
class OnBehalf:
    """The guest a request is for, and who sends it: the guest, or a program that may."""

    public_id: str
    key: KeyCaller | None = None

    def as_actor(self) -> Actor:
        """Whom the audit trail names."""
        return self.key.as_actor() if self.key else TokenGuest(self.public_id).as_actor()

    def check_restaurant(self, *names: str) -> None:
        """Raise RestaurantNotFound where the key works for another restaurant than this one."""
        own = self.restaurants()
        if own is not None and not own & set(names):
            raise RestaurantNotFound

    def restaurants(self) -> set[str] | None:
        """Id and slug of the one restaurant a program works for; None: there is no such limit."""
        if self.key is None or self.key.restaurant_id is None:
            return None
        return {self.key.restaurant, self.key.restaurant_slug}


def require_self(request: Request, user_id: str | None) -> OnBehalf:
    """The signed-in guest, if ``user_id`` from the body or the URL is theirs.

    None, where a contract lets it be left out, can only mean the caller. Raises
    :class:`~core.errors.Forbidden` for anybody else's. A program with the scope ``act:guests``
    names the guest; without the scope it is told which one is missing. Test keys never
    may: what they book is marked, silent and swept, and a guest's own bookings are none of these.
    """
    caller: object = request.user
    if isinstance(caller, KeyCaller):
        if not allows(caller.scopes, (ACT_FOR_GUESTS,)):
            raise ScopeMissing(
                required_permission=ACT_FOR_GUESTS, your_permissions=list(caller.scopes)
            )
        if caller.is_test:
            raise Forbidden("A test key cannot act for guests: their bookings are real.")
        if user_id is None:
            raise Invalid(user="Name the guest you act for.")
        return OnBehalf(user_id, caller)
    guest = guest_of(request)
    if user_id is not None and guest.public_id != user_id:
        raise Forbidden("The userId must be your own: use the one that GET /api/auth/me shows.")
    return OnBehalf(guest.public_id)
