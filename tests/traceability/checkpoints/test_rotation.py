"""Another key signs: old checkpoints stay good, a thief's do not."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from tests.traceability.checkpoints.ground import AT, VET, database, grow, run_round, stamp
from traceability.audit.damage import DamageKind
from traceability.audit.report import verify_chain
from traceability.base.db import reading, transaction
from traceability.base.errors import Conflict, RuleViolation
from traceability.base.refs import new_ref
from traceability.chain import log
from traceability.checkpoints import keys, notes, rotation, stamps
from traceability.checkpoints.keys import KeyRefused, Signer
from traceability.checkpoints.notes import BadNote, Head, OutOfTerm
from traceability.checkpoints.stamps import Checkpoint
from traceability.checkpoints.witness import Witness

ORIGIN = "demo-test/chain"
OLD, NEW = keys.new_signer(ORIGIN), keys.new_signers(ORIGIN)
CALF, CHIEF = new_ref("animal"), new_ref("party")
AGREED: dict[str, Any] = {"by": VET, "second": CHIEF, "reason": "到期更换"}


@pytest.fixture
def file(tmp_path: Path) -> Witness:
    return Witness(tmp_path / "witness" / "checkpoints.txt")


@pytest.fixture
def engine(tmp_path: Path, file: Witness) -> Iterator[Engine]:
    """Two events under the old key."""
    engine = database(tmp_path)
    for minutes in range(2):
        grow(engine, CALF, minutes=minutes)
        run_round(engine, OLD, file, minutes=minutes)
    yield engine
    engine.dispose()


def rotate(engine: Engine, file: Witness, **more: Any) -> Checkpoint:
    at = AT + timedelta(minutes=10)
    with transaction(engine, recorded_at=at) as session:
        if "trusted_size" in more:
            rotation.revoke(session, OLD, NEW, at=at, **{**AGREED, **more})
        else:
            rotation.rotate(session, OLD, NEW, at=at, **{**AGREED, **more})
    with reading(engine) as session:
        return rotation.write_down(session, file)


def damage(engine: Engine, file: Witness) -> list[str]:
    """What the audit says of log and heads; the animals here have events and no rows."""
    with reading(engine) as session:
        report = verify_chain(session, verifiers=keys.known_keys(file.keys_path), witness=file)
    return [each.sentence for each in report.damage if each.kind is not DamageKind.ROW]


def forged(size: int, by: Signer = OLD) -> str:
    return by.sign(Head(ORIGIN, size, bytes(32)))


def test_the_old_key_introduces_the_new_one(engine: Engine, file: Witness) -> None:
    both = rotate(engine, file)

    signed = notes.signers(notes.parse_note(both.note), [*OLD.verifiers, *NEW.verifiers])
    assert signed == [*OLD.verifiers, *NEW.verifiers]
    with reading(engine) as session:
        [change] = stamps.key_changes(session)
    assert change["vkeys"] == [each.vkey for each in NEW.verifiers]
    assert change["retired"] == [OLD.verifier.vkey]
    assert change.position == both.tree_size - 1


def test_old_checkpoints_stay_good_and_the_old_key_signs_no_new_ones(
    engine: Engine, file: Witness
) -> None:
    early = next(file.backwards())
    both = rotate(engine, file)
    grow(engine, CALF, minutes=11)
    known = keys.known_keys(file.keys_path)

    assert notes.verify(early, known).size == 2
    assert notes.verify(forged(both.tree_size), known).size == both.tree_size
    with pytest.raises(OutOfTerm):
        notes.verify(forged(both.tree_size + 1), known)
    with pytest.raises(KeyRefused, match="已经更换"):
        stamp(engine, OLD, minutes=12)
    assert run_round(engine, NEW, file, minutes=13)
    assert notes.verify(next(file.backwards()), NEW.verifiers).size == 4
    assert not damage(engine, file)


def test_the_new_key_vouches_for_nothing_before_its_time(engine: Engine, file: Witness) -> None:
    both = rotate(engine, file)

    with pytest.raises(OutOfTerm):
        notes.verify(forged(both.tree_size - 1, NEW), keys.known_keys(file.keys_path))


def test_a_stolen_key_is_trusted_up_to_a_size_and_no_further(engine: Engine, file: Witness) -> None:
    grow(engine, CALF, minutes=3)
    run_round(engine, OLD, file, minutes=3)
    alone = rotate(engine, file, trusted_size=2)
    known = keys.known_keys(file.keys_path)

    assert notes.verify(forged(2), known).size == 2
    for size in (3, alone.tree_size, 9):
        with pytest.raises(OutOfTerm):
            notes.verify(forged(size), known)
    with pytest.raises(BadNote, match="no known key"):
        notes.verify(alone.note, OLD.verifiers)
    assert notes.verify(alone.note, known).size == 4
    assert not damage(engine, file), "the newer key vouches for what the stolen one signed"


def test_a_checkpoint_a_thief_adds_at_the_end_is_damage(engine: Engine, file: Witness) -> None:
    rotate(engine, file, trusted_size=2)
    grow(engine, CALF, minutes=11)
    at = AT + timedelta(minutes=12)
    with transaction(engine, recorded_at=at) as session:
        head = log.integrate(session)
        assert head is not None
        said = Head(ORIGIN, head.size, head.root, at)
        session.add(
            Checkpoint(
                epoch=1, tree_size=said.size, root=said.root, note=OLD.sign(said), signed_at=at
            )
        )

    assert damage(engine, file) == ["第 1 期 4 条的检查点由已停用的密钥签名，其后没有有效的检查点"]


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"second": VET}, "chain.one_person"),
        ({"reason": " "}, "chain.key_without_reason"),
        ({"trusted_size": 3}, "chain.no_such_size"),
        ({"trusted_size": -1}, "chain.no_such_size"),
    ],
)
def test_a_change_of_keys_without_all_it_needs_is_refused(
    engine: Engine, file: Witness, more: dict[str, Any], code: str
) -> None:
    with pytest.raises(RuleViolation) as refused:
        rotate(engine, file, **more)

    assert refused.value.code == code
    assert run_round(engine, OLD, file) is False
    grow(engine, CALF, minutes=20)
    assert run_round(engine, OLD, file, minutes=20), "the old key signs as before"


def test_a_key_is_not_brought_in_twice(engine: Engine, file: Witness) -> None:
    rotate(engine, file)

    with (
        pytest.raises(Conflict) as refused,
        transaction(engine, recorded_at=AT) as session,
    ):
        rotation.rotate(session, NEW, OLD, at=AT, **AGREED)

    assert refused.value.code == "chain.key_in_use"
    with (
        pytest.raises(KeyRefused, match="已经更换"),
        transaction(engine, recorded_at=AT) as session,
    ):
        rotation.rotate(session, OLD, keys.new_signer(ORIGIN), at=AT, **AGREED)


def test_writing_a_change_down_twice_says_nothing_new(engine: Engine, file: Witness) -> None:
    rotate(engine, file)
    before = file.keys_path.read_text()

    with reading(engine) as session:
        rotation.write_down(session, file)

    assert file.keys_path.read_text() == before
