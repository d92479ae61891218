"""Whatever fits the OpenAPI document, or nearly does, is answered as the document says, and never with a fault of ours.

`QUANYU_FUZZ=200` asks each operation so many things; the same are asked in every run.
"""

import os
import random
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from server.api_client import Shop

MANY = int(os.environ.get("QUANYU_FUZZ", "5"))
CHECKS = [not_a_server_error, response_schema_conformance, status_code_conformance, content_type_conformance]
HOSTILE = [
    "' OR 1=1 --",
    "{{7*7}}",
    "${jndi:ldap://x}",
    "../../etc/passwd",
    "=cmd|'/C calc'!A0",
    "\u202e",
    "𠜎" * 60,
    "%00",
]


def values_of(shop: Shop) -> dict[str, list[str]]:
    """Return what stands for a part of a path: names that exist, and texts that mean harm."""
    person = shop.post("/persons/search", {"identifier": "mobile:13912345678"})["detail"]["person_id"]
    ref = shop.get("/segments")["rows"][0]["ref"]
    known = {
        "name": ["net_sales", "buyers", "order_fact"],
        "model": ["5r", "lifecycle"],
        "code": ["rfm", "lifecycle"],
        "kind": ["metrics", "tags", "trend", "funnel"],
        "person_id": [person],
        "ref": [ref] if ref else [],
        "audit_id": ["1"],
        "decision_id": ["1"],
    }
    return {name: [*texts, *HOSTILE] for name, texts in known.items()}


def asked(operation: Any, values: dict[str, list[str]]) -> Iterator[tuple[int, str]]:
    """Ask an operation many things and give each answer's status; raises for an answer unlike the document."""
    seen: list[tuple[int, str]] = []
    draw = random.Random(operation.label)

    @settings(
        max_examples=MANY,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.generate,),
    )
    @given(case=operation.as_strategy())
    def ask(case: Any) -> None:
        if draw.random() < 0.6:
            case.path_parameters = {
                name: draw.choice(values[name]) if name in values else text
                for name, text in (case.path_parameters or {}).items()
            }
        answer = case.call(headers={"Authorization": "Bearer owner"})
        seen.append((answer.status_code, answer.text))
        case.validate_response(answer, checks=CHECKS)

    ask()
    yield from seen


def test_every_operation_answers_as_its_document_says(shop: Shop):
    schema = schemathesis.openapi.from_asgi("/openapi.json", shop.client.app)
    values, faults, statuses = values_of(shop), [], set()
    for found in schema.get_all_operations():
        operation = found.ok()
        if (operation.method, operation.path) == ("post", "/runs"):
            # Begins a build each time; it has tests of its own.
            continue
        try:
            for status, text in asked(operation, values):
                statuses.add(status)
                assert "Traceback" not in text
        except (AssertionError, FailureGroup) as fault:
            faults.append(f"{operation.label}: {fault}")
    assert not faults, "\n\n".join(faults)[:5000]
    assert {200, 404, 422} <= statuses


def test_a_planted_fault_is_found():
    app = FastAPI()

    @app.get("/things/{name:path}")
    def show(name: str) -> dict[str, int]:
        return {"length": len(name) if name.isascii() else None}  # type: ignore[dict-item]

    schema = schemathesis.openapi.from_asgi("/openapi.json", app)
    (operation,) = [one.ok() for one in schema.get_all_operations()]
    with pytest.raises(Exception, match=r"validation error"):
        list(asked(operation, {"name": ["𠜎"]}))
