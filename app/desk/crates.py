"""称笼 · a scale and a reader that belong together, at one market."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from app import whoami
from devices import devices
from devices.devices import Device, DeviceKind
from traceability import holdings
from traceability.base.errors import NotFound
from traceability.holdings import Holding


@dataclass(frozen=True, slots=True, kw_only=True)
class Crate:
    """One crate, as plain values that outlive a session."""

    name: str
    market: str  # reference
    scale: str | None = None  # device codes
    reader: str | None = None
    scale_id: int = 0
    reader_id: int = 0


def market(session: Session) -> Holding:
    """The market the signed-in person works at.

    Raises:
        NotFound: `desk.no_market`.
    """
    mine = sorted(whoami.scope().markets)
    if not mine:
        raise NotFound("desk.no_market", "您的账号没有指定市场，请找市场管理员开通")
    return holdings.get(session, mine[0])


def of_market(session: Session, place: Holding) -> Sequence[Crate]:
    """The crates of a market, by name."""
    by_name: dict[str, list[Device]] = {}
    for device in devices.at_crates(session, place.ref):
        by_name.setdefault(device.crate or "", []).append(device)
    return [_crate(place, name, group) for name, group in by_name.items()]


def _crate(place: Holding, name: str, group: Sequence[Device]) -> Crate:
    scale = next((each for each in group if each.kind is DeviceKind.SCALE), None)
    reader = next((each for each in group if each.kind is DeviceKind.READER), None)
    return Crate(
        name=name,
        market=place.ref,
        scale=scale.code if scale else None,
        reader=reader.code if reader else None,
        scale_id=scale.id if scale else 0,
        reader_id=reader.id if reader else 0,
    )


def chosen(session: Session, place: Holding, name: str) -> Crate | None:
    """The crate of that name, else the first; None where a market has none.

    Raises:
        NotFound: `desk.no_crate` for a name the market does not have.
    """
    crates = of_market(session, place)
    if not name:
        return crates[0] if crates else None
    found = next((crate for crate in crates if crate.name == name), None)
    if found is None:
        raise NotFound("desk.no_crate", "这个市场没有这台称，请刷新页面")
    return found
