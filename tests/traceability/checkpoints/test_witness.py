"""The witness outside the database: what it saw cannot be taken back unseen."""

import json
from collections.abc import Iterator
from pathlib import Path
from shutil import copyfile

import pytest
from sqlalchemy import Engine, text

from tests.traceability.checkpoints.ground import (
    AT,
    VET,
    checkpoint_sizes,
    database,
    grow,
    run_round,
    signer,
    stamp,
)
from traceability.audit.damage import DamageKind
from traceability.audit.report import verify_chain
from traceability.base.db import reading, transaction
from traceability.base.errors import Conflict, RuleViolation
from traceability.base.refs import new_ref
from traceability.chain import events
from traceability.checkpoints import keys, notes, stamps, witness
from traceability.checkpoints.witness import Witness

CALF = new_ref("animal")
SECOND = new_ref("party")
SIGNER = signer()


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = database(tmp_path)
    yield engine
    engine.dispose()


@pytest.fixture
def file(tmp_path: Path) -> Witness:
    return Witness(tmp_path / "witness" / "checkpoints.txt")


def sizes(file: Witness) -> list[int]:
    found = [note for note in file.forwards() if note is not None]
    return [notes.parse_head(notes.parse_note(note).text).size for note in found]


def put_back(engine: Engine, backup: Path) -> None:
    """The database file as it was, as somebody with the machine would do it."""
    engine.dispose()
    path = Path(str(engine.url.database))
    for part in (path, Path(f"{path}-wal"), Path(f"{path}-shm")):
        part.unlink(missing_ok=True)
    copyfile(backup, path)


def copied(engine: Engine, to: Path) -> Path:
    engine.dispose()
    with engine.connect() as connection:
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    engine.dispose()
    copyfile(str(engine.url.database), to)
    return to


def test_every_round_is_signed_and_witnessed(engine: Engine, file: Witness) -> None:
    for minutes in range(3):
        grow(engine, CALF, minutes=minutes)
        assert run_round(engine, SIGNER, file, minutes=minutes)

    assert not run_round(engine, SIGNER, file, minutes=4), "nothing new, nothing signed"
    assert sizes(file) == checkpoint_sizes(engine) == [1, 2, 3]
    assert notes.verify(next(file.backwards()), [SIGNER.verifier]).size == 3


def test_an_event_awaits_its_stamp_and_then_has_its_proof(engine: Engine) -> None:
    (event,) = grow(engine, CALF)
    with reading(engine) as session:
        assert stamps.proof(session, event.digest) is None
        line = events.history(session, CALF)
        assert stamps.bundle(session, line)["events"] == []

    stamp(engine, SIGNER)

    with reading(engine) as session:
        proof = stamps.proof(session, event.digest)
        bundle = stamps.bundle(session, events.history(session, CALF))
    assert proof is not None
    assert proof.holds(notes.verify(proof.note, [SIGNER.verifier]).root)
    assert not proof.holds(bytes(32))
    assert bundle["events"] == [proof.entry()]
    assert "王大明" not in json.dumps(bundle, ensure_ascii=False)


def test_a_database_put_back_stops_the_platform(
    engine: Engine, file: Witness, tmp_path: Path
) -> None:
    grow(engine, CALF)
    run_round(engine, SIGNER, file)
    backup = copied(engine, tmp_path / "backup.db")
    grow(engine, CALF, minutes=1)
    run_round(engine, SIGNER, file, minutes=1)

    put_back(engine, backup)

    assert not run_round(engine, SIGNER, file, minutes=2)
    with reading(engine) as session:
        halted = witness.halt(session)
    assert halted is not None
    assert (halted.lost_from, halted.lost_to) == (1, 2)
    with pytest.raises(Conflict) as refusal:
        grow(engine, CALF, minutes=3)
    assert refusal.value.code == "chain.halted"


def test_a_fork_that_grew_longer_is_caught_as_well(
    engine: Engine, file: Witness, tmp_path: Path
) -> None:
    grow(engine, CALF)
    run_round(engine, SIGNER, file)
    backup = copied(engine, tmp_path / "backup.db")
    grow(engine, CALF, minutes=1)
    run_round(engine, SIGNER, file, minutes=1)
    put_back(engine, backup)
    for minutes in (2, 3, 4):
        grow(engine, new_ref("animal"), minutes=minutes)
    stamp(engine, SIGNER, minutes=5)  # even somebody who holds the key

    assert not run_round(engine, SIGNER, file, minutes=6)
    with reading(engine) as session:
        assert witness.halt(session) is not None


def test_a_running_sequencer_signs_nothing_after_the_database_was_put_back(
    engine: Engine, file: Witness, tmp_path: Path
) -> None:
    grow(engine, CALF)
    run_round(engine, SIGNER, file)
    backup = copied(engine, tmp_path / "backup.db")
    grow(engine, CALF, minutes=1)
    run_round(engine, SIGNER, file, minutes=1)
    put_back(engine, backup)
    grow(engine, CALF, minutes=2)

    assert not run_round(engine, SIGNER, file, minutes=3, compare=False)

    assert sizes(file) == [1, 2]
    assert checkpoint_sizes(engine) == [1]


