"""A full disk: what could not be stored is refused, what was acknowledged is there."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event
from sqlalchemy.exc import OperationalError

from tests.traceability.checkpoints.ground import AT, VET, database, grow
from traceability.audit import heads, links
from traceability.audit.lines import Lines
from traceability.base.db import reading, transaction
from traceability.base.refs import new_ref
from traceability.chain import events, log
from traceability.chain.bulk import Prepared, append_all
from traceability.chain.kinds import Kind

HERD_MAX = 2_000


def fill(engine: Engine, *, pages_left: int) -> None:
    """From now on the file may grow by that many pages and no more: a real SQLITE_FULL."""
    with engine.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()

    def cap(connection: Any, _record: object) -> None:
        connection.execute(f"PRAGMA max_page_count={pages + pages_left}")

    engine.dispose()
    event.listen(engine, "connect", cap)


def damage(engine: Engine) -> list[Any]:
    with reading(engine) as session:
        lines = Lines(links.subject_ids(session))
        found = [each for batch in links.check(session, lines) for each in batch]
        return [*found, *heads.check_leaves(session), *heads.check_tiles(session)]


def test_an_event_without_room_is_refused_and_leaves_nothing_behind(tmp_path: Path) -> None:
    engine = database(tmp_path)
    fill(engine, pages_left=4)

    acknowledged = []
    with pytest.raises(OperationalError, match="full"):
        for _ in range(HERD_MAX):
            acknowledged += grow(engine, new_ref("animal"))

    with reading(engine) as session:
        assert events.count(session) == len(acknowledged) > 0
        assert all(events.by_digest(session, each.digest) for each in acknowledged)
    assert damage(engine) == []
    engine.dispose()


def test_of_a_batch_without_room_nothing_is_stored(tmp_path: Path) -> None:
    engine = database(tmp_path)
    grow(engine, new_ref("animal"))
    fill(engine, pages_left=20)

    with (
        pytest.raises(OperationalError, match="full"),
        transaction(engine, recorded_at=AT) as session,
    ):
        append_all(
            session,
            (
                Prepared(Kind.ANIMAL_REGISTERED, (new_ref("animal"),), AT, VET)
                for _ in range(HERD_MAX)
            ),
        )

    with reading(engine) as session:
        assert (events.count(session), log.size(session)) == (1, 0)
    assert damage(engine) == []
    engine.dispose()
