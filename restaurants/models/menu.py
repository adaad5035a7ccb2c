"""What a house cooks: menus, their dishes, and what to know before eating one."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from core.allergens import Allergen
from core.ids import PublicIdField
from restaurants.models.venue import Restaurant


class Diet(models.TextChoices):
    """Who a dish suits."""

    VEGETARIAN = "vegetarian", _("Vegetarian")
    VEGAN = "vegan", _("Vegan")
    GLUTEN_FREE = "gluten_free", _("Gluten-free")
    DAIRY_FREE = "dairy_free", _("Dairy-free")
    HALAL = "halal", _("Halal")
    KOSHER = "kosher", _("Kosher")


class Menu(models.Model):
    """A list of dishes a house shows: the dinner menu, the wine list."""

    public_id = PublicIdField("menu")
    restaurant = models.ForeignKey(Restaurant, on_delete=models.CASCADE, related_name="menus")
    name = models.CharField(max_length=80)
    description = models.CharField(max_length=300, blank=True)
    position = models.PositiveSmallIntegerField(default=0, help_text="Order in lists.")
    is_active = models.BooleanField(default=True, help_text="Shown to guests.")

    class Meta:
        ordering = ["restaurant", "position", "name"]
        constraints = [
            models.UniqueConstraint(fields=["restaurant", "name"], name="menu_name_once")
        ]

    def __str__(self) -> str:
        return self.name


class MenuItem(models.Model):
    """One dish. Dishes of the same ``section`` stand together."""

    public_id = PublicIdField("item")
    menu = models.ForeignKey(Menu, on_delete=models.CASCADE, related_name="items")
    section = models.CharField(max_length=60, blank=True, help_text="Starters, Mains, Desserts …")
    name = models.CharField(max_length=100)
    description = models.CharField(max_length=300, blank=True)
    price = models.DecimalField(
        max_digits=9, decimal_places=3, null=True, blank=True, help_text="In the house's currency."
    )
    dietary = ArrayField(
        models.CharField(max_length=12, choices=Diet.choices),
        default=list,
        blank=True,
        help_text=f"Of: {', '.join(Diet.values)}.",
    )
    allergens = ArrayField(
        models.CharField(max_length=12, choices=Allergen.choices),
        default=list,
        blank=True,
        help_text=f"Of: {', '.join(Allergen.values)}.",
    )
    position = models.PositiveSmallIntegerField(default=0, help_text="Order on the menu.")
    is_available = models.BooleanField(default=True, help_text="Unset when it is off the menu.")

    class Meta:
        ordering = ["menu", "position", "id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(price=None) | models.Q(price__gte=0), name="menu_item_price"
            ),
            models.CheckConstraint(
                condition=models.Q(dietary__contained_by=Diet.values), name="menu_item_dietary"
            ),
            models.CheckConstraint(
                condition=models.Q(allergens__contained_by=Allergen.values),
                name="menu_item_allergens",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def restaurant_id(self) -> int:
        """The house that cooks it."""
        return self.menu.restaurant_id