def halted(engine: Engine, file: Witness, tmp_path: Path) -> None:
    grow(engine, CALF)
    run_round(engine, SIGNER, file)
    backup = copied(engine, tmp_path / "backup.db")
    grow(engine, CALF, minutes=1)
    run_round(engine, SIGNER, file, minutes=1)
    put_back(engine, backup)
    run_round(engine, SIGNER, file, minutes=2)


def test_two_people_resume_and_the_chain_says_what_was_lost(
    engine: Engine, file: Witness, tmp_path: Path
) -> None:
    halted(engine, file, tmp_path)

    with transaction(engine, recorded_at=AT) as session:
        said = witness.resume(
            session, at=AT, by=VET, second=SECOND, reason="误恢复备份，已核对纸质记录"
        )
    grow(engine, CALF, minutes=3)
    assert run_round(engine, SIGNER, file, minutes=3)

    assert said.public == {"lost_from": 1, "lost_to": 2, "epoch": 2}
    newest = notes.parse_head(notes.parse_note(next(file.backwards())).text)
    assert (newest.origin, newest.size) == ("demo-test/chain/epoch-2", 3)
    assert sizes(file) == [1, 2, 3]
    with reading(engine) as session:
        assert witness.halt(session) is None
        assert stamps.epoch(session) == 2
    assert run_round(engine, SIGNER, file, minutes=4) is False
    with reading(engine) as session:
        assert witness.halt(session) is None, "what was given up is not lost again"
        report = verify_chain(session, verifiers=keys.known_keys(file.keys_path), witness=file)
    assert {damage.kind for damage in report.damage} <= {DamageKind.ROW}  # there are no nouns here


@pytest.mark.parametrize(
    ("second", "reason", "code"),
    [(VET, "已核对", "chain.one_person"), (SECOND, "  ", "chain.resume_without_reason")],
    ids=["one person", "no reason"],
)
def test_one_person_or_no_reason_resumes_nothing(
    engine: Engine, file: Witness, tmp_path: Path, second: str, reason: str, code: str
) -> None:
    halted(engine, file, tmp_path)

    with pytest.raises(RuleViolation) as refusal, transaction(engine, recorded_at=AT) as session:
        witness.resume(session, at=AT, by=VET, second=second, reason=reason)

    assert refusal.value.code == code


def test_a_chain_that_runs_is_not_resumed(engine: Engine) -> None:
    with pytest.raises(Conflict) as refusal, transaction(engine, recorded_at=AT) as session:
        witness.resume(session, at=AT, by=VET, second=SECOND, reason="?")

    assert refusal.value.code == "chain.not_halted"


def test_what_a_crash_kept_from_the_witness_it_is_told_at_the_next_start(
    engine: Engine, file: Witness
) -> None:
    grow(engine, CALF)
    run_round(engine, SIGNER, file)
    grow(engine, CALF, minutes=1)
    stamp(engine, SIGNER, minutes=1)  # killed between the commit and the file

    run_round(engine, SIGNER, file, minutes=2)

    assert sizes(file) == [1, 2]


def test_half_a_line_left_by_a_crash_is_mended(engine: Engine, file: Witness) -> None:
    grow(engine, CALF)
    run_round(engine, SIGNER, file)
    whole = file.path.read_bytes()
    file.path.write_bytes(whole + whole[: len(whole) // 2])
    grow(engine, CALF, minutes=1)

    run_round(engine, SIGNER, file, minutes=1)

    assert sizes(file) == [1, 2]
    assert None not in list(file.forwards())


def test_a_long_witness_is_read_from_its_end(file: Witness) -> None:
    written = [
        SIGNER.sign(notes.Head(SIGNER.origin, size, bytes(32), AT)) for size in range(1, 800)
    ]
    file.add(written)

    assert file.path.stat().st_size > 2 * witness.BLOCK_BYTES
    assert list(file.backwards()) == written[::-1]


def test_what_nobody_wrote_into_the_witness_is_passed_over(file: Witness) -> None:
    file.path.parent.mkdir(parents=True)
    file.path.write_bytes(b'{}\n[]\nnull\n{"note": 7}\n{"note": "x"}\n\xff\xfe\n')

    assert list(file.backwards()) == []
    assert list(file.forwards()) == [None] * 6


def test_checkpoints_are_append_only(engine: Engine) -> None:
    grow(engine, CALF)
    stamp(engine, SIGNER)

    for statement in ("UPDATE checkpoint SET root = root", "DELETE FROM checkpoint"):
        with (
            pytest.raises(Exception, match="append-only"),
            transaction(engine, recorded_at=AT) as s,
        ):
            s.execute(text(statement))
