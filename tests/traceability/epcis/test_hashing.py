"""Event hash ids agree with those that the reference implementation publishes."""

import json
from pathlib import Path
from typing import Any

import pytest

from traceability.epcis import hashing

VECTORS = json.loads(
    (Path(__file__).parents[2] / "vectors" / "epcis" / "event-hashes.json").read_text("utf-8")
)


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
def test_a_published_event_has_its_published_hash(vector: dict[str, Any]) -> None:
    assert hashing.event_hash(vector["event"], vector["context"]) == vector["hash"]


def test_who_recorded_an_event_and_when_does_not_count() -> None:
    event, context = VECTORS[0]["event"], VECTORS[0]["context"]
    told = {**event, "eventID": "urn:uuid:1", "recordTime": "2030-01-01T00:00:00Z"}
    told["errorDeclaration"] = {"declarationTime": "2030-01-01T00:00:00Z"}

    assert hashing.event_hash(told, context) == VECTORS[0]["hash"]


def test_another_place_is_another_event() -> None:
    event, context = VECTORS[0]["event"], VECTORS[0]["context"]

    moved = {**event, "readPoint": {"id": "urn:epc:id:sgln:4012345.00011.988"}}

    assert hashing.event_hash(moved, context) != VECTORS[0]["hash"]


@pytest.mark.parametrize("text", ["nan", "inf", "1e999", "²", "1_000"])
def test_a_strange_number_is_hashed_as_it_stands(text: str) -> None:
    assert hashing.value_of(text, {}) == text
