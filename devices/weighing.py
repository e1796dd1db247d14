"""称重登记 · what becomes of a pair: the weighing of the animal that wears the tag.

Pairing decides which weight belongs to which tag; here the pair becomes an event of the animal.
"""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from devices.pairing import Pair, Sight
from traceability import animals, instruments, weighings
from traceability.base.db import Recording, recording
from traceability.chain.body import FUTURE_MAX

BUFFER_MAX = timedelta(days=2)  # an edge box keeps a day; a clock further off is wrong
BUFFERED = "设备断网，缓存后补传"


def moment(sight: Sight) -> datetime:
    """When a reading was taken: the device's clock if it can be right, else when it came."""
    plausible = sight.received_at - BUFFER_MAX <= sight.at <= sight.received_at + FUTURE_MAX
    return min(sight.at, sight.received_at) if plausible else sight.received_at


def record(session: Session, pair: Pair) -> None:
    """Record the weighing of a pair.

    Raises:
        NotFound: `animal.not_found`, `instrument.not_found`.
        RuleViolation: `animal.not_alive`, `weighing.out_of_range`, `weighing.off_division`.
        Conflict: `weighing.reading_used`.
    """
    animal = animals.by_tag(session, pair.tag.eid)
    scale = instruments.by_device(session, pair.weight.code)
    now = recording(session)
    session.info["recording"] = Recording(now.recorded_at, late_reason=BUFFERED)
    weighings.record(
        session,
        animal,
        weight_g=pair.weight.weight_g,
        instrument=scale,
        reading_key=pair.weight.key,
        frames_sha256=pair.weight.frames_sha256,
        at=moment(pair.weight),
        by=scale.holding.keeper,
    )
