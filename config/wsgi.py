"""The WSGI application: pages and API."""

from __future__ import annotations

import gc

import django

from config import env
from config.handler import Handler

env.set_default("DJANGO_SETTINGS_MODULE", "config.settings.development")
# Server threads come and go, and each would open a connection of its own; see docs/adr/0003.
env.set_default("DATABASE_CONNECTIONS", "pool")

django.setup(set_prefix=False)
application = Handler()

# What is loaded by now stays: looking through it again and again for garbage costs each request
# several per cent. Cycles that requests leave behind are still found, in larger heaps.
gc.collect()
gc.freeze()
gc.set_threshold(20_000, 50, 50)
