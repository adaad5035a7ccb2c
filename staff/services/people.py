"""Deciding who works at a house: invited by mail, given another role, unlocked, sent away."""

from __future__ import annotations

from email.utils import parseaddr

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.services import guessing, passwords, second_factor
from core import audit, clock
from core.actors import Actor
from core.errors import Conflict, Forbidden, Invalid
from notifications.services import queue
from restaurants.access import Capability, HouseAccess
from restaurants.models import Membership, Restaurant, Role
from restaurants.people import grant_role


def invite(
    restaurant: Restaurant, email: str, role: Role, *, by: Actor, full_name: str, language: str
) -> Membership:
    """Let a person work here. A new one gets a link by mail to set a password with.

    Raises Invalid for who works here already. Who has a password hears by mail, too, and keeps it.
    """
    with transaction.atomic():
        if restaurant.staff.filter(user__in=User.objects.by_email(email.strip())).exists():
            raise Invalid(email=_("This person works here already: change the role instead."))
        membership = grant_role(restaurant, email, role, by=by, full_name=full_name)
        _write(membership, language)
    return membership


def send_link(membership: Membership, *, by: Actor, language: str) -> None:
    """A new link to set a password with; links sent before open nothing any more."""
    with transaction.atomic():
        _write(membership, language, even_with_password=True)
        audit.record(
            "staff.link_sent",
            membership.user.public_id,
            by=by,
            restaurant_id=membership.restaurant_id,
        )


def change_role(membership: Membership, role: Role, *, by: Actor) -> None:
    """Another role from the next click on. Nothing when it is the same. Raises LastOwner."""
    if membership.role != role:
        grant_role(membership.restaurant, membership.user.email, role, by=by)


def unlock(membership: Membership, *, by: Actor) -> bool:
    """Let a person try again at once: passwords, codes and PINs. False if nothing was counted."""
    return _unlock(membership, None, by)


def unlock_pin(membership: Membership, *, by: Actor) -> bool:
    """Let a person try the PIN again at once. False if nothing was counted."""
    return _unlock(membership, [guessing.PIN], by)


def may_hand_out_pin(access: HouseAccess, membership: Membership) -> bool:
    """Owners to everybody, managers to who may do less than they do."""
    house = membership.restaurant_id
    if access.allows(Capability.OWN, house):
        return True
    is_above = membership.role in (Role.OWNER, Role.MANAGER)
    return access.allows(Capability.MANAGE, house) and not is_above


def may_reset_factor(access: HouseAccess, membership: Membership) -> bool:
    """Who owns every house the person works at: no house lifts the safety of another."""
    rows = Membership.objects.filter(user=membership.user_id).values_list(
        "restaurant_id", flat=True
    )
    if membership.user.is_superuser:
        return access.sees_all
    houses = rows.values_list("restaurant_id", flat=True)
    return all(access.allows(Capability.OWN, house) for house in houses)


def reset_factor(membership: Membership, *, access: HouseAccess, by: Actor) -> None:
    """The telephone is lost and the codes with it: the password alone is enough again.

    Every session of the person ends. Raises Forbidden when the person works where ``access`` does
    not decide, and Conflict when there is nothing to take away.
    """
    if not may_reset_factor(access, membership):
        raise Forbidden
    with transaction.atomic():
        removed = second_factor.remove(membership.user, by=by)
        if not removed:
            raise Conflict
        passwords.end_sessions(membership.user)


def _unlock(membership: Membership, rules: list[guessing.Rule] | None, by: Actor) -> bool:
    with transaction.atomic():
        number = guessing.unlock(membership.user.email, rules)
        if number:
            audit.record(
                "staff.unlocked",
                membership.user.public_id,
                by=by,
                restaurant_id=membership.restaurant_id,
            )
    return bool(number)


def _write(membership: Membership, language: str, *, even_with_password: bool = False) -> None:
    user, venue = membership.user, membership.restaurant
    needs_link = even_with_password or not user.has_usable_password()
    about = passwords.issue_link(user).public_id if needs_link else user.public_id
    queue(
        "staff_invited",
        restaurant_id=venue.pk,
        about=about,
        recipient=user.email,
        payload={
            "restaurant": venue.name,
            "address": venue.address,
            "phone": venue.phone,
            "guest_name": user.full_name,
            "days": passwords.LIFE.days,
            "installation": parseaddr(settings.DEFAULT_FROM_EMAIL)[0] or "Couvert",
            "has_password": not needs_link,
        },
        language=language,
        at=clock.now(),
    )


def link_address(about: str) -> str:
    """Where the message about a link to set a password leads; empty once it opens nothing."""
    token = passwords.token_of(about)
    return f"{settings.PUBLIC_URL.rstrip('/')}/staff/password/{token}/" if token else ""


def door_address(_about: str) -> str:
    """Where somebody who has a password goes: to the door."""
    return f"{settings.PUBLIC_URL.rstrip('/')}/staff/sign-in/"
