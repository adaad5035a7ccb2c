"""The OpenAPI document and the page that shows it."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from openapi_spec_validator import validate

from api.schema import document


@pytest.fixture(scope="module")
def schema() -> Any:
    answer = Client().get("/api/schema")
    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/vnd.oai.openapi+json"
    return answer.json()


def test_the_document_is_valid_openapi_3_1(schema: Any) -> None:
    assert schema["openapi"] == "3.1.0"
    validate(schema)


def test_the_generator_has_nothing_to_complain_about() -> None:
    document, complaints = io.StringIO(), io.StringIO()
    call_command(
        "spectacular", fail_on_warn=True, validate=True, stdout=document, stderr=complaints
    )
    assert document.getvalue().startswith("openapi: 3.1.0")
    assert complaints.getvalue() == ""


def test_every_operation_says_how_it_fails(schema: Any) -> None:
    missing = [
        f"{method} {path}"
        for path, methods in schema["paths"].items()
        for method, operation in methods.items()
        if "default" not in operation["responses"]
    ]
    assert missing == []


def test_paths_are_listed_once_without_version_or_slash(schema: Any) -> None:
    assert [path for path in schema["paths"] if "/v1/" in path or path.endswith("/")] == []


def test_guests_sign_in_by_bearer_token(schema: Any) -> None:
    scheme = schema["components"]["securitySchemes"]["guest"]
    assert (scheme["type"], scheme["scheme"]) == ("http", "bearer")
    assert schema["paths"]["/api/auth/me"]["get"]["security"] == [{"guest": []}]
    assert "security" not in schema["paths"]["/api/auth/token"]["post"]


def test_account_endpoints_are_described(schema: Any) -> None:
    paths = schema["paths"]
    assert sorted(paths["/api/auth/me"]) == ["get", "patch"]
    assert list(paths["/api/auth/register"]["post"]["responses"]) == [
        "201",
        "400",
        "409",
        "429",
        "default",
    ]
    shape = schema["components"]["schemas"]["RegisterRequest"]
    assert sorted(shape["properties"]) == ["email", "fullName", "password", "phone"]
    assert sorted(shape["required"]) == ["email", "password"]


def test_the_document_is_made_once_per_process() -> None:
    assert document() is document()


def test_both_prefixes_serve_the_document() -> None:
    client = Client()
    assert client.get("/api/v1/schema").content == client.get("/api/schema").content


def test_the_docs_page_needs_no_inline_script_and_no_other_host() -> None:
    answer = Client().get("/api/docs")
    assert answer.status_code == 200
    page = answer.content.decode()
    assert re.findall(r"<script(?![^>]*\bsrc=)", page) == []
    assert re.findall(r"<style|\son\w+=|\sstyle=", page) == []
    assert re.findall(r'(?:src|href)="(?!/)', page) == []
    policy = answer["Content-Security-Policy"]
    assert "script-src 'self';" in policy
    assert "unsafe" not in policy


@pytest.mark.django_db  # closing an answer looks after connections of earlier tests
def test_every_file_of_the_docs_page_is_served() -> None:
    client = Client()
    page = client.get("/api/docs").content.decode()
    addresses = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert len(addresses) == 8
    for address in addresses:
        answer = client.get(address)
        length = len(answer.getvalue())
        answer.close()
        assert (answer.status_code, length > 100) == (200, True), address


def test_the_docs_only_answer_reading() -> None:
    assert Client().post("/api/docs").status_code == 405
    assert Client().post("/api/schema").status_code == 405
