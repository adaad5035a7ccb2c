"""The models of what can be booked, by subject."""

from restaurants.models.discovery import GuestPreferences, Swipe
from restaurants.models.embedding import AllowedSite, PublishableKey
from restaurants.models.floor import (
    DiningRoom,
    DiningTable,
    FloorFixture,
    FloorPlan,
    FloorSave,
    TableCombination,
    TablePlacement,
)
from restaurants.models.hospitality import HappyHour, SeasonalHours
from restaurants.models.hours import Closure, OpeningHours, PacingCap, SpecialDay
from restaurants.models.menu import Diet, Menu, MenuItem
from restaurants.models.service import DiningService, Offer, PacingStep, TurnTime
from restaurants.models.venue import Membership, Restaurant, Role, Tablet

__all__ = [
    "AllowedSite",
    "Closure",
    "Diet",
    "DiningRoom",
    "DiningService",
    "DiningTable",
    "FloorFixture",
    "FloorPlan",
    "FloorSave",
    "GuestPreferences",
    "HappyHour",
    "Membership",
    "Menu",
    "MenuItem",
    "Offer",
    "OpeningHours",
    "PacingCap",
    "PacingStep",
    "PublishableKey",
    "Restaurant",
    "Role",
    "SeasonalHours",
    "SpecialDay",
    "Swipe",
    "TableCombination",
    "TablePlacement",
    "Tablet",
    "TurnTime",
]
