"""Many events at once end as one after the other would."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine

from traceability.base.db import Base, make_engine, reading, transaction
from traceability.base.refs import new_ref
from traceability.chain import events, log
from traceability.chain.bulk import Prepared, append_all
from traceability.chain.kinds import Kind

AT = datetime(2026, 11, 22, 6, 12, 3, tzinfo=UTC)
VET = new_ref("party")


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = make_engine(f"sqlite:///{tmp_path}/chain.db")
    Base.metadata.create_all(engine)
    yield engine
    engine.dispose()


def test_a_herd_is_appended_at_once_and_stands_in_the_log(engine: Engine) -> None:
    herd = [new_ref("animal") for _ in range(300)]

    with transaction(engine, recorded_at=AT) as session:
        digests = append_all(
            session,
            (
                Prepared(Kind.ANIMAL_REGISTERED, (ref,), AT, VET, {"breed": "weining"})
                for ref in [*herd, herd[0]]
            ),
        )

    with reading(engine) as session:
        first, again = events.history(session, herd[0])
        assert log.size(session) == len(digests) == len(herd) + 1
    assert [first.digest, again.digest] == [digests[0], digests[-1]]
    assert (first.position, again.position) == (0, len(herd))
    assert again.links[0].prev == first.digest.hex()
