"""配对登记 · new readings of one crate become weighings within the second; runs beside ingest."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from sqlalchemy import Engine

from app import loops
from app.whoami import now
from devices import pairing, weighing
from traceability.base.db import transaction

LOOK_S = 0.25


@contextmanager
def beside(engine: Engine) -> Iterator[None]:
    """Pair in a thread of its own while the body runs."""
    stop = threading.Event()
    thread = threading.Thread(
        target=loops.repeat,
        args=(lambda: step(engine, at=now()), stop),
        kwargs={"look_s": LOOK_S},
        name="pairs",
        daemon=True,
    )
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(timeout=1)


def step(engine: Engine, *, at: datetime) -> bool:
    """Decide what can be decided; whether readings were new."""
    with transaction(engine, recorded_at=at) as session:
        return pairing.step(session, at=at, record=weighing.record) > 0
