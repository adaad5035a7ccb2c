"""Accounts and the groups that own restaurants."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models
from django.db.models.functions import Lower
from django.db.models.lookups import Exact
from django.utils.crypto import salted_hmac

from core.ids import PublicIdField


class Organization(models.Model):
    """A restaurant group: the house that owns venues and knows guests across them."""

    public_id = PublicIdField("org")
    name = models.CharField(max_length=120)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class UserManager(BaseUserManager["User"]):
    """Creates accounts by e-mail address."""

    use_in_migrations = True

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        """A new account; without a password it can only be reached by a link."""
        user = self.model(email=self.normalize_email(email).strip(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        """An operator who may do everything in ``/admin/``."""
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> User:
        """Sign-in ignores the case of the address."""
        return self.by_email(username or "").get()

    def by_email(self, email: str) -> models.QuerySet[User]:
        """The account with this address in any case, found through the unique index."""
        return self.filter(Exact(Lower("email"), email.lower()))


class User(AbstractBaseUser, PermissionsMixin):  # type: ignore[django-manager-missing]  # otp's
    """Anyone who signs in: a guest with a JWT, a member of staff with a session."""

    public_id = PublicIdField("user")
    email = models.EmailField(max_length=254, unique=True)
    full_name = models.CharField(max_length=120, blank=True)
    phone = models.CharField(max_length=20, blank=True, help_text="E.164, such as +12125550123")
    is_active = models.BooleanField(
        default=True, help_text="Unset to lock the account out at once."
    )
    is_staff = models.BooleanField(default=False, help_text="May sign in to /admin/.")
    date_joined = models.DateTimeField(auto_now_add=True)
    session_round = models.PositiveIntegerField(
        default=0,
        db_default=0,
        editable=False,
        help_text="Counts how often every session of this account was ended",
    )

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        ordering = ["email"]
        constraints = [models.UniqueConstraint(Lower("email"), name="user_email_once")]

    def __str__(self) -> str:
        return self.email

    @property
    def called(self) -> str:
        """The name, or the address of who has none."""
        return self.full_name or self.email

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """What a session must know to go on: the password's hash, and which round it began in."""
        base: str = super()._get_session_auth_hash(secret)  # type: ignore[misc]
        if not self.session_round:
            return base
        mixed = salted_hmac(base, str(self.session_round), secret=secret, algorithm="sha256")
        return str(mixed.hexdigest())
