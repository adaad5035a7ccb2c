"""The document as a page to read, and as a collection to import."""

from __future__ import annotations

from typing import Any

from api import postman
from api.printed import EXAMPLES
from tests.api.conftest import Api

DOCUMENT: dict[str, Any] = {
    "info": {"title": "Couvert", "description": "One book."},
    "components": {
        "schemas": {
            "Party": {
                "type": "object",
                "properties": {
                    "size": {"type": "integer"},
                    "day": {"type": ["string", "null"], "format": "date"},
                    "diets": {"type": "array", "items": {"enum": ["vegan", "halal"]}},
                },
            }
        }
    },
    "paths": {
        "/api/tables/{id}": {
            "put": {
                "operationId": "tables_put",
                "tags": ["tables"],
                "security": [{"apiKey": []}],
                "parameters": [
                    {"name": "id", "in": "path", "required": True},
                    {"name": "page", "in": "query", "schema": {"default": 1}},
                ],
                "requestBody": {
                    "content": {
                        "application/json": {"schema": {"$ref": "#/components/schemas/Party"}}
                    }
                },
            }
        }
    },
}


def test_an_operation_becomes_a_request_with_a_body_to_start_from() -> None:
    found = postman.collection(DOCUMENT, "https://book.example")
    assert {each["key"]: each["value"] for each in found["variable"]} == {
        "baseUrl": "https://book.example",
        "apiKey": "",
        "guestToken": "",
    }
    [folder] = found["item"]
    [item] = folder["item"]
    request = item["request"]
    assert (folder["name"], item["name"], request["method"]) == ("tables", "tables_put", "PUT")
    assert request["url"]["raw"] == "{{baseUrl}}/api/tables/:id"
    assert [each["key"] for each in request["url"]["variable"]] == ["id"]
    assert request["url"]["query"] == [
        {"key": "page", "value": "1", "description": "", "disabled": True}
    ]
    assert request["auth"]["type"] == "apikey"
    assert '"diets": [\n    "vegan"\n  ]' in request["body"]["raw"]
    assert '"day": "2026-01-31"' in request["body"]["raw"]


def test_every_operation_is_in_the_collection(nobody: Api) -> None:
    document = nobody("GET", "schema").json()
    answer = nobody("GET", "postman.json")
    assert "couvert.postman_collection.json" in answer.headers["Content-Disposition"]
    items = [item for folder in answer.json()["item"] for item in folder["item"]]
    methods = ("get", "post", "put", "patch", "delete")
    operations = [m for path in document["paths"].values() for m in path if m in methods]
    assert len(items) == len(operations) > 10


def test_the_reading_page_asks_no_other_host(nobody: Api) -> None:
    answer = nobody("GET", "redoc")
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "//" not in page.replace("<!doctype html>", "")
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


def test_what_the_contracts_print_is_in_the_document(nobody: Api) -> None:
    document = nobody("GET", "schema").json()
    shown = document["paths"]["/api/reservations/hold"]["post"]
    request = shown["requestBody"]["content"]["application/json"]["examples"]["hold"]["value"]
    assert request["userId"] == "user_123"
    answer = shown["responses"]["201"]["content"]["application/json"]["examples"]["hold"]["value"]
    assert answer["hold"]["partySize"] == 2
    methods = ("get", "post", "put", "patch", "delete")
    operations = {
        path[method]["operationId"]
        for path in document["paths"].values()
        for method in path
        if method in methods
    }
    assert set(EXAMPLES) <= operations


def test_operations_say_which_refusals_they_know(nobody: Api) -> None:
    document = nobody("GET", "schema").json()
    booking = document["paths"]["/api/table-bookings"]["post"]["responses"]
    assert {*booking} >= {"400", "401", "403", "404", "409", "422", "429", "default"}
    open_to_all = document["paths"]["/api/reservations/availability"]["post"]["responses"]
    assert not {"401", "403", "422"} & {*open_to_all}
