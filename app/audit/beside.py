"""核查的另一半 · the log and the rows, checked by a process of its own on the second core.

What it needs comes in on standard input, what it finds goes out a line at a time. If it does not
come to its end, the audit does that half itself.
"""

import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from threading import Thread

from app import lifeline, migrate
from app.config import Settings
from traceability.audit import report
from traceability.audit.damage import Damage, DamageKind
from traceability.audit.halfway import Rows
from traceability.base.db import make_engine, reading
from traceability.checkpoints import keys
from traceability.checkpoints.witness import Witness

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = (
    f"import sys; sys.path.insert(0, {str(ROOT)!r}); from app.audit.beside import main; main()"
)
HEARD_S = 0.3


class Beside:
    """另一半 · started at once; see `report.Elsewhere`."""

    def __init__(self, settings: Settings, start: Rows, found: Sequence[Damage]) -> None:
        self.told: tuple[Rows, Sequence[Damage]] = start, found
        self._process = subprocess.Popen(  # noqa: S603 - this very program
            [sys.executable, "-c", PROGRAM],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._listener = Thread(target=self._listen, name="audit-beside", daemon=True)
        assert self._process.stdin is not None, "opened above"
        with self._process.stdin as told:
            json.dump([settings.database_url, str(settings.witness_file), asdict(start)], told)
        self._listener.start()

    def _listen(self) -> None:
        assert self._process.stdout is not None, "opened above"
        with self._process.stdout as lines, suppress(ValueError):  # half a line of one that died
            for line in lines:
                rows, found = json.loads(line)
                damage = [Damage(DamageKind(kind), *rest) for kind, *rest in found]
                self.told = Rows(**rows), [*self.told[1], *damage] if damage else self.told[1]

    def found(self, heard: Callable[[], None]) -> Sequence[Damage] | None:
        """Wait for its end; None if it did not come to it."""
        while self._listener.is_alive():
            self._listener.join(HEARD_S)
            heard()
        return self.told[1] if self._process.wait() == 0 else None

    def stop(self) -> None:
        """End it, whatever it is doing."""
        self._process.kill()
        self._process.wait()
        self._listener.join()


def main() -> None:
    """The process itself."""
    lifeline.ask_kernel()
    url, witness_file, start = json.load(sys.stdin)
    migrate.load_models()
    witness = Witness(Path(witness_file)).as_it_is()  # before the reading: it may grow meanwhile
    known = keys.known_keys(witness.keys_path)
    with reading(make_engine(url)) as session:
        told = report.of_log_and_rows(
            session, verifiers=known, witness=witness, start=Rows(**start)
        )
        for rows, found in told:
            damage = [[*asdict(each).values()] for each in found]
            sys.stdout.write(f"{json.dumps([asdict(rows), damage], default=str)}\n")
            sys.stdout.flush()
