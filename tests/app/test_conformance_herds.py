"""The suites of movements and pedigrees: each line answered, bad rows refused."""

import json
from typing import Any

import pytest

from app.conformance.__main__ import answer
from app.conformance.suites import SUITES


def ask(suite: str, **line: Any) -> dict[str, Any]:
    return answer(SUITES[suite], json.dumps(line).encode())


def move(source: Any, destination: Any, on: Any, animal: Any = "牛1") -> dict[str, Any]:
    return {"animal": animal, "source": source, "destination": destination, "on": on}


MOVES = [
    move("甲", "乙", "2026-01-01"),
    move("乙", "丙", "2026-01-01"),
    move("丙", "丁", "2025-12-31"),
    move("丁", "甲", "2025-12-02"),
    move("丁", "丁", "2026-01-01"),
]


def test_the_window_is_closed_at_both_ends() -> None:
    found = ask("contact-chain", id=3, rows=MOVES, end="2026-01-01", days=30)

    assert found == {
        "id": 3,
        "ingoing": {"甲": 1, "乙": 2, "丙": 3, "丁": 1},
        "outgoing": {"甲": 2, "乙": 1, "丙": 1, "丁": 3},
    }


def test_a_holding_outside_the_window_has_none() -> None:
    found = ask("contact-chain", rows=MOVES, end="2026-01-01", days=0)

    assert found["outgoing"] == {"甲": 2, "乙": 1, "丙": 0, "丁": 0}
    assert ask("contact-chain", rows=[], end="2026-01-01", days=0) == {
        "ingoing": {},
        "outgoing": {},
    }


@pytest.mark.parametrize(
    ("row", "code"),
    [
        (7, "bad_row"),
        ({}, "bad_row"),
        (move("甲", "乙", "2026-02-30"), "bad_row"),
        (move("甲", "乙", "20260101"), "bad_row"),
        (move("", "乙", "2026-01-01"), "bad_row"),
        (move("甲", ["乙"], "2026-01-01"), "bad_row"),
        (move("甲", "乙", "2026-01-01", animal=None), "bad_row"),
    ],
)
def test_a_malformed_movement_is_refused_by_its_number(row: Any, code: str) -> None:
    found = ask("contact-chain", rows=[*MOVES, row], end="2026-01-01", days=30)

    assert found["error"] == code
    assert "第 6 项" in found["detail"]


@pytest.mark.parametrize(
    "line",
    [
        {"rows": MOVES, "end": "2026-01-01", "days": -1},
        {"rows": MOVES, "end": "yesterday", "days": 1},
        {"rows": MOVES, "end": "2026-01-01", "days": "30"},
        {"rows": None, "end": "2026-01-01", "days": 30},
    ],
)
def test_a_malformed_question_is_refused(line: dict[str, Any]) -> None:
    assert ask("contact-chain", **line)["error"] == "bad_input"


def test_inbreeding_of_each_animal_listed() -> None:
    rows = [
        {"id": "z", "sire": "x", "dam": "y"},
        {"id": "x", "sire": 1, "dam": "0"},
        {"id": "y", "sire": "1", "dam": ""},
    ]

    assert ask("inbreeding", rows=rows) == {"f": {"z": 0.125, "x": 0.0, "y": 0.0}}


def test_an_impossible_pedigree_is_told_by_animal() -> None:
    rows = [{"id": "a", "sire": "b"}, {"id": "b", "sire": "a"}, {"id": "c", "dam": "a"}]

    found = ask("inbreeding", rows=rows)

    told = {(error["id"], error["code"]) for error in found["errors"]}
    assert told == {("a", "cycle"), ("b", "cycle"), ("a", "sex_conflict")}


@pytest.mark.parametrize(
    "row", [None, {"id": None}, {"id": ""}, {"id": "0"}, {"id": "a", "sire": [1]}, {"id": True}]
)
def test_a_malformed_animal_is_refused(row: Any) -> None:
    assert ask("inbreeding", rows=[row])["error"] == "bad_row"
