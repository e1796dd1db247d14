"""A small chain for tests: animals registered and weighed, through the chain's own operations."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Engine, select

from traceability.base.db import Base, make_engine, reading, transaction
from traceability.base.refs import new_ref
from traceability.chain import events
from traceability.chain.events import EventView
from traceability.chain.kinds import Kind
from traceability.checkpoints import sequencing
from traceability.checkpoints.keys import Signer, new_signer
from traceability.checkpoints.stamps import Checkpoint, sequence
from traceability.checkpoints.witness import Witness

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


def run_round(
    engine: Engine, by: Signer, file: Witness, *, minutes: int = 0, compare: bool = True
) -> bool:
    """What the sequencer does when it starts and in one round; whether it signed."""
    at = AT + timedelta(minutes=minutes)
    if compare and not sequencing.begin(engine, by, file, at=at):
        return False
    return sequencing.step(engine, by, file, at=at)


def checkpoint_sizes(engine: Engine) -> list[int]:
    with reading(engine) as session:
        order = (Checkpoint.epoch, Checkpoint.tree_size)
        return list(session.scalars(select(Checkpoint.tree_size).order_by(*order)))
