"""Who may see and do what at which restaurant: read from memberships, once per request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from accounts.models import User
from core.actors import Actor, ActorKind
from core.errors import Forbidden
from restaurants.models import Membership, Restaurant, Role


class Capability(StrEnum):
    """What a role allows, from least to most."""

    SEE = "see"
    """Look at the book, the guests and the set-up."""
    SERVE = "serve"
    """Serve: see the floor, and take one's own parties through their courses."""
    OPERATE = "operate"
    """Run a service: cancel, release, resend, pause online booking."""
    OVERBOOK = "overbook"
    """Set a limit aside for one party: pacing, covers, seats. On the record."""
    MANAGE = "manage"
    """Set up rooms, tables, services and policies; refunds."""
    CONNECT = "connect"
    """Let programs in: API keys, webhooks, the secrets of partner sources."""
    SEE_MONEY = "see_money"
    """See what the house takes: totals, reports and exports. A single booking's money is
    part of running a service."""
    CHARGE = "charge"
    """Charge fees to the cards of guests who did not come or cancelled too late."""
    OWN = "own"
    """Decide who works here."""


CAPABILITIES: Mapping[str, frozenset[Capability]] = {
    Role.VIEWER: frozenset({Capability.SEE}),
    Role.SERVER: frozenset({Capability.SEE, Capability.SERVE}),
    Role.HOST: frozenset({Capability.SEE, Capability.SERVE, Capability.OPERATE}),
    Role.MANAGER: frozenset(
        {
            Capability.SEE,
            Capability.SERVE,
            Capability.OPERATE,
            Capability.OVERBOOK,
            Capability.MANAGE,
            Capability.CONNECT,
            Capability.SEE_MONEY,
            Capability.CHARGE,
        }
    ),
    Role.OWNER: frozenset(Capability),
}

BY_PIN = frozenset({Capability.SEE, Capability.SERVE, Capability.OPERATE})
"""The most a PIN on a shared tablet opens, whatever the role."""

BY_PIN_AND_PASSWORD = BY_PIN | {Capability.OVERBOOK, Capability.CHARGE}
"""…and for a few minutes after the person has shown the password there."""

GUARDED_ROLES = frozenset({Role.OWNER, Role.MANAGER})
"""Of whom a house may require a second factor."""


@dataclass(frozen=True, slots=True)
class HouseAccess:
    """The restaurants one person may see, and what they may do at each."""

    sees_all: bool
    roles: Mapping[int, str]
    """Restaurant id to role."""
    organization_of: Mapping[int, int]
    """Restaurant id to the group that owns it."""
    ceiling: frozenset[Capability] = frozenset(Capability)
    """The most this way of signing in allows, whatever the roles say."""
    needs_second_factor: bool = False
    """A house where the person has a say asks for one."""

    def allows(self, capability: Capability, restaurant_id: int | None = None) -> bool:
        """Whether the person may do this at the restaurant (None: at any restaurant at all)."""
        if capability not in self.ceiling:
            return False
        if self.sees_all:
            return True
        if restaurant_id is None:
            return any(capability in CAPABILITIES[role] for role in self.roles.values())
        role = self.roles.get(restaurant_id)
        return role is not None and capability in CAPABILITIES[role]

    def leads(self, restaurant_id: int) -> bool:
        """Whether the person is a manager or owner there, however they signed in: by a PIN too.

        For what such a person knows anyway; what they may do says :meth:`allows`.
        """
        if self.sees_all:
            return True
        role = self.roles.get(restaurant_id)
        return role is not None and Capability.MANAGE in CAPABILITIES[role]

    def allows_in_group(self, capability: Capability, organization_id: int) -> bool:
        """Whether the person may do this at some restaurant of the group."""
        if capability not in self.ceiling:
            return False
        return self.sees_all or organization_id in self.organizations(capability)

    def restaurants(self, capability: Capability = Capability.SEE) -> frozenset[int]:
        """The restaurants where this is allowed; meaningless for people who see all."""
        if capability not in self.ceiling:
            return frozenset()
        return frozenset(pk for pk, role in self.roles.items() if capability in CAPABILITIES[role])

    def organizations(self, capability: Capability = Capability.SEE) -> frozenset[int]:
        """The groups with a restaurant where this is allowed."""
        return frozenset(self.organization_of[pk] for pk in self.restaurants(capability))


NO_ACCESS = HouseAccess(sees_all=False, roles={}, organization_of={})


def access_of(user: User) -> HouseAccess:
    """What this person may do, from their memberships. One query.

    An operator has the say at every house, so one house that asks for second factors asks them.
    """
    if not (user.is_active and user.is_staff):
        return NO_ACCESS
    if user.is_superuser:
        asked = Restaurant.objects.filter(requires_second_factor=True).exists()
        return HouseAccess(sees_all=True, roles={}, organization_of={}, needs_second_factor=asked)
    rows = Membership.objects.filter(user=user).values_list(
        "restaurant_id", "role", "restaurant__organization_id", "restaurant__requires_second_factor"
    )
    found = list(rows)
    return HouseAccess(
        sees_all=False,
        roles={pk: role for pk, role, _, _ in found},
        organization_of={pk: organization for pk, _, organization, _ in found},
        needs_second_factor=any(role in GUARDED_ROLES and asked for _, role, _, asked in found),
    )


def pin_ceiling(*, with_password: bool) -> frozenset[Capability]:
    """The most that is open at a shared tablet: by the PIN, or by PIN and password."""
    return BY_PIN_AND_PASSWORD if with_password else BY_PIN


def access_by_pin(membership: Membership, *, with_password: bool) -> HouseAccess:
    """What a person who showed a PIN may do: at this house alone, and below the ceiling."""
    venue = membership.restaurant
    return HouseAccess(
        sees_all=False,
        roles={venue.pk: membership.role},
        organization_of={venue.pk: venue.organization_id},
        ceiling=pin_ceiling(with_password=with_password),
    )


def check_staff(by: Actor, capability: Capability, restaurant_id: int) -> None:
    """Raise Forbidden unless ``by`` is a member of staff who may do this at the restaurant.

    For what moves money: whichever page or program asks, the service itself looks. Two queries.
    At a shared tablet no more than the PIN opens, or PIN and password once both were shown.
    """
    if by.by_pin and capability not in pin_ceiling(with_password=by.has_shown_password):
        raise Forbidden
    user = User.objects.filter(public_id=by.id).first() if by.kind is ActorKind.STAFF else None
    if user is None or not access_of(user).allows(capability, restaurant_id):
        raise Forbidden
