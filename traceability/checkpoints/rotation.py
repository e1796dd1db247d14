"""换钥 · another key signs from now on: in the ordinary way, or because the old one was stolen.

In the ordinary way the chain names the new keys and the next checkpoint carries both signatures, so
whoever trusts the old key learns of the new one. A stolen key can introduce nobody: the chain names
the last tree size it is trusted for, the new key signs alone, and its public half reaches others
by another way than ours.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy.orm import Session

from traceability.base.errors import Conflict, RuleViolation
from traceability.chain import events, log
from traceability.chain.events import EventView
from traceability.chain.kinds import Kind
from traceability.checkpoints import keys, stamps, witness
from traceability.checkpoints.keys import Signer
from traceability.checkpoints.notes import parse_vkey
from traceability.checkpoints.stamps import CHAIN, Checkpoint
from traceability.checkpoints.witness import Witness


def rotate(
    session: Session,
    old: Signer,
    new: Signer,
    *,
    at: datetime,
    by: str,
    second: str,
    reason: str,
) -> Checkpoint:
    """Let new keys sign from this checkpoint on, which the old ones sign too.

    Raises:
        Conflict: `chain.halted`, `chain.key_in_use`.
        RuleViolation: `chain.one_person`, `chain.key_without_reason`.
    """
    old, new = _ready(session, old, new, by=by, second=second, reason=reason)
    events.append(
        session,
        Kind.CHAIN_KEY_ROTATED,
        CHAIN,
        at=at,
        by=by,
        vkeys=[each.vkey for each in new.verifiers],
        retired=[each.vkey for each in old.verifiers],
        second=second,
        reason=reason.strip(),
    )
    return _stamped(stamps.sequence(session, new, at=at, beside=old))


def revoke(
    session: Session,
    old: Signer,
    new: Signer,
    *,
    trusted_size: int,
    at: datetime,
    by: str,
    second: str,
    reason: str,
) -> Checkpoint:
    """Give up stolen keys: no tree larger than `trusted_size` rests on them any more.

    Raises:
        Conflict: `chain.halted`, `chain.key_in_use`.
        RuleViolation: `chain.one_person`, `chain.key_without_reason`, `chain.no_such_size`.
    """
    old, new = _ready(session, old, new, by=by, second=second, reason=reason)
    if not 0 <= trusted_size <= log.size(session):
        raise RuleViolation(
            "chain.no_such_size", f"可信的目录大小须在 0 到 {log.size(session)} 之间"
        )
    events.append(
        session,
        Kind.CHAIN_KEY_REVOKED,
        CHAIN,
        at=at,
        by=by,
        vkeys=[each.vkey for each in new.verifiers],
        revoked=[each.vkey for each in old.verifiers],
        trusted_size=trusted_size,
        second=second,
        reason=reason.strip(),
    )
    return _stamped(stamps.sequence(session, new, at=at))


def _ready(
    session: Session, old: Signer, new: Signer, *, by: str, second: str, reason: str
) -> tuple[Signer, Signer]:
    """Both signers under the name of the running epoch, once everything allows the change."""
    events.hold(session, CHAIN)
    if by == second:
        raise RuleViolation("chain.one_person", "更换盖章密钥须由两名不同的负责人共同确认")
    if not reason.strip():
        raise RuleViolation("chain.key_without_reason", "请写明更换密钥的原因")
    stamps.check_key(session, old)
    used = {each.key for each in old.verifiers} | _ever(session)
    if any(each.key in used for each in new.verifiers):
        raise Conflict("chain.key_in_use", "新密钥已经用过，请另行生成")
    name = stamps.origin_of(old.origin, stamps.epoch(session))
    return old.under(name), new.under(name)


def _ever(session: Session) -> set[bytes]:
    """Every key that the chain has named so far."""
    return {
        key
        for event in stamps.key_changes(session)
        for key in (*_keys(event["vkeys"]), *_keys(_given_up(event)))
    }


def _given_up(event: EventView) -> Sequence[str]:
    """The keys that a change took out of use."""
    gone: Sequence[str] = event["revoked"] or event["retired"]
    return gone


def _keys(vkeys: Sequence[str]) -> set[bytes]:
    return {parse_vkey(each).key for each in vkeys}


def _stamped(stamp: Checkpoint | None) -> Checkpoint:
    assert stamp is not None, "the change itself is a new leaf"
    return stamp


def is_made(session: Session, signer: Signer) -> bool:
    """Whether the last change of keys named this signer's."""
    line = list(stamps.key_changes(session))
    return bool(line) and signer.verifier.key in _keys(line[-1]["vkeys"])


def write_down(session: Session, file: Witness) -> Checkpoint:
    """Tell list and witness what the last change of keys means; safe to repeat."""
    event = list(stamps.key_changes(session))[-1]
    assert event.position is not None, "a change is stamped as it is made"
    stamp = _stamped(stamps.first_over(session, event.position))
    gone = [parse_vkey(each) for each in _given_up(event)]
    fresh = [replace(parse_vkey(each), since=stamp.tree_size) for each in event["vkeys"]]
    keys.make_known(file.keys_path, [*gone, *fresh])
    until = event["trusted_size"]
    keys.retire(
        file.keys_path,
        {each.key for each in gone},
        until=stamp.tree_size if until is None else until,
    )
    witness.catch_up(session, file)
    return stamp
