"""排序盖章 · the loop that moves pending events into the log, at most a second behind.

There is one sequencer; a second one waits for the first at the database. It looks ten times a
second without writing, and writes only when something is pending.
"""

import signal
import threading
from datetime import datetime

from sqlalchemy import Engine, select

from app import loops
from app.config import Settings
from app.lifeline import Name, beat_file
from app.whoami import now
from traceability.base.db import make_engine, reading, transaction
from traceability.chain import log
from traceability.chain.tables import Pending


def main(settings: Settings) -> None:
    """Run until SIGTERM."""
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda _number, _frame: stop.set())
    engine = make_engine(settings.database_url)
    beat = beat_file(settings.run_dir, Name.SEQUENCER).touch
    loops.repeat(lambda: step(engine, at=now()), stop, beat=beat)


def step(engine: Engine, *, at: datetime) -> bool:
    """One batch; whether there was anything to do."""
    with reading(engine) as session:
        if session.scalar(select(Pending.event_id).limit(1)) is None:
            return False
    with transaction(engine, recorded_at=at) as session:
        return log.integrate(session) is not None
