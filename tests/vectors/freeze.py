"""Freeze one sample of every kind of event: `python -m tests.vectors.freeze [tests to run]`.

Runs the tests that perform real operations, watches what they append, and keeps the first event of
each (kind, version) that has no sample yet. A sample that exists is never written again: it is
what databases out there hold.
"""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session

from traceability.base import canon
from traceability.chain import events, folding
from traceability.chain.body import Written
from traceability.chain.events import EventView
from traceability.chain.folding import State
from traceability.chain.heads import Head
from traceability.chain.kinds import SPECS, Kind

SAMPLES = Path(__file__).with_name("events")
OPERATIONS = ("tests/traceability", "tests/market", "tests/registry", "tests/app")


def sample_path(kind: Kind, v: int) -> Path:
    """Where the sample of a kind and version lies."""
    return SAMPLES / f"{kind.value}.v{v}.json"


def missing() -> set[Kind]:
    """The kinds whose present version has no sample."""
    return {kind for kind in Kind if not sample_path(kind, SPECS[kind].v).exists()}


def states(session: Session, view: EventView) -> dict[str, dict[str, Any]]:
    """What each subject was before the event and is after it."""
    found = {}
    for link in view.links:
        entry = folding.FOLDS.get(link.ref.partition(":")[0])
        if entry is not None:
            line = events.history(session, link.ref)
            found[link.ref] = {
                "before": _known(folding.folded(entry.fold, line[: link.seq - 1])),
                "after": _known(folding.folded(entry.fold, line[: link.seq])),
            }
    return found


def _known(state: State | None) -> dict[str, Any] | None:
    """A state without what was erased from it."""
    if state is None:
        return None
    return {name: value for name, value in state.items() if value is not folding.ERASED}


class Harvest:
    """Keeps the first event of each kind that is appended while tests run."""

    def __init__(self, wanted: set[Kind]) -> None:
        self.wanted = wanted
        self.store = events._store

    def __call__(
        self, session: Session, written: Written, moving: Sequence[Head], mentions: Sequence[int]
    ) -> EventView:
        view = self.store(session, written, moving, mentions)
        if view.kind in self.wanted:
            v = SPECS[view.kind].v
            sample = {
                "kind": view.kind.value,
                "v": v,
                "digest": view.digest.hex(),
                "canonical": view.canonical.decode(),
                "salt": written.salt.hex(),
                "private": written.secret.decode(),
                "states": states(session, view),
            }
            assert canon.sha256(view.canonical) == view.digest
            text = json.dumps(sample, ensure_ascii=False, indent=1, sort_keys=True)
            sample_path(view.kind, v).write_text(text + "\n", "utf-8")
            self.wanted.discard(view.kind)
        return view


def main(tests: Sequence[str]) -> int:
    """Run the tests and say what is still missing."""
    wanted = missing()
    if wanted:
        events._store = Harvest(wanted)  # a watcher in its place
        pytest.main(["-q", "-m", "not slow and not browser", *(tests or OPERATIONS)])
    for kind in sorted(wanted):
        sys.stdout.write(f"no test appends {kind.value}\n")
    return 1 if wanted else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
