"""A small chain for tests: animals registered and weighed, through the chain's own operations."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Engine

from traceability.base.db import Base, make_engine, transaction
from traceability.base.refs import new_ref
from traceability.chain import events
from traceability.chain.events import EventView
from traceability.chain.kinds import Kind
from traceability.checkpoints.keys import Signer, new_signer
from traceability.checkpoints.stamps import Checkpoint, sequence

AT = datetime(2026, 11, 22, 6, 12, 3, tzinfo=UTC)
VET = new_ref("party")
FARM = new_ref("holding")


def database(folder: Path, name: str = "chain.db") -> Engine:
    engine = make_engine(f"sqlite:///{folder}/{name}")
    Base.metadata.create_all(engine)
    return engine


def signer() -> Signer:
    return new_signer("demo-test/chain")


def grow(engine: Engine, *refs: str, minutes: int = 0) -> list[EventView]:
    """One further event of each subject, in a transaction of its own."""
    at = AT + timedelta(minutes=minutes)
    with transaction(engine, recorded_at=at) as session:
        events.hold(session, *refs)
        return [
            events.append(
                session,
                Kind.ANIMAL_REGISTERED,
                ref,
                at=at,
                by=VET,
                breed="weining",
                holding=FARM,
                name="王大明",
            )
            for ref in refs
        ]


def stamp(engine: Engine, by: Signer, *, minutes: int = 0) -> Checkpoint | None:
    at = AT + timedelta(minutes=minutes)
    with transaction(engine, recorded_at=at) as session:
        return sequence(session, by, at=at)
