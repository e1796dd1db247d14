"""Many events at once end as one after the other would, on SQLite and on PostgreSQL."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from tests.world import MORNING
from traceability.audit import heads, links
from traceability.audit.lines import Lines
from traceability.base.canon import sha256
from traceability.base.db import Recording, reading, transaction
from traceability.base.errors import Conflict, RuleViolation
from traceability.base.refs import new_ref
from traceability.chain import bulk, events, log
from traceability.chain.bulk import Prepared, append_all
from traceability.chain.kinds import Kind

ON_BOTH = True
VET = new_ref("party")
SUBJECTS = [new_ref("chain") for _ in range(6)]
NAMED = [new_ref("holding") for _ in range(3)]
LATE = Recording(MORNING, late_reason="导入")

TABLES = {
    "event": "id",
    "event_private": "event_id",
    "event_subject": "subject_id, seq",
    "event_mention": "subject_id, event_id",
    "chain_subject": "id",
    "pending": "event_id",
    "leaf": "position",
    "tile": "level, number",
}
TOLD = """
SELECT l.event_id FROM event_subject l JOIN chain_subject s ON s.id = l.subject_id
WHERE s.ref NOT LIKE 'rule:%'
"""  # the rules of the law come first
BY_REF = f"""
SELECT s.ref, l.seq, l.event_id - (SELECT min(event_id) FROM ({TOLD}) AS told) AS number,
    e.canonical, e.digest_prefix, e.corrects, p.salt, p.canonical AS secret, leaf.position
FROM event_subject l JOIN chain_subject s ON s.id = l.subject_id JOIN event e ON e.id = l.event_id
    JOIN event_private p ON p.event_id = e.id LEFT JOIN leaf ON leaf.event_id = e.id
WHERE s.ref NOT LIKE 'rule:%'
ORDER BY 1, 2
"""
MENTIONS_BY_REF = f"""
SELECT s.ref, m.event_id - (SELECT min(event_id) FROM ({TOLD}) AS told) AS number
FROM event_mention m JOIN chain_subject s ON s.id = m.subject_id
WHERE m.event_id IN ({TOLD}) ORDER BY 1, 2
"""
stories = st.lists(
    st.builds(
        lambda subjects, minutes, named, group: Prepared(
            Kind.ANIMAL_DIED,
            tuple(subjects),
            MORNING - timedelta(minutes=minutes),
            VET,
            {"place": named, "cause": "病死"} if named else {},
            group=group,
        ),
        st.lists(st.sampled_from(SUBJECTS), min_size=1, max_size=4, unique=True),
        st.integers(0, 90),
        st.none() | st.sampled_from([*NAMED, *SUBJECTS]),
        st.none() | st.just("全村"),
    ),
    max_size=30,
)


def singly(session: Session, story: Sequence[Prepared]) -> list[bytes]:
    """The story told by `events.append`, one event after the other."""
    events.hold(session, *{ref for each in story for ref in each.subjects})
    digests = []
    for each in story:
        event = events.append(
            session,
            each.kind,
            *each.subjects,
            at=each.at,
            by=each.by,
            group=each.group,
            corrects=each.corrects,
            **each.data,
        )
        digests.append(event.digest)
    log.integrate(session)
    return digests


def stored(session: Session) -> dict[str, list[tuple[Any, ...]]]:
    """Everything the chain holds; on PostgreSQL, whose numbers have gaps, by reference."""
    wanted = {name: f"SELECT * FROM {name} ORDER BY {key}" for name, key in TABLES.items()}
    if session.get_bind().dialect.name == "postgresql":
        heads_by_ref = "SELECT ref, seq, digest, latest_at FROM chain_subject ORDER BY ref"
        wanted = {
            "by ref": BY_REF,
            "mentions": MENTIONS_BY_REF,
            "heads": heads_by_ref,
            "pending": wanted["pending"],
            "tile": wanted["tile"],
        }
    return {name: [tuple(row) for row in session.execute(text(q))] for name, q in wanted.items()}


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(before=stories, story=stories)
def test_at_once_or_one_by_one_every_table_ends_the_same(
    engine: Engine, before: list[Prepared], story: list[Prepared]
) -> None:
    def told(tell: Callable[[Session, Sequence[Prepared]], list[bytes]]) -> Any:
        salts = count()
        with pytest.MonkeyPatch.context() as patch, Session(engine) as session:
            for module in (events, bulk):
                patch.setattr(module, "token_bytes", lambda _: sha256(b"%d" % next(salts)))
            session.info["recording"] = LATE
            for each in before:  # these wait for the sequencer
                events.append(
                    session, each.kind, *each.subjects, at=each.at, by=each.by, **each.data
                )
            digests = tell(session, story)
            return digests, stored(session), session.info.get("refold")

    assert told(append_all) == told(singly) or not story


def test_a_herd_is_appended_at_once_and_stands_in_the_log(engine: Engine) -> None:
    herd = [new_ref("chain") for _ in range(600)]
    with transaction(engine, recorded_at=MORNING) as session:
        log.integrate(session)  # the rules of the law come first
        before = log.size(session)

    with transaction(engine, recorded_at=MORNING) as session:
        digests = append_all(
            session,
            (Prepared(Kind.ANIMAL_DIED, (ref,), MORNING, VET) for ref in [*herd, herd[0]]),
        )

    with reading(engine) as session:
        first, again = events.history(session, herd[0])
        assert log.size(session) - before == len(digests) == len(herd) + 1
        damage = [found for batch in links.check(session, lines_of(session)) for found in batch]
        damage += [*heads.check_leaves(session), *heads.check_tiles(session)]
    assert damage == []
    assert [first.digest, again.digest] == [digests[0], digests[-1]]
    assert (first.position, again.position) == (before, before + len(herd))
    assert again.links[0].prev == first.digest.hex()


def lines_of(session: Session) -> Lines:
    return Lines(links.subject_ids(session))


def test_nothing_at_all_is_appended_too(engine: Engine) -> None:
    with transaction(engine, recorded_at=MORNING) as session:
        assert append_all(session, []) == []


def test_one_event_too_early_refuses_them_all(engine: Engine) -> None:
    good = Prepared(Kind.ANIMAL_DIED, (SUBJECTS[0],), MORNING, VET)
    early = Prepared(Kind.ANIMAL_DIED, (SUBJECTS[0],), MORNING + timedelta(days=1), VET)

    with reading(engine) as session:
        before = events.count(session)

    with pytest.raises(RuleViolation), transaction(engine, recorded_at=MORNING) as session:
        append_all(session, [good, early])

    with reading(engine) as session:
        assert events.count(session) == before


def test_a_record_is_corrected_once_in_a_batch_or_before_it(engine: Engine) -> None:
    subject = (SUBJECTS[0],)
    with transaction(engine, recorded_at=MORNING) as session:
        (wrong,) = append_all(session, [Prepared(Kind.ANIMAL_DIED, subject, MORNING, VET)])
    right = Prepared(Kind.ANIMAL_DIED, subject, MORNING, VET, {"cause": "摔伤"}, corrects=wrong)

    with pytest.raises(Conflict), transaction(engine, recorded_at=MORNING) as session:
        append_all(session, [right, right])
    with transaction(engine, recorded_at=MORNING) as session:
        append_all(session, [right])
    with pytest.raises(Conflict), transaction(engine, recorded_at=MORNING) as session:
        append_all(session, [right])

    with reading(engine) as session:
        assert [
            event["cause"] for event in events.effective(events.history(session, *subject))
        ] == ["摔伤"]
