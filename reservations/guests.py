"""Who asks for a table: an account, or a visitor who is known by a token alone."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

from core.actors import Actor, ActorKind


@dataclass(frozen=True, slots=True)
class Guest:
    """A guest as the book knows them before there is a booking."""

    key: str
    """What 'one live hold per guest' is counted by."""
    user_public_id: str = ""
    """Empty for a visitor without an account."""
    address: str = field(default="", compare=False)
    """A fingerprint of where they ask from, or empty; bounds what one line can hold."""

    @classmethod
    def with_account(cls, user_public_id: str, *, address: str = "") -> Guest:
        """The guest behind an account, wherever they are signed in."""
        return cls(f"user:{user_public_id}", user_public_id, address=address)

    @classmethod
    def visitor(cls, token: str, *, address: str = "") -> Guest:
        """A visitor of the pages; the token is random and lives in their session."""
        return cls(f"guest:{token}", address=address)

    @property
    def actor(self) -> Actor:
        """The guest as the audit trail names them: no name, no address."""
        return Actor(ActorKind.GUEST, self.user_public_id or self._digest(), "Guest")

    def _digest(self) -> str:
        """A visitor's token opens their hold, so the trail keeps its fingerprint only."""
        return f"visitor:{hashlib.blake2s(self.key.encode(), digest_size=8).hexdigest()}"
