"""事件说明 · an event of the chain as the API tells it."""

from typing import Any

from traceability.chain.events import EventView
from traceability.chain.kinds import SPECS


def told(event: EventView, ref: str) -> dict[str, Any]:
    """The public part of an event, with its place in the line of one of its subjects."""
    link = next(link for link in event.links if link.ref == ref)
    return {
        "digest": event.digest.hex(),
        "kind": event.kind,
        "label": SPECS[event.kind].label,
        "seq": link.seq,
        "prev": link.prev,
        "at": event.at,
        "recorded_at": event.recorded_at,
        "late": event.late,
        "position": event.position,
        "corrects": None if event.corrects is None else event.corrects.hex(),
        "public": event.public,
    }
