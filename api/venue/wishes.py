"""What contract 5 calls dietary requirements, allergies and celebrations, in the book's words."""

from __future__ import annotations

from collections.abc import Sequence

from core.allergens import Allergen
from reservations.details import Details, Occasion

_ALLERGENS: dict[str, tuple[str, ...]] = {
    **{code: (code,) for code in Allergen.values},
    "tree_nuts": (Allergen.NUTS,),
    "shellfish": (Allergen.CRUSTACEANS, Allergen.MOLLUSCS),
    "egg": (Allergen.EGGS,),
    "dairy": (Allergen.MILK,),
    "soy": (Allergen.SOYBEANS,),
    "soya": (Allergen.SOYBEANS,),
    "wheat": (Allergen.GLUTEN,),
    "peanut": (Allergen.PEANUTS,),
}
"""The contract's common words as the kitchen's codes; every other word is kept as it stands."""

_OCCASIONS = {
    "birthday": Occasion.BIRTHDAY,
    "anniversary": Occasion.ANNIVERSARY,
    "date_night": Occasion.DATE,
    "family_gathering": Occasion.FAMILY,
    "business_meeting": Occasion.BUSINESS,
}


def details_of(special_requirements: str, allergies: Sequence[str], celebration: str) -> Details:
    """The wishes as the book keeps them: codes for the kitchen, and the guest's own words."""
    codes = [code for word in allergies for code in _ALLERGENS.get(_key(word), ())]
    words = [word for word in allergies if _key(word) not in Allergen.values]
    occasion = _OCCASIONS.get(_key(celebration), Occasion.OTHER) if celebration else ""
    return Details(
        special_requests=special_requirements,
        occasion=str(occasion),
        allergens=tuple(str(code) for code in dict.fromkeys(codes)),
        allergy_note=", ".join(words),
    )


def allergies_of(allergens: Sequence[str], note: str) -> list[str]:
    """The same in the contract's words, as they were told."""
    words = [part.strip() for part in note.split(",") if part.strip()]
    implied = {code for word in words for code in _ALLERGENS.get(_key(word), ())}
    return [*(code for code in allergens if code not in implied), *words]


def _key(word: str) -> str:
    return "_".join(word.lower().replace("-", " ").split())
