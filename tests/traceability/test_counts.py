"""Sets in, differences out: each odd animal is named, and why."""

import pytest

from traceability import counts
from traceability.counts import Count, Oddity

PAPER, GONE, GATE = Count.CERTIFICATE, Count.DEPARTED, Count.GATE
SCALE, SALE = Count.SCALE, Count.SALE
HERD = {"252052600000001", "252052600000002", "252052600000003"}
ONE, TWO, THREE = sorted(HERD)
STRANGER = "252052600000009"


def test_counts_that_are_the_same_agree_and_name_nobody() -> None:
    found = counts.compare(dict.fromkeys(Count, HERD), stated=3)

    assert found.agrees
    assert not found.odd
    assert not found.differences
    assert found.heads == dict.fromkeys(Count, 3)


@pytest.mark.parametrize(
    ("sets", "tag", "oddity"),
    [
        ({PAPER: HERD, GONE: HERD | {STRANGER}}, STRANGER, Oddity.UNCOVERED),
        ({PAPER: HERD, GATE: HERD, SCALE: HERD | {STRANGER}}, STRANGER, Oddity.UNCOVERED),
        ({PAPER: HERD, GATE: HERD, SCALE: {ONE, TWO}, SALE: HERD}, THREE, Oddity.UNCOVERED),
        ({PAPER: HERD, GONE: {ONE, TWO}}, THREE, Oddity.ABSENT),
        ({PAPER: HERD, GONE: HERD, GATE: {ONE, THREE}}, TWO, Oddity.ABSENT),
        ({PAPER: HERD, GATE: HERD, SCALE: {ONE, THREE}}, TWO, Oddity.WAITING),
        ({PAPER: HERD, GATE: HERD, SCALE: HERD, SALE: {TWO, THREE}}, ONE, Oddity.WAITING),
    ],
)
def test_the_odd_animal_is_named(sets: dict[Count, set[str]], tag: str, oddity: Oddity) -> None:
    found = counts.compare(sets)

    assert [(each.tag, each.oddity) for each in found.odd] == [(tag, oddity)]
    assert found.agrees is (oddity is Oddity.WAITING)


def test_a_journey_that_has_not_begun_lacks_nobody() -> None:
    found = counts.compare({PAPER: HERD, GONE: set(), GATE: set()}, stated=3)

    assert found.agrees
    assert {each.oddity for each in found.odd} == {Oddity.WAITING}


def test_a_swapped_animal_shows_though_the_heads_are_equal() -> None:
    found = counts.compare({PAPER: HERD, GATE: {ONE, TWO, STRANGER}})

    assert found.heads[PAPER] == found.heads[GATE]
    (difference,) = found.differences
    assert (difference.missing, difference.extra) == ((THREE,), (STRANGER,))
    assert [each.oddity for each in found.odd] == [Oddity.UNCOVERED, Oddity.ABSENT]
    assert not found.agrees


def test_a_printed_number_that_is_not_the_length_of_the_list_does_not_agree() -> None:
    assert not counts.compare(dict.fromkeys(Count, HERD), stated=4).agrees
