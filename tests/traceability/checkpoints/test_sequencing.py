"""The sequencer: killed between any two statements, nothing is lost, doubled or signed twice."""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event

from tests.traceability.checkpoints.ground import (
    AT,
    checkpoint_sizes,
    database,
    grow,
    run_round,
    signer,
)
from traceability import merkle
from traceability.base.db import reading, transaction
from traceability.base.refs import new_ref
from traceability.chain import log
from traceability.chain.tables import Halt
from traceability.checkpoints import notes, sequencing
from traceability.checkpoints.witness import Witness

SIGNER = signer()
CALF = new_ref("animal")


class Killed(BaseException):
    """As if the process had ended here."""


@contextmanager
def killed_at(engine: Engine, statement: int) -> Iterator[list[bool]]:
    """Ends what runs inside before its n-th statement; the list says whether it came to that."""
    left, killed = [statement], [False]

    def count_down(*_args: Any) -> None:
        left[0] -= 1
        if left[0] == 0:
            killed[0] = True
            raise Killed

    event.listen(engine, "before_cursor_execute", count_down)
    try:
        with suppress(Killed):
            yield killed
    finally:
        event.remove(engine, "before_cursor_execute", count_down)


def goes_on_after(folder: Path, statement: int) -> bool:
    """Kill at one statement, start again, and find all as it should be; False past the last."""
    engine, file = database(folder, f"{statement}.db"), Witness(folder / f"{statement}.txt")
    line = [grow(engine, CALF, minutes=minutes)[0] for minutes in range(3)]
    with killed_at(engine, statement) as killed:
        run_round(engine, SIGNER, file)

    run_round(engine, SIGNER, file, minutes=3)

    root = merkle.root_of([merkle.leaf_hash(each.digest) for each in line])
    with reading(engine) as session:
        assert log.tree_head(session).root == root
    assert checkpoint_sizes(engine) == [3]
    (written,) = file.forwards()
    assert written is not None
    assert notes.verify(written, [SIGNER.verifier]).root == root
    engine.dispose()
    return killed[0]


@pytest.mark.slow
def test_killed_between_any_two_statements_it_goes_on_where_it_was(tmp_path: Path) -> None:
    survived = next(n for n in count(1) if not goes_on_after(tmp_path, n))

    assert survived > 10


def dies_at(folder: Path, statement: int) -> bool:
    """A process of its own is killed with -9 before a statement; False past the last one."""
    url, file = f"{statement}.db", Witness(folder / f"{statement}.txt")
    engine = database(folder, url)
    line = [grow(engine, CALF, minutes=minutes)[0] for minutes in range(3)]
    engine.dispose()
    child = os.fork()
    if child == 0:
        own, left = database(folder, url), count(1)

        def die(*_args: Any) -> None:
            if next(left) == statement:
                os.kill(os.getpid(), signal.SIGKILL)

        event.listen(own, "before_cursor_execute", die)
        run_round(own, SIGNER, file)
        os._exit(0)
    _, status = os.waitpid(child, 0)

    run_round(engine, SIGNER, file, minutes=3)

    root = merkle.root_of([merkle.leaf_hash(each.digest) for each in line])
    with reading(engine) as session:
        assert log.tree_head(session).root == root
    assert checkpoint_sizes(engine) == [3]
    (written,) = file.forwards()
    assert written is not None
    assert notes.verify(written, [SIGNER.verifier]).root == root
    engine.dispose()
    return os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL


@pytest.mark.slow
def test_killed_with_nine_between_any_two_statements_it_goes_on_too(tmp_path: Path) -> None:
    survived = next(n for n in count(1) if not dies_at(tmp_path, n))

    assert survived > 10


def test_the_loop_signs_what_comes_and_says_how_far_it_is(tmp_path: Path) -> None:
    engine, file = database(tmp_path), Witness(tmp_path / "witness.txt")
    beats: list[dict[str, Any]] = []
    stop, beaten = threading.Event(), threading.Event()

    def heartbeat(**told: Any) -> None:
        beats.append(told)
        if told["size"] == 1 or told["halted"]:
            beaten.set()

    loop = threading.Thread(
        target=sequencing.run_sequencer,
        args=(engine, SIGNER, file),
        kwargs={"now": lambda: AT, "stop": stop, "heartbeat": heartbeat},
    )
    loop.start()
    try:
        grow(engine, CALF)
        assert beaten.wait(20)
        beaten.clear()
        with transaction(engine, recorded_at=AT) as session:
            session.add(Halt(since=AT, reason="核查"))
        assert beaten.wait(20)
    finally:
        stop.set()
        loop.join(20)

    assert not loop.is_alive()
    assert beats[-1] == {"ok": False, "size": 1, "halted": "核查"}
    assert checkpoint_sizes(engine) == [1]
    engine.dispose()
