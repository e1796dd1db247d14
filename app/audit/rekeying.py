"""更换盖章密钥 · two people with their own logins bring in another key, at the server's console.

The new key lies beside the old one until chain, list and witness know of it; a command that was cut
short is finished by calling it again. The old file is kept for whoever seals or destroys it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from app.audit import resuming
from app.audit.resuming import Signature
from app.config import Settings
from app.sequencer import signer_of
from traceability.base.db import reading, transaction
from traceability.checkpoints import keys, rotation
from traceability.checkpoints.keys import Signer
from traceability.checkpoints.witness import Witness


@dataclass(frozen=True, slots=True)
class Change:
    """更换结果 · from which tree size the new keys sign, which they are, where the old file is."""

    size: int
    vkeys: list[str]
    old_file: Path


def change(
    settings: Settings,
    engine: Engine,
    people: Sequence[Signature],
    *,
    reason: str,
    at: datetime,
    trusted_size: int | None = None,
) -> Change:
    """Bring in a new key; with `trusted_size` because the old one was stolen.

    Raises:
        KeyRefused: no key, or one that was replaced already.
        RuleViolation: `chain.person_refused`, `chain.one_person`, `chain.key_without_reason`,
            `chain.no_such_size`.
        Conflict: `chain.halted`.
        TooOften: `login.locked`.
    """
    old, next_file = signer_of(settings), _next_file(settings)
    for person in people:
        resuming.try_person(settings, engine, person, at)
    next_file.unlink(missing_ok=True)
    keys.save(keys.new_signers(old.origin), next_file)
    new = keys.load(next_file)
    with transaction(engine, recorded_at=at) as session:
        first, second = (resuming.signed(settings, session, person, at).ref for person in people)
        told: dict[str, Any] = {"at": at, "by": first, "second": second, "reason": reason}
        if trusted_size is None:
            rotation.rotate(session, old, new, **told)
        else:
            rotation.revoke(session, old, new, trusted_size=trusted_size, **told)
    return finish(settings, engine, new)


def begun(settings: Settings, engine: Engine) -> Signer | None:
    """The new key of a change that the chain knows and the files do not; None if there is none."""
    next_file = _next_file(settings)
    if not next_file.exists():
        return None
    new = keys.load(next_file)
    with reading(engine) as session:
        return new if rotation.is_made(session, new) else None


def finish(settings: Settings, engine: Engine, new: Signer) -> Change:
    """Tell list and witness, and put the new key file in the old one's place."""
    with reading(engine) as session:
        stamp = rotation.write_down(session, Witness(settings.witness_file))
    current = settings.chain_key_file
    old_id = keys.load(current).verifier.key_id.hex()
    old_file = current.with_name(f"{current.name}.retired-{old_id}")
    if not old_file.exists():
        old_file.hardlink_to(current)
    _next_file(settings).replace(current)
    return Change(stamp.tree_size, [each.vkey for each in new.verifiers], old_file)


def _next_file(settings: Settings) -> Path:
    return settings.chain_key_file.with_name(f"{settings.chain_key_file.name}.next")
