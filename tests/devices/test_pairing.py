"""Which tag a weight belongs to, and when a person must say so."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from devices import inbox, pairing
from devices.inbox import Arrived
from devices.pairing import Ambiguous, Pair, Pairing, PairingState, Repeat, Sight, Waiting, judge
from tests.devices.yard import (
    AT,
    BY,
    HOLDING,
    READER,
    SCALE,
    empty_database,
    install,
    tag,
    weight,
)
from traceability.base.db import reading, transaction
from traceability.base.errors import Conflict, RuleViolation

A, B = "156000000000017", "156000000000025"


def after(seconds: float) -> datetime:
    return AT + timedelta(seconds=seconds)


def seen(
    seconds: float, *, eid: str = "", weight_g: int = 0, received: float | None = None
) -> Sight:
    return Sight(
        reading_id=1,
        key="crate-1:1:1",
        code="crate-1",
        at=after(seconds),
        received_at=after(seconds if received is None else received),
        frames_sha256=b"",
        eid=eid,
        weight_g=weight_g,
    )


def weighed(seconds: float, weight_g: int = 425_500) -> Sight:
    return seen(seconds, weight_g=weight_g)


def tagged(seconds: float, eid: str = A) -> Sight:
    return seen(seconds, eid=eid)


BEFORE = Pair(weighed(0), tagged(-2))


@pytest.mark.parametrize(
    ("tags", "previous", "answer"),
    [
        ([tagged(-2)], None, Pair(weighed(0), tagged(-2))),
        ([tagged(-10)], None, Pair(weighed(0), tagged(-10))),
        ([tagged(3)], None, Pair(weighed(0), tagged(3))),
        ([tagged(-3), tagged(-1)], None, Pair(weighed(0), tagged(-1))),
        ([tagged(-11)], None, Waiting(weighed(0))),
        ([], None, Waiting(weighed(0))),
        ([tagged(-3, A), tagged(-1, B)], None, Ambiguous(weighed(0), "two_tags")),
        ([tagged(-1, A), tagged(2, B)], None, Ambiguous(weighed(0), "two_tags")),
    ],
)
def test_one_tag_in_the_window_makes_a_pair(
    tags: list[Sight], previous: Pair | None, answer: pairing.Decision
) -> None:
    assert judge(weighed(0), tags, previous, now=after(1)) == answer


@pytest.mark.parametrize(
    ("seconds", "weight_g", "tags", "answer"),
    [
        (2, 425_000, [], Repeat),
        (2, 425_000, [tagged(1, A)], Repeat),
        (2, 425_000, [tagged(1, B)], "crossed"),
        (8, 425_000, [tagged(6, A)], Repeat),
        (8, 300_000, [tagged(6, A)], "same_tag_other_weight"),
        (8, 300_000, [tagged(6, B)], Pair),
        (8, 300_000, [tagged(-2, A)], Waiting),  # that read belongs to the weight before
        (60, 425_000, [tagged(58, A)], Pair),  # the same animal comes through again
    ],
)
def test_the_animal_before_is_not_weighed_for_the_next(
    seconds: float, weight_g: int, tags: list[Sight], answer: type | str
) -> None:
    now = weighed(seconds, weight_g)

    decision = judge(now, tags, BEFORE, now=after(seconds))

    if isinstance(answer, str):
        assert decision == Ambiguous(now, answer)
    else:
        assert isinstance(decision, answer)


def test_a_weight_without_a_tag_goes_to_a_person_after_the_window() -> None:
    assert judge(weighed(0), [], None, now=after(13)) == Waiting(weighed(0))
    assert judge(weighed(0), [], None, now=after(13.1)) == Ambiguous(weighed(0), "no_tag")


def test_two_clocks_that_disagree_pair_nothing() -> None:
    late = seen(-2, eid=A, received=90)

    assert judge(weighed(0), [late], None, now=after(1)) == Ambiguous(weighed(0), "clocks")


def test_both_clocks_wrong_by_ten_years_pair_as_ever() -> None:
    years = 10 * 365 * 86_400
    both = [seen(0, weight_g=425_500, received=years), seen(-2, eid=A, received=years - 2)]

    assert isinstance(judge(both[0], both[1:], None, now=after(years + 1)), Pair)


@given(
    st.lists(st.tuples(st.floats(-30, 30, allow_nan=False), st.sampled_from([A, B])), max_size=8),
    st.booleans(),
)
def test_a_pair_is_never_made_with_two_animals_in_the_window(
    reads: list[tuple[float, str]], follows: bool
) -> None:
    tags = [tagged(seconds, eid) for seconds, eid in sorted(reads)]
    previous = Pair(weighed(-8), tagged(-9, A)) if follows else None

    decision = judge(weighed(0), tags, previous, now=after(60))

    if isinstance(decision, Pair):
        near = {t.eid for t in tags if after(-8 if follows else -10) < t.at <= after(3)}
        assert near <= {decision.tag.eid}
        assert decision.tag in tags


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    made = empty_database(f"sqlite:///{tmp_path}/yard.sqlite")
    install(made, SCALE, READER)
    return made


class Book:
    """The weighings a test's `record` has written."""

    def __init__(self, *, refuses: bool = False) -> None:
        self.pairs: list[tuple[str, int, str]] = []
        self._refuses = refuses

    def __call__(self, _session: Session, pair: Pair) -> None:
        if self._refuses:
            raise RuleViolation("animal.unknown_tag", "没有这头牛")
        self.pairs.append((pair.tag.eid, pair.weight.weight_g, pair.weight.key))


