"""称上 · which animal stands at a crate, with which weight, and what keeps it from being sold.

Everything is read from the database at one instant: the newest tag, the newest weight and what
the pairing made of them. What is ambiguous is never sold; it says what a person should do.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from app.desk.crates import Crate
from devices import inbox, pairing
from devices.inbox import Reading
from devices.pairing import REASON_LABELS, Pairing, PairingState
from market.sales import agreeing, records
from market.sales.records import Sale
from traceability import animals, instruments, verdict, weighings
from traceability.animals import Animal
from traceability.base.clock import legal_day, start_of
from traceability.base.errors import NotFound
from traceability.holdings import Holding
from traceability.instruments import Instrument
from traceability.parties import Party
from traceability.quarantine.declarations import Purpose
from traceability.verdict import Level, Verdict
from traceability.weighings import Weighing

FRESH = timedelta(minutes=20)  # what is older no longer stands there
AFTER = timedelta(seconds=3)  # a tag so soon after a weight still belongs to its judgement
NO_VERSION = "0"
WEIGH_AGAIN = "让牛离开称，再单独上称一次"
REASONS: dict[str, tuple[str, str]] = {
    **{code: (words, WEIGH_AGAIN) for code, words in REASON_LABELS.items()},
    "no_tag": (REASON_LABELS["no_tag"], "照耳标输入号码（F4），核对后按“记给这头牛”"),
    "animal.not_found": ("读到的电子耳标没有登记", "照耳标输入印刷号（F4），或请防疫员登记"),
    "animal.not_alive": ("这个耳标的牛已登记死亡或屠宰", "核对耳标；牛在场就联系官方兽医"),
    "instrument.not_found": ("这台称没有登记为计量器具", "请市场管理员登记，登记前换一台称"),
    "weighing.out_of_range": ("重量超出这台称的称量范围", WEIGH_AGAIN),
    "weighing.off_division": ("重量不是分度值的整数倍", "检查称的设置后重新过磅"),
    "weighing.reading_used": ("这次称重已经登记过", WEIGH_AGAIN),
}
ASSIGNABLE = frozenset({"no_tag", "animal.not_found"})
"""Reasons under which a person who reads the printed tag may give the weight to an animal."""


@dataclass(frozen=True, slots=True)
class Case:
    """待人工 · a weight that waits for a person."""

    pairing_id: int
    weight_g: int
    sentence: str
    todo: str
    assignable: bool


@dataclass(frozen=True, slots=True)
class Stop:
    """What stops the sale: a word for programs, a sentence, what to do."""

    code: str
    sentence: str
    todo: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """称上 · what the desk shows, and what stops Enter."""

    version: str = NO_VERSION
    animal: Animal | None = None
    weighing: Weighing | None = None
    scale: Instrument | None = None
    eid: str | None = None
    tag_at: datetime | None = None
    case: Case | None = None
    sale: Sale | None = None  # the sale this weight was used for, or that is still open
    verdict: Verdict | None = None
    stops: Sequence[Stop] = ()


def version(session: Session, crate: Crate | None, place_id: int, *, at: datetime) -> str:
    """A text that changes whenever the desk has something new to show."""
    tag, weight = (None, None) if crate is None else _newest(session, crate, at=at)
    return _version(session, tag, weight, place_id)


def _version(session: Session, tag: Reading | None, weight: Pairing | None, place_id: int) -> str:
    parts: list[object] = [0 if tag is None else tag.id]
    if weight is not None:
        parts += [weight.id, weight.state.value, weight.reason]
    newest = records.newest_id_of(session, place_id)
    return "-".join(str(part) for part in (*parts, *newest))


def _newest(
    session: Session, crate: Crate, *, at: datetime
) -> tuple[Reading | None, Pairing | None]:
    since = at - FRESH
    tag = inbox.newest_of(session, crate.reader_id, since=since)
    return tag, pairing.newest_at(session, crate.scale_id, since=since)


def at_crate(
    session: Session, crate: Crate | None, place: Holding, *, buyer: Party | None, at: datetime
) -> Standing:
    """What stands at a crate now, judged for a buyer if one is chosen."""
    if crate is None:
        seen = Standing(version=_version(session, None, None, place.id))
        return _judged(session, seen, place, buyer=buyer, at=at)
    tag, weight = _newest(session, crate, at=at)
    mark = _version(session, tag, weight, place.id)
    seen = Standing(version=mark, scale=_scale(session, crate))
    if tag is not None:
        seen = replace(seen, eid=tag.eid, tag_at=tag.at)
    if weight is not None and (tag is None or not _is_next(tag, weight)):
        seen = _weighed(session, seen, weight)
    elif tag is not None:
        seen = replace(seen, animal=_wearer(session, tag.eid))
    return _judged(session, seen, place, buyer=buyer, at=at)


def scale_of(session: Session, crate: Crate) -> Instrument:
    """The legal instrument of a crate.

    Raises:
        NotFound: `instrument.not_found`.
    """
    return instruments.by_device(session, crate.scale or "")


def _scale(session: Session, crate: Crate) -> Instrument | None:
    try:
        return scale_of(session, crate)
    except NotFound:
        return None


def _is_next(tag: Reading, weight: Pairing) -> bool:
    """Whether the tag is that of the next animal, stepping on after the weight."""
    same = weight.tag is not None and weight.tag.eid == tag.eid
    return not same and tag.at > weight.weighed_at + AFTER


def _wearer(session: Session, eid: str | None) -> Animal | None:
    try:
        return animals.by_tag(session, eid or "")
    except NotFound:
        return None


def _weighed(session: Session, seen: Standing, weight: Pairing) -> Standing:
    sight = pairing.sight(weight.weight)
    if weight.tag is not None:
        seen = replace(seen, eid=weight.tag.eid, tag_at=weight.tag.at)
    if weight.state in {PairingState.PAIRED, PairingState.SETTLED}:
        found = weighings.by_reading(session, sight.key)
        return replace(seen, weighing=found, animal=found.animal if found else None)
    animal = _wearer(session, weight.tag.eid) if weight.tag is not None else None
    if weight.state is PairingState.WAITING:
        return replace(seen, animal=animal)
    reason = weight.reason or ""
    words = REASONS.get(reason, ("称重和耳标对不上", WEIGH_AGAIN))
    case = Case(weight.id, sight.weight_g, *words, assignable=reason in ASSIGNABLE)
    return replace(seen, animal=animal, case=case)


def typed(
    session: Session, animal: Animal, place: Holding, *, buyer: Party | None, at: datetime
) -> Standing:
    """An animal whose tag was typed, with its newest weight of today that is still unused."""
    begin = start_of(legal_day(at))
    mine = [row for row in weighings.of_animal(session, animal) if row.weighed_at >= begin]
    found = next((row for row in mine if row.instrument.holding_id == place.id), None)
    seen = Standing(animal=animal, weighing=found, eid=animal.eid)
    return _judged(session, seen, place, buyer=buyer, at=at)


def _judged(
    session: Session, seen: Standing, place: Holding, *, buyer: Party | None, at: datetime
) -> Standing:
    """The same with its verdict and everything that stops a sale."""
    animal, weighing = seen.animal, seen.weighing
    scale = weighing.instrument if weighing is not None else seen.scale
    if animal is None:
        return replace(seen, scale=scale, stops=[_nobody(seen)])
    purpose = agreeing.purpose_for(session, buyer) if buyer is not None else Purpose.KEEPING
    found = verdict.of_sale(
        session, animal, market=place, purpose=purpose.value, scale=scale, at=at
    )
    sale = records.of_weighing(session, weighing) if weighing is not None else None
    sale = sale or records.open_sale(session, animal)
    judged = replace(seen, scale=scale, verdict=found, sale=sale)
    return replace(judged, stops=list(_stops(judged, place, found)))


def _nobody(seen: Standing) -> Stop:
    if seen.case is not None:
        return Stop("case", seen.case.sentence, seen.case.todo)
    if seen.eid is not None and seen.weighing is None:
        return Stop("unknown_tag", *REASONS["animal.not_found"])
    return Stop("nobody", "称上还没有牛", "等牛上称，或按 F4 输入耳标")


def _stops(seen: Standing, place: Holding, found: Verdict) -> Sequence[Stop]:
    stops: list[Stop] = []
    assert seen.animal is not None, "only an animal is judged"
    if seen.sale is not None:
        return [Stop("sold", "这头牛已经成交", "等下一头上称；登记错了按 F8 撤销")]
    if seen.case is not None:
        stops.append(Stop("case", seen.case.sentence, seen.case.todo))
    if seen.animal.holding_id != place.id:
        stops.append(Stop("not_here", "没有入场记录", "先到入场口登记"))
    if found.level is Level.RED:
        stops.append(Stop("red", "判定不可售，原因见左边", "按每条原因后面的办法处理"))
    if seen.weighing is None and seen.case is None:
        stops.append(Stop("moving", "还没有稳定的重量", "等牛站稳，指示灯变绿"))
    elif seen.weighing is not None and not seen.weighing.for_trade:
        stops.append(
            Stop("not_for_trade", "这次过磅不能用于结算", "换一台在检定有效期内、没有停用的称")
        )
    return stops
