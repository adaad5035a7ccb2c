"""What the three demo houses cook, with diets and allergens."""

from __future__ import annotations

from decimal import Decimal

from restaurants.demo.blueprint import DishSpec, MenuSpec


def _dish(
    name: str, price: str, description: str = "", diets: str = "", allergens: str = ""
) -> DishSpec:
    return DishSpec(
        name, Decimal(price), description, tuple(diets.split()), tuple(allergens.split())
    )


BELLA_NOTTE_MENUS = (
    MenuSpec(
        "food",
        "Dinner",
        "Pasta is rolled every morning; ask for half portions.",
        (
            (
                "Antipasti",
                (
                    _dish(
                        "Burrata",
                        "18",
                        "Roasted peaches, basil, aged balsamic",
                        "vegetarian gluten_free",
                        "milk sulphites",
                    ),
                    _dish(
                        "Fritto misto",
                        "21",
                        "Squid, rock shrimp, lemon aioli",
                        "",
                        "gluten crustaceans molluscs eggs",
                    ),
                    _dish(
                        "Grilled artichokes",
                        "16",
                        "Mint, garlic, salsa verde",
                        "vegan gluten_free",
                        "",
                    ),
                ),
            ),
            (
                "Pasta",
                (
                    _dish(
                        "Tagliatelle al ragù",
                        "26",
                        "Twelve hours of beef and pork, Parmigiano",
                        "",
                        "gluten eggs milk celery",
                    ),
                    _dish(
                        "Agnolotti del plin",
                        "28",
                        "Braised veal, butter, sage",
                        "",
                        "gluten eggs milk",
                    ),
                    _dish(
                        "Spaghetti alle vongole",
                        "29",
                        "Littleneck clams, white wine, chili",
                        "dairy_free",
                        "gluten molluscs sulphites",
                    ),
                    _dish(
                        "Orecchiette, broccoli rabe",
                        "23",
                        "Garlic, breadcrumbs, Calabrian chili",
                        "vegan",
                        "gluten",
                    ),
                ),
            ),
            (
                "Secondi",
                (
                    _dish(
                        "Whole branzino",
                        "38",
                        "Fennel, olives, charred lemon",
                        "gluten_free dairy_free",
                        "fish",
                    ),
                    _dish(
                        "Chicken al mattone",
                        "32",
                        "Under a brick, with rosemary potatoes",
                        "gluten_free",
                        "",
                    ),
                    _dish("Bistecca for two", "94", "Dry-aged porterhouse, 32 oz", "gluten_free"),
                ),
            ),
            (
                "Dolci",
                (
                    _dish("Tiramisù", "14", "", "vegetarian", "gluten eggs milk"),
                    _dish("Hazelnut gelato", "11", "From Piedmont", "vegetarian", "milk nuts"),
                ),
            ),
        ),
    ),
)

ANCHOR_MENUS = (
    MenuSpec(
        "roast",
        "Sunday roast",
        "With Yorkshire pudding, roast potatoes, seasonal greens and proper gravy.",
        (
            (
                "Roasts",
                (
                    _dish(
                        "Rump of Hereford beef",
                        "23.50",
                        "Served pink, horseradish cream",
                        "",
                        "gluten eggs milk mustard celery",
                    ),
                    _dish(
                        "Half a free-range chicken",
                        "21",
                        "Bread sauce, pigs in blankets",
                        "",
                        "gluten milk celery",
                    ),
                    _dish(
                        "Nut and squash Wellington",
                        "18.50",
                        "Mushroom gravy",
                        "vegan",
                        "gluten nuts celery",
                    ),
                ),
            ),
            (
                "Sides",
                (
                    _dish("Cauliflower cheese", "6", "", "vegetarian", "gluten milk mustard"),
                    _dish("Sausage-meat stuffing", "5.50", "", "", "gluten celery"),
                ),
            ),
            (
                "Puddings",
                (
                    _dish(
                        "Sticky toffee pudding",
                        "8.50",
                        "Clotted cream",
                        "vegetarian",
                        "gluten eggs milk",
                    ),
                    _dish("Apple and bramble crumble", "8", "Oat custard", "vegan", "gluten"),
                ),
            ),
        ),
    ),
    MenuSpec(
        "pub",
        "All week",
        "Tuesday to Saturday, lunch and dinner.",
        (
            (
                "To start",
                (
                    _dish("Scotch egg", "8.50", "Piccalilli", "", "gluten eggs mustard"),
                    _dish("Potted shrimp", "11", "Toast and lemon", "", "crustaceans milk gluten"),
                ),
            ),
            (
                "Mains",
                (
                    _dish(
                        "Steak and ale pie",
                        "18.50",
                        "Mash, buttered cabbage",
                        "",
                        "gluten milk celery sulphites",
                    ),
                    _dish(
                        "Haddock and chips",
                        "17.50",
                        "Crushed peas, tartare sauce",
                        "",
                        "fish gluten eggs mustard",
                    ),
                    _dish(
                        "Beetroot and lentil burger",
                        "15.50",
                        "Smoked tomato relish",
                        "vegan",
                        "gluten soybeans",
                    ),
                ),
            ),
        ),
    ),
)

MAISON_MENUS = (
    MenuSpec(
        "carte",
        "La carte",
        "Courte, et différente chaque semaine.",
        (
            (
                "Entrées",
                (
                    _dish(
                        "Poireaux vinaigrette",
                        "13",
                        "Noisettes, œuf mimosa",
                        "vegetarian gluten_free",
                        "eggs nuts mustard sulphites",
                    ),
                    _dish(
                        "Pâté en croûte",
                        "16",
                        "Canard, pistaches, pickles",
                        "",
                        "gluten eggs nuts mustard",
                    ),
                    _dish(
                        "Saint-Jacques crues",
                        "21",
                        "Pomme verte, huile de livèche",
                        "gluten_free dairy_free",
                        "molluscs celery",
                    ),
                ),
            ),
            (
                "Plats",
                (
                    _dish(
                        "Filet de bœuf au poivre",
                        "36",
                        "Pommes Anna, jus corsé",
                        "gluten_free",
                        "milk sulphites",
                    ),
                    _dish(
                        "Lieu jaune, beurre blanc",
                        "31",
                        "Poireau brûlé, œufs de truite",
                        "gluten_free",
                        "fish milk sulphites",
                    ),
                    _dish(
                        "Courge rôtie, sauge, comté",
                        "24",
                        "Bouillon de pelures",
                        "vegetarian gluten_free",
                        "milk celery",
                    ),
                ),
            ),
            (
                "Desserts",
                (
                    _dish(
                        "Tarte Tatin",
                        "13",
                        "Crème crue d’Isigny",
                        "vegetarian",
                        "gluten milk eggs",
                    ),
                    _dish(
                        "Mousse au chocolat noir",
                        "12",
                        "Fleur de sel",
                        "vegetarian gluten_free",
                        "eggs milk",
                    ),
                ),
            ),
        ),
    ),
)
