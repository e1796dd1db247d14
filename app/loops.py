"""循环 · a step repeated until told to stop: looks often, rests when there was nothing to do.

A database that is away for a moment ends nothing; the next round tries again.
"""

import logging
import threading
import time
from collections.abc import Callable

from sqlalchemy.exc import OperationalError

LOOK_S = 0.1
BEAT_S = 1.0
TROUBLE_S = 1.0
logger = logging.getLogger(__name__)


def nothing() -> None:
    """The heartbeat of a loop that has none of its own."""


def repeat(
    step: Callable[[], bool],
    stop: threading.Event,
    *,
    beat: Callable[[], None] = nothing,
    look_s: float = LOOK_S,
) -> None:
    """Do the step again at once while it says that there was work, else after a rest."""
    beaten = 0.0
    while not stop.is_set():
        if time.monotonic() - beaten > BEAT_S:
            beat()
            beaten = time.monotonic()
        try:
            worked = step()
        except OperationalError:
            logger.exception("the database did not answer")
            stop.wait(TROUBLE_S)
            continue
        if not worked:
            stop.wait(look_s)
