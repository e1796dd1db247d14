"""排序盖章 · the one loop that moves events into the log, signs its head and tells the witness.

It may be killed between any two statements: log and checkpoint are one transaction, and what the
witness missed it is told when the loop starts again.
"""

import logging
import threading
from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Engine, select
from sqlalchemy.exc import OperationalError

from traceability.base.db import reading, transaction
from traceability.chain import log
from traceability.chain.tables import Pending
from traceability.checkpoints import keys, witness
from traceability.checkpoints.keys import Signer
from traceability.checkpoints.stamps import newest, origin_of, sequence
from traceability.checkpoints.witness import Witness

PACE_S = 1.0  # at most one checkpoint a second
LOOK_S = 0.1
logger = logging.getLogger(__name__)

Now = Callable[[], datetime]
Heartbeat = Callable[..., None]  # heartbeat(ok=…, **facts)


def run_sequencer(
    engine: Engine,
    signer: Signer,
    file: Witness,
    *,
    now: Now,
    stop: threading.Event,
    heartbeat: Heartbeat = lambda **_: None,
) -> None:
    """Sequence until told to stop; a chain that is halted is left alone until it is resumed."""
    compared = False
    while not stop.is_set():
        pause_s = PACE_S
        try:
            compared = compared or begin(engine, signer, file, at=now())
            if compared and not step(engine, signer, file, at=now()):
                pause_s = LOOK_S
            beat(engine, heartbeat, compared=compared)
        except OperationalError:
            logger.exception("the database did not answer; the next round tries again")
        stop.wait(pause_s)


def begin(engine: Engine, signer: Signer, file: Witness, *, at: datetime) -> bool:
    """Compare with the witness and tell it what it missed; False where appends are stopped."""
    with transaction(engine, recorded_at=at) as session:
        halted = witness.compare_with_witness(session, file, at=at)
    if halted is not None:
        logger.error("appends are stopped: %s", halted.reason)
        return False
    keys.make_known(file.keys_path, signer.verifiers)
    with reading(engine) as session:
        witness.catch_up(session, file)
    return True


def step(engine: Engine, signer: Signer, file: Witness, *, at: datetime) -> bool:
    """One batch: into the log, signed, committed, and then told to the witness."""
    with reading(engine) as session:
        if session.scalar(select(Pending.event_id).limit(1)) is None:
            last, size = newest(session), log.size(session)
            if size == (last.tree_size if last else 0):
                return False
    with transaction(engine, recorded_at=at) as session:
        if witness.compare_with_witness(session, file, at=at) is not None:
            return False  # the database was put back behind our back: sign nothing more
        stamp = sequence(session, signer, at=at)
    if stamp is None:
        return False
    signed_by = signer.under(origin_of(signer.origin, stamp.epoch))
    keys.make_known(file.keys_path, signed_by.verifiers)
    file.add([stamp.note])
    return True


def beat(engine: Engine, heartbeat: Heartbeat, *, compared: bool) -> None:
    """Say how far the log is."""
    with reading(engine) as session:
        halted, last = witness.halt(session), newest(session)
    heartbeat(
        ok=compared and halted is None,
        size=last.tree_size if last else 0,
        halted=halted.reason if halted else None,
    )
