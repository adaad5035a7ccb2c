#!/usr/bin/env python
"""Django's command line, with readable errors when an embedded server cannot start."""

from __future__ import annotations

import sys

from config import env
from config.embedded import EmbeddedServiceError


def main() -> None:
    """Run one management command."""
    env.set_default("DJANGO_SETTINGS_MODULE", "config.settings.development")
    from django.core.management import execute_from_command_line  # after the settings are named

    try:
        execute_from_command_line(sys.argv)
    except EmbeddedServiceError as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
