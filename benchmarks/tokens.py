"""Access tokens of the first guests, made up front: ``python -m benchmarks.tokens 100``."""

from __future__ import annotations

import json
import sys


def main() -> None:
    """Print a JSON list."""
    import django

    django.setup()
    from api.tokens import access_token
    from benchmarks.dataset import user_id

    print(json.dumps([access_token(user_id(n)) for n in range(1, int(sys.argv[1]) + 1)]))


if __name__ == "__main__":
    main()
