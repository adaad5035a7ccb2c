"""Subscribing by the API: every path, what is refused, and that nobody sees another key's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from accounts.models import ApiKey
from accounts.services.keys import create_key
from core.actors import SYSTEM
from core.models import AuditEntry
from core.secrets import decrypt
from restaurants.models import Restaurant
from tests.api.conftest import Api
from tests.factories import make_restaurant
from webhooks.events import TYPES
from webhooks.models import Attempt, Delivery, Endpoint
from webhooks.services.endpoints import MOST_ENDPOINTS, create_endpoint

pytestmark = pytest.mark.django_db

ASKED = {
    "url": "https://partner.example/hook",
    "events": ["reservation.*", "payment.refunded"],
    "contactEmail": "ops@partner.example",
    "description": "Channel manager",
}


class KeyApi(Api):
    """Calls with a key."""

    def __init__(self, *scopes: str, **more: Any) -> None:
        super().__init__()
        made = create_key("Partner", by=SYSTEM, scopes=scopes or ("*",), **more)
        self.key: ApiKey = made.key
        self.headers = {"HTTP_X_API_KEY": made.text}


@pytest.fixture
def house(clock: object) -> Restaurant:
    return make_restaurant(name="Bella Notte")


@pytest.fixture
def partner(house: Restaurant) -> KeyApi:
    return KeyApi("manage:webhooks", "read:reservations")


@pytest.fixture
def made(partner: KeyApi) -> dict[str, Any]:
    answer = partner("POST", "webhook-endpoints", ASKED)
    assert answer.status_code == 201, answer.content
    created: dict[str, Any] = answer.json()
    return created


@pytest.fixture
def tested(partner: KeyApi, made: dict[str, Any]) -> dict[str, Any]:
    answer = partner("POST", f"webhook-endpoints/{made['id']}/test")
    assert answer.status_code == 202, answer.content
    sent: dict[str, Any] = answer.json()
    return sent


def test_a_new_endpoint_and_its_secret(partner: KeyApi, made: dict[str, Any]) -> None:
    row = Endpoint.objects.get()
    assert made == {
        "id": row.public_id,
        "url": "https://partner.example/hook",
        "description": "Channel manager",
        "events": ["reservation.*", "payment.refunded"],
        "contactEmail": "ops@partner.example",
        "restaurantId": None,
        "test": False,
        "status": "active",
        "disabledReason": None,
        "failingSince": None,
        "lastSuccessAt": None,
        "queued": 0,
        "dead": 0,
        "createdAt": "2025-11-10T17:00:00Z",
        "secret": decrypt(row.secrets.get().secret),
    }
    shown = partner("GET", f"webhook-endpoints/{row.public_id}").json()
    assert shown == {name: value for name, value in made.items() if name != "secret"}
    listed = partner("GET", "webhook-endpoints").json()
    assert listed == {"endpoints": [shown], "eventTypes": TYPES}
    entry = AuditEntry.objects.get(verb="webhook.created")
    assert (entry.actor_id, entry.actor_label) == (partner.key.public_id, "Partner")
    assert "whsec_" not in str(list(AuditEntry.objects.values_list("data", flat=True)))


@pytest.mark.parametrize(
    ("changes", "field", "sentence"),
    [
        ({"url": "http://partner.example/"}, "url", "https://"),
        ({"url": "https://10.0.0.1/"}, "url", "private"),
        ({"url": "https://user:pw@partner.example/"}, "url", "user name"),
        ({"url": 5}, "url", "text"),
        ({"events": []}, "events", "at least"),
        ({"events": ["reservation.made"]}, "events", "There is no event"),
        ({"events": "*"}, "events", "list"),
        ({"contactEmail": "nobody"}, "contactEmail", "e-mail"),
        ({"contactEmail": None}, "contactEmail", "null"),
        ({"callback": "x"}, "callback", "Unknown field"),
    ],
)
def test_what_cannot_be_is_refused_by_field(
    changes: dict[str, Any], field: str, sentence: str, partner: KeyApi
) -> None:
    answer = partner("POST", "webhook-endpoints", ASKED | changes)
    assert answer.status_code == 400
    assert sentence in str(answer.json()["details"]["fields"][field])
    assert Endpoint.objects.count() == 0


def test_events_the_key_would_never_hear_are_refused(house: Restaurant) -> None:
    poor = KeyApi("manage:webhooks", "read:business")
    answer = poor("POST", "webhook-endpoints", ASKED | {"events": ["reservation.created"]})
    assert answer.status_code == 400
    assert "read:reservations or read:table_bookings" in answer.json()["error"]
    answer = poor("POST", "webhook-endpoints", ASKED | {"events": ["table.*"]})
    assert answer.status_code == 201


def test_an_endpoint_of_one_restaurant(partner: KeyApi, house: Restaurant) -> None:
    asked = ASKED | {"restaurantId": house.public_id}
    assert partner("POST", "webhook-endpoints", asked).json()["restaurantId"] == house.public_id
    own = KeyApi("*", restaurant_id=house.pk)
    assert own("POST", "webhook-endpoints", ASKED).json()["restaurantId"] == house.public_id
    other = make_restaurant()
    answer = own("POST", "webhook-endpoints", ASKED | {"restaurantId": other.public_id})
    assert answer.status_code == 404
    answer = partner("POST", "webhook-endpoints", ASKED | {"restaurantId": "rest_none"})
    assert answer.status_code == 404


def test_a_key_has_so_many_endpoints_and_no_more(partner: KeyApi) -> None:
    for _ in range(MOST_ENDPOINTS):
        create_endpoint(
            partner.key,
            url="https://partner.example/",
            events=["*"],
            contact_email="a@b.example",
            by=SYSTEM,
        )
    answer = partner("POST", "webhook-endpoints", ASKED)
    assert (answer.status_code, answer.json()["code"]) == (409, "TOO_MANY_WEBHOOK_ENDPOINTS")
    one = Endpoint.objects.all()[0]
    assert partner("DELETE", f"webhook-endpoints/{one.public_id}").status_code == 204
    assert partner("POST", "webhook-endpoints", ASKED).status_code == 201


def test_changing_pausing_and_enabling(partner: KeyApi, made: dict[str, Any]) -> None:
    path = f"webhook-endpoints/{made['id']}"
    answer = partner("PATCH", path, {"events": ["*"], "active": False})
    assert (answer.json()["events"], answer.json()["status"]) == (["*"], "paused")
    answer = partner("PATCH", path, {"active": True, "description": ""})
    assert (answer.json()["status"], answer.json()["description"]) == ("active", "")
    assert partner("PATCH", path, {}).json() == answer.json()
    for wrong in ({"active": "yes"}, {"url": "https://127.0.0.1/"}, {"status": "active"}):
        assert partner("PATCH", path, wrong).status_code == 400


def test_a_paused_endpoint_is_not_tested(partner: KeyApi, made: dict[str, Any]) -> None:
    partner("PATCH", f"webhook-endpoints/{made['id']}", {"active": False})
    for what in ("test", "replay"):
        body: Any = None if what == "test" else {}
        answer = partner("POST", f"webhook-endpoints/{made['id']}/{what}", body)
        assert (answer.status_code, answer.json()["code"]) == (409, "WEBHOOK_ENDPOINT_NOT_ACTIVE")


def test_removing(partner: KeyApi, made: dict[str, Any], tested: dict[str, Any]) -> None:
    path = f"webhook-endpoints/{made['id']}"
    assert partner("DELETE", path).status_code == 204
    assert partner("DELETE", path).status_code == 404
    assert partner("GET", path).status_code == 404
    assert partner("GET", f"webhook-deliveries/{tested['id']}").status_code == 404
    assert partner("GET", "webhook-endpoints").json()["endpoints"] == []


def test_a_new_secret(partner: KeyApi, made: dict[str, Any]) -> None:
    path = f"webhook-endpoints/{made['id']}/rotate-secret"
    answer = partner("POST", path, {"overlapHours": 0})
    assert answer.status_code == 200
    assert answer.json()["secret"] != made["secret"]
    assert partner("POST", path, {"overlapHours": 169}).status_code == 400
    again = partner("POST", path, {})
    assert again.json()["secret"] != answer.json()["secret"]
    assert Endpoint.objects.get().secrets.count() == 2


def test_no_secret_is_kept_for_an_idempotency_key(partner: KeyApi) -> None:
    from api.models import IdempotencyRecord

    partner("POST", "webhook-endpoints", ASKED, HTTP_IDEMPOTENCY_KEY="once")
    assert IdempotencyRecord.objects.count() == 0


def test_the_log(partner: KeyApi, made: dict[str, Any], tested: dict[str, Any]) -> None:
    row = Delivery.objects.get()
    assert tested == {
        "id": row.public_id,
        "endpointId": made["id"],
        "eventId": row.event.public_id,
        "type": "webhook.test",
        "order": 0,
        "subject": made["id"],
        "occurredAt": "2025-11-10T17:00:00Z",
        "status": "queued",
        "attempts": 0,
        "nextAttemptAt": "2025-11-10T17:00:00Z",
        "deliveredAt": None,
        "lastStatus": None,
        "lastError": None,
    }
    Attempt.objects.create(
        delivery=row,
        at=row.queued_at,
        seconds=0.2,
        status=500,
        error="It answered 500.",
        answer="no",
    )
    found = partner("GET", f"webhook-deliveries/{row.public_id}").json()
    assert found["log"] == [
        {
            "at": "2025-11-10T17:00:00Z",
            "seconds": 0.2,
            "status": 500,
            "error": "It answered 500.",
            "answer": "no",
        }
    ]
    assert found["data"]["endpointId"] == made["id"]
    path = f"webhook-endpoints/{made['id']}/deliveries"
    assert partner("GET", path).json() == {"deliveries": [tested], "hasMore": False}
    assert partner("GET", f"{path}?status=dead").json()["deliveries"] == []
    assert partner("GET", f"{path}?event=webhook.test&subject={made['id']}").json()[
        "deliveries"
    ] == [tested]
    for wrong in ("status=lost", "limit=0", "limit=101", "page=2", "before=whd_none"):
        assert partner("GET", f"{path}?{wrong}").status_code in (400, 404)


def test_pages_of_the_log(partner: KeyApi, made: dict[str, Any]) -> None:
    for _ in range(5):
        partner("POST", f"webhook-endpoints/{made['id']}/test")
    path, seen, before = f"webhook-endpoints/{made['id']}/deliveries?limit=2", list[str](), ""
    while True:
        page = partner("GET", path + (f"&before={before}" if before else "")).json()
        seen += [row["id"] for row in page["deliveries"]]
        if not page["hasMore"]:
            break
        before = seen[-1]
    assert seen == list(Delivery.objects.order_by("-id").values_list("public_id", flat=True))


def test_sending_again(partner: KeyApi, made: dict[str, Any], tested: dict[str, Any]) -> None:
    Delivery.objects.update(status=Delivery.Status.DEAD, attempts=11)
    answer = partner("POST", f"webhook-deliveries/{tested['id']}/replay")
    assert (answer.status_code, answer.json()["status"]) == (202, "queued")
    Delivery.objects.update(status=Delivery.Status.DEAD)
    path = f"webhook-endpoints/{made['id']}/replay"
    assert partner("POST", path, {"since": "2025-11-11T00:00:00Z"}).json() == {"replayed": 0}
    asked = {"since": "2025-11-10T18:00:00+01:00", "until": "2025-11-10T17:00:01Z"}
    assert partner("POST", path, asked).json() == {"replayed": 1}
    for wrong in (
        {"since": "yesterday"},
        {"since": "2025-11-10T17:00:00"},
        {"include": "some"},
        {"since": "2025-11-11T00:00:00Z", "until": "2025-11-10T00:00:00Z"},
    ):
        assert partner("POST", path, wrong).status_code == 400


def paths(made: dict[str, Any], tested: dict[str, Any]) -> list[tuple[str, str, Any]]:
    endpoint, delivery = f"webhook-endpoints/{made['id']}", f"webhook-deliveries/{tested['id']}"
    return [
        ("GET", endpoint, None),
        ("PATCH", endpoint, {"active": False}),
        ("DELETE", endpoint, None),
        ("POST", f"{endpoint}/rotate-secret", {}),
        ("POST", f"{endpoint}/test", None),
        ("POST", f"{endpoint}/replay", {}),
        ("GET", f"{endpoint}/deliveries", None),
        ("GET", delivery, None),
        ("POST", f"{delivery}/replay", None),
    ]


def state() -> Any:
    rows = Endpoint.objects.values_list("status", "removed_at", "secrets__pk")
    return (
        list(rows),
        list(Delivery.objects.values_list("status", "queued_at")),
        (AuditEntry.objects.count()),
    )


def test_nobody_touches_what_is_another_keys(
    made: dict[str, Any], tested: dict[str, Any], house: Restaurant, nobody: Api, user: Any
) -> None:
    """Other keys, keys without the scope, guests and nobody: refused, and nothing changes."""
    other, weak, own = KeyApi("*"), KeyApi("read:reservations"), KeyApi(restaurant_id=house.pk)
    callers: list[tuple[Api, set[int]]] = [
        (other, {404}),
        (own, {404}),
        (weak, {403}),
        (nobody, {401}),
        (Api(user), {401}),
    ]
    before = state()
    for caller, statuses in callers:
        for method, path, body in paths(made, tested):
            answer = caller(method, path, body)
            assert answer.status_code in statuses, (method, path, answer.content)
    assert state() == before
    for caller, statuses in callers[2:]:
        assert caller("POST", "webhook-endpoints", ASKED).status_code in statuses
        assert caller("GET", "webhook-endpoints").status_code in statuses
    assert other("GET", "webhook-endpoints").json()["endpoints"] == []
    assert weak("GET", "webhook-endpoints").json()["details"] == {
        "requiredPermission": "manage:webhooks",
        "yourPermissions": ["read:reservations"],
    }


def test_the_list_takes_few_queries(
    partner: KeyApi, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    for _ in range(10):
        partner("POST", "webhook-endpoints", ASKED)
    with django_assert_max_num_queries(4):
        assert len(partner("GET", "webhook-endpoints").json()["endpoints"]) == 10
