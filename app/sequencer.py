"""排序盖章 · the part that moves pending events into the log and signs its head.

Only this part reads the chain's private key. A demonstration makes its own; production has one.
"""

import signal
import sys
import threading

from app.config import Settings
from app.lifeline import Name, beat_file
from app.whoami import now
from traceability.base.db import make_engine
from traceability.checkpoints import keys
from traceability.checkpoints.keys import KeyRefused, Signer
from traceability.checkpoints.sequencing import run_sequencer
from traceability.checkpoints.witness import Witness


def main(settings: Settings) -> None:
    """Run until SIGTERM."""
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda _number, _frame: stop.set())
    beat = beat_file(settings.run_dir, Name.SEQUENCER)
    try:
        run_sequencer(
            make_engine(settings.database_url),
            signer_of(settings),
            Witness(settings.witness_file),
            now=now,
            stop=stop,
            heartbeat=lambda **_told: beat.touch(),
        )
    except KeyRefused as refused:  # another key signs by now: started again, we shall have it
        sys.exit(str(refused))


def signer_of(settings: Settings) -> Signer:
    """The key that signs this installation's checkpoints.

    Raises:
        KeyRefused: none, not a key, open to others, or another log's.
    """
    if settings.is_production:
        return keys.load(settings.chain_key_file, origin=settings.chain_origin)
    return keys.load_or_make_demo(settings.chain_key_file)
