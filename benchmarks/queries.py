"""Statements per request of every endpoint of contract 2: ``python -m benchmarks.queries SCALE``.

*Cold* is a process that has never seen the restaurant, *warm* is every one after.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from benchmarks.dataset import Scale, restaurant_id, user_id

_REPEATS = 25
_TRANSACTION = ("SAVEPOINT", "RELEASE SAVEPOINT", "ROLLBACK TO")


@dataclass(frozen=True)
class Counted:
    """One endpoint."""

    endpoint: str
    statements: int
    milliseconds: float


def main() -> None:
    """Print a JSON list."""
    import django

    django.setup()
    scale = Scale(**json.loads(sys.argv[1]))
    print(json.dumps([asdict(counted) for counted in [*_availability(scale), *_others(scale)]]))


def _availability(scale: Scale) -> list[Counted]:
    from benchmarks import inside
    from reservations.selectors.houses import forget_houses

    date = scale.date(scale.bookable_days()[0]).isoformat()
    counted = []
    for tables, number in ((scale.tables, 1), (200, scale.large)):
        body = {"restaurantId": restaurant_id(number), "date": date, "partySize": 2}
        wish = inside.Wish(body, "")

        def ask(wish: inside.Wish = wish) -> Any:
            return inside.availability(wish)

        name = f"POST availability, {tables} tables"
        ask()
        forget_houses()
        counted.append(_count(f"{name}, cold", ask, repeats=1))
        counted.append(_count(f"{name}, warm", ask))
    return counted


def _others(scale: Scale) -> list[Counted]:
    """A guest's way through the contract, in its order."""
    from api.tokens import access_token
    from benchmarks import inside

    guest, restaurant = 19_001, restaurant_id(2)
    user, token = user_id(guest), access_token(user_id(guest))
    api, date = "/api/reservations", scale.date(scale.bookable_days()[0]).isoformat()
    base = {"userId": user, "restaurantId": restaurant, "date": date, "partySize": 2}
    answers: dict[str, Any] = {}

    def call(method: str, path: str, body: Any = None, query: str = "") -> Any:
        status, answer = inside.call(method, path, body, token=token, query=query)
        if status >= 300:
            raise RuntimeError(f"{method} {path}: {status} {answer}")
        return answer

    def hold(at: str) -> None:
        answers["hold"] = call("POST", f"{api}/hold", base | {"time": at})["hold"]["holdId"]

    def confirm() -> None:
        body = {"holdId": answers["hold"], "userId": user, "paymentMethod": inside.CARD}
        answers["reservation"] = call("POST", f"{api}/confirm", body)["reservation"]

    def cancel() -> None:
        identifier = answers["reservation"]["reservationId"]
        call("DELETE", f"{api}/{identifier}", {"userId": user})

    inside.availability(inside.Wish(base, ""))
    steps: list[tuple[str, Callable[[], Any]]] = [
        ("POST hold", lambda: hold("15:00")),
        ("GET hold/active", lambda: call("GET", f"{api}/hold/active", query=f"userId={user}")),
        ("POST confirm, a first visit", confirm),
        ("POST hold, again", lambda: hold("16:00")),
        ("POST confirm, a guest the house knows", confirm),
        ("POST confirm, repeated", confirm),
        ("GET user/:id", lambda: call("GET", f"{api}/user/{user}", query="filter=upcoming")),
        ("DELETE :id", cancel),
        (
            "GET restaurants/discovery",
            lambda: call("GET", "/api/restaurants/discovery", query=f"userId={user}&limit=20"),
        ),
        ("GET restaurants/:id", lambda: call("GET", f"/api/restaurants/{restaurant}")),
    ]
    return [_count(name, step, repeats=1) for name, step in steps]


def _count(name: str, step: Callable[[], Any], repeats: int = _REPEATS) -> Counted:
    from benchmarks.inside import Recorder

    best = float("inf")
    for _ in range(repeats):
        recorder = Recorder()
        began = time.perf_counter()
        with recorder.listening():
            step()
        best = min(best, time.perf_counter() - began)
    sent = [one for one in recorder.statements if not one.sql.startswith(_TRANSACTION)]
    return Counted(name, len(sent), 1000 * best)


if __name__ == "__main__":
    main()
