"""How a doubtful print is to be read: decided by a person, on a ground, beside the print."""

from collections.abc import Callable
from typing import Any

import pytest

from registry import doubts
from registry.doubts import Choice
from registry.founding import Doubt
from tests.world import World
from traceability.base.errors import NotFound, RuleViolation
from traceability.chain import events
from traceability.chain.kinds import Kind


@pytest.fixture
def doubt(world: World) -> Doubt:
    """The breeding farm of 2.25 head."""
    return next(
        row
        for row in doubts.every(world.session)
        if row.about_key == "weining.figure.breeding-herd-2025"
    )


def test_a_reading_takes_the_words_of_its_choice(world: World, doubt: Doubt) -> None:
    told: dict[str, Any] = {"at": world.at, "by": world.operator}

    proposed = doubts.decide(
        world.session, doubt, choice=Choice.PROPOSED, basis="印发稿第 9 页", **told
    )
    printed = doubts.decide(
        world.session, doubt, choice=Choice.AS_PRINTED, basis="印发稿第 9 页", **told
    )
    other = doubts.decide(
        world.session, doubt, choice=Choice.OTHER, text=" 2250 头 ", basis="批复", **told
    )

    assert proposed.text == doubt.proposed
    assert printed.text == doubt.quote
    assert other.text == "2250 头"


def test_the_newest_reading_counts_and_the_earlier_ones_stay(world: World, doubt: Doubt) -> None:
    told: dict[str, Any] = {"basis": "印发稿第 9 页", "by": world.operator}
    first = doubts.decide(world.session, doubt, choice=Choice.PROPOSED, at=world.at, **told)
    later = world.later(hours=1)

    second = doubts.decide(world.session, doubt, choice=Choice.AS_PRINTED, at=later, **told)

    assert doubts.decided(world.session)[doubt.key] is second
    assert doubts.of_doubt(world.session, doubt) == [second, first]
    assert events.history(world.session, first.ref)[0].kind is Kind.WORDING_DECIDED
    assert "2.25 头" in doubt.quote


@pytest.mark.parametrize(
    ("choice", "text", "basis", "code"),
    [
        (Choice.PROPOSED, "", "  ", "doubt.no_basis"),
        (Choice.PROPOSED, "", "据" * 501, "doubt.no_basis"),
        (Choice.OTHER, " ", "批复", "doubt.no_wording"),
        (Choice.OTHER, "读" * 501, "批复", "doubt.no_wording"),
    ],
)
def test_a_reading_needs_words_and_a_ground(
    world: World, doubt: Doubt, choice: Choice, text: str, basis: str, code: str
) -> None:
    with pytest.raises(RuleViolation) as refusal:
        doubts.decide(
            world.session, doubt, choice=choice, text=text, basis=basis, at=world.at, by=world.vet
        )

    assert refusal.value.code == code
    assert doubts.decided(world.session) == {}


def test_a_doubt_that_does_not_exist_is_not_found(world: World) -> None:
    with pytest.raises(NotFound) as refusal:
        doubts.get(world.session, "weining.doubt.none")

    assert refusal.value.code == "doubt.not_found"


def test_the_readings_follow_from_their_events(
    world: World, doubt: Doubt, rows_follow_from_their_events: Callable[[], int]
) -> None:
    before = rows_follow_from_their_events()

    doubts.decide(
        world.session, doubt, choice=Choice.PROPOSED, basis="批复", at=world.at, by=world.vet
    )

    assert rows_follow_from_their_events() == before + 1
