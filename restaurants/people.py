"""Who works at a house: roles given and taken, PINs for its tablets, and the tablets themselves.

Every house with an owner keeps one: a trigger refuses to lose the last (migration 0012), and the
services here say so first, with the house locked.
"""

from __future__ import annotations

import datetime as dt
import itertools
import re
import secrets

from django.contrib.auth.hashers import check_password, make_password
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.services import guessing
from accounts.services.passwords import end_sessions
from core import audit, clock, tokens
from core.actors import Actor
from core.errors import Invalid
from restaurants.errors import LastOwner, NotHere
from restaurants.models import Membership, Restaurant, Role, Tablet

SEEN_EVERY = dt.timedelta(minutes=5)
FIRST_PIN_DIGITS = 6
_PIN = re.compile(r"[0-9]{4,6}")
_PURPOSE = "tablet"


def member_called(restaurant_id: int, name: str) -> int | None:
    """Primary key of the account of who works here by this full name, whatever its case.

    None when nobody does, or more than one: a name alone must not decide between two people.
    """
    found = Membership.objects.filter(
        restaurant_id=restaurant_id, user__is_active=True, user__full_name__iexact=name
    ).values_list("user_id", flat=True)[:2]
    return found[0] if len(found) == 1 else None


def names_of_members(restaurant_id: int) -> list[str]:
    """Full names of everybody who works here, in order; who has none is left out."""
    rows = Membership.objects.filter(restaurant_id=restaurant_id, user__is_active=True)
    names = rows.exclude(user__full_name="").values_list("user__full_name", flat=True)
    return sorted(set(names), key=str.casefold)


def grant_role(
    restaurant: Restaurant,
    email: str,
    role: Role,
    *,
    by: Actor,
    password: str | None = None,
    full_name: str = "",
) -> Membership:
    """Give a person a role at one restaurant; an account is made for a new address. Repeatable.

    ``password`` is set when given (also on an existing account); without it a new account can
    sign in only after it set one by a link. Audited; the password never is. Raises LastOwner when
    it would leave the house without one.
    """
    with transaction.atomic():
        _lock(restaurant)
        user = staff_account(email, full_name=full_name)
        if password:
            user.set_password(password)
            user.save(update_fields=["password"])
        before = Membership.objects.filter(user=user, restaurant=restaurant).first()
        if before is not None and before.role == Role.OWNER and role != Role.OWNER:
            _check_other_owner(before)
        membership, is_new = Membership.objects.update_or_create(
            user=user, restaurant=restaurant, defaults={"role": role}
        )
        was = {} if is_new or before is None else {"before": before.role}
        audit.record(
            "staff.role_granted",
            user.public_id,
            by=by,
            restaurant_id=restaurant.pk,
            role=role,
            email=user.email,
            **was,
        )
    return membership


def staff_account(email: str, *, full_name: str = "") -> User:
    """The account with this address, made if need be, allowed to sign in to the staff area."""
    address = email.strip()
    user = User.objects.by_email(address).first()
    if user is None:
        return User.objects.create_user(address, full_name=full_name, is_staff=True)
    if not user.is_staff:
        user.is_staff = True
        user.save(update_fields=["is_staff"])
    return user


def remove_from_house(membership: Membership, *, by: Actor) -> None:
    """The person works here no more: rights, PIN and every session end at once.

    Who works nowhere else cannot sign in to the staff area either. Raises LastOwner.
    """
    with transaction.atomic():
        _lock(membership.restaurant)
        row = Membership.objects.select_for_update(of=("self",)).filter(pk=membership.pk)
        found = row.select_related("user").first()
        if found is None:
            raise NotHere
        if found.role == Role.OWNER:
            _check_other_owner(found)
        user = found.user
        audit.record(
            "staff.removed",
            user.public_id,
            by=by,
            restaurant_id=found.restaurant_id,
            before=found.role,
            email=user.email,
        )
        found.delete()
        end_sessions(user)
        if not user.is_superuser and not user.memberships.exists():
            user.is_staff = False
            user.save(update_fields=["is_staff"])


def is_last_owner(membership: Membership) -> bool:
    """Whether the house would be without an owner."""
    if membership.role != Role.OWNER:
        return False
    others = Membership.objects.filter(restaurant=membership.restaurant_id, role=Role.OWNER)
    return not others.exclude(pk=membership.pk).exists()


def note_seen(restaurant_id: int, user: User) -> None:
    """Remember that the person was here, at most every five minutes."""
    now = clock.now()
    stale = Q(last_seen_at=None) | Q(last_seen_at__lte=now - SEEN_EVERY)
    rows = Membership.objects.filter(stale, user=user, restaurant=restaurant_id)
    rows.update(last_seen_at=now)


def _lock(restaurant: Restaurant) -> None:
    """Nobody else decides about people of this house until the transaction ends."""
    Restaurant.objects.select_for_update(no_key=True).only("pk").get(pk=restaurant.pk)


def _check_other_owner(membership: Membership) -> None:
    if is_last_owner(membership):
        raise LastOwner


# --- PINs ----------------------------------------------------------------------------------------


