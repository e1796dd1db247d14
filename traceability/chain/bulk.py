"""成批 · many events at once: an import, a county's register, a village vaccinated.

The tables end as they would after `events.append` of each and one `log.integrate`: same bytes,
same links, same leaves. Nothing is left pending.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from traceability.chain import events, log
from traceability.chain.kinds import Kind


@dataclass(frozen=True, slots=True)
class Prepared:
    """备好的事件 · what `events.append` is told of one event."""

    kind: Kind
    subjects: tuple[str, ...]
    at: datetime
    by: str
    data: Mapping[str, Any] = field(default_factory=dict)
    on_behalf_of: str | None = None
    group: str | None = None
    corrects: bytes | None = None


def append_all(session: Session, prepared: Iterable[Prepared]) -> list[bytes]:
    """Append events in their order and put them into the log; their digests in that order.

    About 1,000 events a transaction. Waits for the sequencer, and keeps it waiting until the
    transaction ends.

    Raises:
        RuleViolation: `chain.in_future`, `chain.late_without_reason`.
        Conflict: `chain.already_corrected`, `chain.halted`.
    """
    digests = []
    for each in prepared:
        view = events.append(
            session,
            each.kind,
            *each.subjects,
            at=each.at,
            by=each.by,
            on_behalf_of=each.on_behalf_of,
            group=each.group,
            corrects=each.corrects,
            **each.data,
        )
        digests.append(view.digest)
    log.integrate_all(session)
    return digests