def arrive(engine: Engine, code: str, *payloads: bytes, seconds: float = 0) -> None:
    at = after(seconds)
    with transaction(engine, recorded_at=at) as session:
        inbox.store(session, [Arrived(code, payload) for payload in payloads], at=at)


def walk(engine: Engine, book: Callable[[Session, Pair], None], *, seconds: float = 0) -> int:
    with transaction(engine, recorded_at=after(seconds)) as session:
        return pairing.step(session, at=after(seconds), record=book)


def states(engine: Engine) -> list[tuple[PairingState, str | None]]:
    with reading(engine) as session:
        rows = session.scalars(select(Pairing).order_by(Pairing.id))
        return [(row.state, row.reason) for row in rows]


def test_a_tag_and_a_weight_of_one_crate_become_one_weighing(engine: Engine) -> None:
    book = Book()
    arrive(engine, "reader-1", tag(1, eid=A))
    arrive(engine, "crate-1", weight(1, weight_g=425_500))

    assert walk(engine, book) == 2
    assert walk(engine, book) == 0

    assert book.pairs == [(A, 425_500, "crate-1:1:1")]
    assert states(engine) == [(PairingState.PAIRED, None)]


def test_a_tag_that_comes_after_its_weight_still_makes_the_pair(engine: Engine) -> None:
    book = Book()
    arrive(engine, "crate-1", weight(1, weight_g=425_500))
    walk(engine, book)
    assert states(engine) == [(PairingState.WAITING, None)]

    arrive(engine, "reader-1", tag(1, eid=A, at=after(2)), seconds=2)
    walk(engine, book, seconds=2)

    assert book.pairs == [(A, 425_500, "crate-1:1:1")]


def test_a_weight_without_a_tag_waits_for_a_person_who_settles_it_once(engine: Engine) -> None:
    arrive(engine, "crate-1", weight(1, weight_g=425_500))
    walk(engine, Book())

    walk(engine, Book(), seconds=20)

    with transaction(engine, recorded_at=AT) as session:
        (case,) = pairing.open_cases(session, HOLDING)
        assert case.reason == "no_tag"
        pairing.settle(session, case, at=AT, by=BY)
        assert pairing.open_cases(session, HOLDING) == []
        with pytest.raises(Conflict) as refusal:
            pairing.settle(session, case, at=AT, by=BY)
        assert refusal.value.code == "pairing.not_open"


def test_two_tags_before_a_weight_wait_for_a_person(engine: Engine) -> None:
    book = Book()
    arrive(engine, "reader-1", tag(1, eid=A), tag(2, eid=B))
    arrive(engine, "crate-1", weight(1))

    walk(engine, book)

    assert (book.pairs, states(engine)) == ([], [(PairingState.AMBIGUOUS, "two_tags")])


def test_another_tag_just_after_a_pair_calls_a_person(engine: Engine) -> None:
    book = Book()
    arrive(engine, "reader-1", tag(1, eid=A))
    arrive(engine, "crate-1", weight(1))
    walk(engine, book)

    arrive(engine, "reader-1", tag(2, eid=B, at=after(2)), seconds=2)
    walk(engine, book, seconds=2)

    assert states(engine) == [(PairingState.AMBIGUOUS, "late_second_tag")]


def test_a_weight_that_is_refused_as_a_weighing_waits_with_the_reason(engine: Engine) -> None:
    arrive(engine, "reader-1", tag(1, eid=A))
    arrive(engine, "crate-1", weight(1))

    walk(engine, Book(refuses=True))

    assert states(engine) == [(PairingState.AMBIGUOUS, "animal.unknown_tag")]


def test_an_empty_crate_or_a_doubtful_weight_is_nobodys_weight(engine: Engine) -> None:
    arrive(engine, "reader-1", tag(1, eid=A))
    arrive(engine, "crate-1", weight(1, weight_g=0), weight(2, weight_g=425_300))

    walk(engine, Book())

    assert states(engine) == []


def test_a_step_that_dies_has_done_nothing(engine: Engine) -> None:
    arrive(engine, "reader-1", tag(1, eid=A))
    arrive(engine, "crate-1", weight(1, weight_g=425_500))

    def dies(_session: Session, _pair: Pair) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        walk(engine, dies)

    book = Book()
    assert walk(engine, book) == 2
    assert book.pairs == [(A, 425_500, "crate-1:1:1")]