def check_pin_form(pin: str) -> str:
    """A PIN of four to six digits that is not the first thing one would try. Raises Invalid."""
    pin = pin.strip()
    if not _PIN.fullmatch(pin):
        raise Invalid(pin=_("A PIN has four to six digits."))
    steps = {(int(b) - int(a)) % 10 for a, b in itertools.pairwise(pin)}
    if (len(steps) == 1 and steps <= {0, 1, 9}) or pin[: len(pin) // 2] * 2 == pin:
        raise Invalid(pin=_("This PIN is easy to guess. Choose another one."))
    return pin


def set_pin(membership: Membership, pin: str, *, by: Actor) -> None:
    """The person's own PIN at this house; ends a session another PIN began. Raises Invalid."""
    _store_pin(membership, check_pin_form(pin), is_first=False)
    _note_pin(membership, "staff.pin_set", by)


def make_first_pin(membership: Membership, *, by: Actor) -> str:
    """A PIN to hand over, good until the person has chosen another one at its first use."""
    while True:
        pin = f"{secrets.randbelow(10**FIRST_PIN_DIGITS):0{FIRST_PIN_DIGITS}d}"
        try:
            check_pin_form(pin)
        except Invalid:
            continue
        break
    _store_pin(membership, pin, is_first=True)
    _note_pin(membership, "staff.pin_made", by)
    return pin


def remove_pin(membership: Membership, *, by: Actor) -> None:
    """No tablet lets the person in. May be repeated."""
    if membership.pin:
        Membership.objects.filter(pk=membership.pk).update(pin="", pin_is_first=False)
        _note_pin(membership, "staff.pin_removed", by)


def pin_matches(membership: Membership, pin: str) -> bool:
    """Whether this is the PIN; takes as long for who has none."""
    if not membership.pin:
        make_password(pin)
        return False
    return check_password(pin, membership.pin)


def pin_stamp(membership: Membership) -> str:
    """What a session keeps of the PIN it began with; changes with it and tells nothing of it."""
    return tokens.fingerprint("pin-stamp", membership.pin)[:32]


def _store_pin(membership: Membership, pin: str, *, is_first: bool) -> None:
    membership.pin = make_password(pin)
    membership.pin_is_first = is_first
    membership.save(update_fields=["pin", "pin_is_first"])


def _note_pin(membership: Membership, verb: str, by: Actor) -> None:
    audit.record(verb, membership.user.public_id, by=by, restaurant_id=membership.restaurant_id)
    guessing.unlock(membership.user.email, [guessing.PIN])


# --- Tablets -------------------------------------------------------------------------------------


def add_tablet(restaurant: Restaurant, label: str, *, by: Actor) -> tuple[Tablet, str]:
    """Make a browser the house's; the second is what its cookie holds, known this once.

    Raises Invalid for a label another tablet of the house has.
    """
    token = secrets.token_urlsafe(32)
    label = " ".join(label.split())
    if not label:
        raise Invalid(label=_("Give the tablet a name: it stands in the log."))
    try:
        with transaction.atomic():
            tablet = Tablet.objects.create(
                restaurant=restaurant,
                label=label,
                digest=tokens.fingerprint(_PURPOSE, token),
                created_at=clock.now(),
                created_by=by.label,
            )
            audit.record(
                "tablet.added", tablet.public_id, by=by, restaurant_id=restaurant.pk, label=label
            )
    except IntegrityError:
        raise Invalid(label=_("Another tablet of this house has this name.")) from None
    return tablet, token


def revoke_tablet(tablet: Tablet, *, by: Actor) -> bool:
    """The browser is a stranger's again, for who is signed in on it, too. False if it was."""
    with transaction.atomic():
        rows = Tablet.objects.filter(pk=tablet.pk, revoked_at=None)
        if not rows.update(revoked_at=clock.now()):
            return False
        audit.record(
            "tablet.revoked",
            tablet.public_id,
            by=by,
            restaurant_id=tablet.restaurant_id,
            label=tablet.label,
        )
    return True


def tablet_by_token(token: str) -> Tablet | None:
    """The tablet whose cookie holds this, unless it was revoked. One query, seldom a write."""
    if not 20 <= len(token) <= 60:
        return None
    rows = Tablet.objects.filter(digest=tokens.fingerprint(_PURPOSE, token), revoked_at=None)
    tablet = rows.select_related("restaurant").first()
    if tablet is None:
        return None
    now = clock.now()
    if tablet.last_seen_at is None or now - tablet.last_seen_at >= SEEN_EVERY:
        Tablet.objects.filter(pk=tablet.pk).update(last_seen_at=now)
    return tablet


def set_tablet_rules(restaurant: Restaurant, *, lock_after_minutes: int, by: Actor) -> None:
    """After how many minutes without a touch the house's tablets lock. Raises Invalid."""
    if not 1 <= lock_after_minutes <= 120:
        raise Invalid(lock_after_minutes=_("From 1 to 120 minutes."))
    _change(restaurant, "lock_after_minutes", lock_after_minutes, by)


def require_second_factor(restaurant: Restaurant, *, required: bool, by: Actor) -> None:
    """Whether owners and managers of the house need a second factor; counts from the next click."""
    _change(restaurant, "requires_second_factor", required, by)


def _change(restaurant: Restaurant, field: str, value: int | bool, by: Actor) -> None:
    with transaction.atomic():
        row = Restaurant.objects.select_for_update().get(pk=restaurant.pk)
        before = getattr(row, field)
        if before == value:
            return
        setattr(row, field, value)
        row.save(update_fields=[field])
        audit.record(
            "restaurant.safety_changed",
            row.public_id,
            by=by,
            restaurant_id=row.pk,
            before={field: before},
            after={field: value},
        )
    setattr(restaurant, field, value)
