"""Vectors that others published, each with source and licence, through the command."""

import json
from pathlib import Path
from typing import Any

import pytest

from app.conformance.__main__ import answer
from app.conformance.suites import SUITES

ROWS: list[dict[str, Any]] = json.loads(
    Path(__file__).with_name("published.json").read_text("utf-8")
)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["name"])
def test_what_others_published_gets_their_answer(row: dict[str, Any]) -> None:
    assert answer(SUITES[row["suite"]], json.dumps(row["line"]).encode()) == row["expected"]
    assert row["source"]


@pytest.mark.parametrize(
    "text", ["9007199254740993", "9" * 30, "-9007199254740993", "1" + "0" * 400]
)
def test_a_number_that_would_lose_digits_has_no_canonical_form(text: str) -> None:
    found = answer(SUITES["canonical-json"], json.dumps({"text": text}).encode())

    assert found["error"] in {"not_canonical", "bad_json"}
