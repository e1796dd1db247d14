"""Inbreeding against the tabular method, and the flaws of a pedigree."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from traceability.breeding import Pedigree, flaws, inbreeding


def tabular(parents: list[tuple[int | None, int | None]]) -> list[float]:
    """The relationship matrix row by row: slow and obviously right (Henderson 1976)."""
    table: list[list[float]] = []
    for number, (sire, dam) in enumerate(parents):
        row = [
            sum(table[max(p, other)][min(p, other)] for p in (sire, dam) if p is not None) / 2
            for other in range(number)
        ]
        both = sire is not None and dam is not None
        own = table[max(sire, dam)][min(sire, dam)] / 2 if both else 0.0  # type: ignore[type-var, index] # both are known
        table.append([*row, 1 + own])
    return [row[-1] - 1 for row in table]


@st.composite
def herds(draw: st.DrawFn) -> list[tuple[int | None, int | None]]:
    """Animals eldest first; even numbers are bulls, odd ones cows."""
    found: list[tuple[int | None, int | None]] = []
    for number in range(draw(st.integers(1, 14))):
        bulls = [None, *range(0, number, 2)]
        cows = [None, *range(1, number, 2)]
        found.append((draw(st.sampled_from(bulls)), draw(st.sampled_from(cows))))
    return found


@given(parents=herds(), turn=st.randoms(use_true_random=False))
def test_inbreeding_equals_the_table_in_whatever_order_animals_come(
    parents: list[tuple[int | None, int | None]], turn: object
) -> None:
    expected = tabular(parents)
    rows = [
        (str(n + 1), *(None if p is None else str(p + 1) for p in both))
        for n, both in enumerate(parents)
    ]
    turn.shuffle(rows)  # type: ignore[attr-defined] # a random.Random

    assert flaws(rows) == []  # type: ignore[arg-type] # three fields each
    found = inbreeding({animal: (sire, dam) for animal, sire, dam in rows})  # type: ignore[misc] # three fields each
    assert found == pytest.approx({str(n + 1): f for n, f in enumerate(expected)}, abs=1e-12)


@pytest.mark.parametrize(
    ("pedigree", "animal", "coefficient"),
    [
        ({"x": ("s", "d1"), "y": ("s", "d2"), "z": ("x", "y")}, "z", 0.125),
        ({"x": ("s", "d"), "z": ("s", "x")}, "z", 0.25),
        ({"x": ("s", None), "y": ("s", None), "z": ("x", "y")}, "z", 0.125),
        ({"x": ("s", "d")}, "x", 0.0),
        ({"x": (None, "d")}, "x", 0.0),
    ],
    ids=["half siblings", "father and daughter", "half known", "strangers", "one parent"],
)
def test_the_text_book_matings(pedigree: Pedigree, animal: str, coefficient: float) -> None:
    assert inbreeding(pedigree)[animal] == coefficient


def test_a_hundred_generations_of_brother_and_sister_do_not_break_it() -> None:
    pedigree: dict[str, tuple[str | None, str | None]] = {"b0": (None, None), "c0": (None, None)}
    for age in range(1, 101):
        pedigree[f"b{age}"] = pedigree[f"c{age}"] = (f"b{age - 1}", f"c{age - 1}")

    found = inbreeding(pedigree)

    assert [found[f"b{age}"] for age in range(4)] == [0.0, 0.0, 0.25, 0.375]
    assert found["b100"] == pytest.approx(1.0, abs=1e-6)


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([("a", None, None), ("a", None, None)], {("a", "duplicate")}),
        ([("a", None, "a")], {("a", "own_parent")}),
        ([("a", "p", None), ("b", None, "p")], {("p", "sex_conflict")}),
        ([("a", "b", None), ("b", "a", None), ("c", "b", None)], {("a", "cycle"), ("b", "cycle")}),
        ([("a", "s", "d"), ("s", None, None)], set()),
    ],
)
def test_what_cannot_be_is_named(
    rows: list[tuple[str, str | None, str | None]], expected: set[tuple[str, str]]
) -> None:
    assert {(flaw.id, flaw.code) for flaw in flaws(rows)} == expected
