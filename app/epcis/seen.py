"""可见 · which events of the chain the signed-in person is told.

The public: none. Who looks after a region or a place: what happened there. Keeper and owner: what
happened to an animal while it was at their place or theirs. And everybody: what they sent.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.auth import scopes
from app.whoami import Scope
from traceability import animals
from traceability.chain import events
from traceability.chain.events import EventView
from traceability.epcis import mapping
from traceability.holdings import Holding

Period = tuple[datetime, str | None, str | None]  # from when, at which place, whose


@dataclass(slots=True)
class Eyes:
    """眼睛 · one person's view of events; what was looked up once is remembered."""

    session: Session
    scope: Scope
    _places: dict[str, bool] = field(default_factory=dict)
    _periods: dict[str, list[Period]] = field(default_factory=dict)

    def see(self, event: EventView) -> bool:
        """Whether the person is told of an event."""
        if self.scope.everywhere or event["by"] in self.scope.keepers:
            return True
        if any(self._at(ref) for ref in mapping.places_of(event)):
            return True
        herd = [*mapping.animals_of(event), *_animals(event["about"] or [])]
        return any(self._theirs(ref, event.at) for ref in herd)

    def _at(self, ref: str) -> bool:
        if ref not in self._places:
            wanted = select(Holding).where(Holding.ref == ref)
            place = self.session.scalars(wanted).one_or_none()
            self._places[ref] = place is not None and scopes.covers(self.scope, place)
        return self._places[ref]

    def _theirs(self, ref: str, at: datetime) -> bool:
        """Whether an animal was theirs, or at a place of theirs, just before or after."""
        if ref not in self._periods:
            self._periods[ref] = periods(self.session, ref)
        line = self._periods[ref]
        before = [each for each in line if each[0] < at][-1:]
        during = [each for each in line if each[0] == at]
        return any(
            (owner in self.scope.keepers) or (place is not None and self._at(place))
            for _, place, owner in [*before, *during]
        )


def periods(session: Session, ref: str) -> list[Period]:
    """Where an animal was and whose, each from when on."""
    found: list[Period] = []
    state = None
    for event in events.effective(events.history(session, ref)):
        state = animals.fold(state, event)
        place, owner = (_ref((state or {}).get(name)) for name in ("holding_id", "owner_id"))
        found.append((event.at, place, owner))
    return found


def _ref(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _animals(refs: Iterable[str]) -> list[str]:
    return [ref for ref in refs if ref.startswith("animal:")]
