"""养殖户首页 · the keeper's animals, what cattle fetch today, and where the money stands."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from app import herd
from app.whoami import Scope
from market import prices
from market.sales.records import Sale, SaleState
from traceability import alerts, photographs
from traceability.alerts import Alert, AlertState
from traceability.animals import BREED_LABELS, SEX_LABELS, Animal, AnimalState
from traceability.holdings import Holding
from traceability.parties import Party

CARDS_MAX = 6
SALES_MAX = 5  # the newest; all of them stand in the list of sales
SETTLED_SHOWN = timedelta(days=7)
STEPS = ("成交", "过磅", "买主已付款", "已交割", "已到账")
STEPS_DONE: Mapping[SaleState, int] = {
    SaleState.AGREED: 1,
    SaleState.WEIGHED: 2,
    SaleState.FUNDED: 3,
    SaleState.HANDED_OVER: 4,
    SaleState.ACCEPTED: 4,
    SaleState.SETTLED: 5,
    SaleState.CANCELLED: 0,
    SaleState.DISPUTED: 3,
}
assert STEPS_DONE.keys() == set(SaleState)


@dataclass(frozen=True, slots=True)
class Card:
    """一头牛的卡片 · with what the keeper has told of it and nobody has seen to yet."""

    animal: Animal
    photograph: str | None
    waiting: Sequence[Alert]


@dataclass(frozen=True, slots=True)
class Money:
    """一笔钱走到哪一步."""

    sale: Sale
    done: int
    words: str


def shown(session: Session, scope: Scope, *, at: datetime) -> dict[str, Any]:
    """What a keeper's first page shows beside the list of what waits."""
    owner = herd.owner()
    counties = _counties(session, owner)
    return {
        "cards": _cards(session, owner),
        "breeds": BREED_LABELS,
        "sexes": SEX_LABELS,
        "days": [
            day for county in counties for day in prices.newest_days(session, county=county, at=at)
        ],
        "money": money(session, scope, at=at),
        "steps": STEPS,
        "places": herd.places(session),
    }


def _counties(session: Session, owner: Party) -> list[str]:
    places = session.scalars(select(Holding.region_code).where(Holding.keeper_id == owner.id))
    return sorted({code[:6] for code in places})


def _cards(session: Session, owner: Party) -> list[Card]:
    """The newest animals of the keeper that are alive, those told of first."""
    mine = select(Animal).where(
        Animal.owner_id == owner.id,
        Animal.state.in_([AnimalState.ALIVE, AnimalState.HELD]),
        Animal.holding_id.is_not(None),
    )
    told = select(Alert.animal_id).where(Alert.state == AlertState.OPEN)
    newest = mine.order_by(Animal.id.in_(told).desc(), Animal.id.desc()).limit(CARDS_MAX)
    return [_card(session, animal) for animal in session.scalars(newest)]


def _card(session: Session, animal: Animal) -> Card:
    pictures = photographs.of(session, animal)
    waiting = [each for each in alerts.of_animal(session, animal) if _is_open(each)]
    return Card(animal, pictures[0].evidence if pictures else None, waiting)


def _is_open(alert: Alert) -> bool:
    return alert.state is AlertState.OPEN


def money(session: Session, scope: Scope, *, at: datetime) -> list[Money]:
    """The keeper's sales whose money is on its way, and those paid out within a week."""
    mine = select(Party.id).where(Party.ref.in_(scope.keepers))
    over = [SaleState.SETTLED, SaleState.CANCELLED]
    wanted = (
        select(Sale)
        .where(
            Sale.seller_id.in_(mine),
            Sale.state.not_in(over)
            | ((Sale.state == SaleState.SETTLED) & (Sale.agreed_at > at - SETTLED_SHOWN)),
        )
        .order_by(Sale.agreed_at.desc(), Sale.id.desc())
        .limit(SALES_MAX)
        .options(selectinload(Sale.animal), selectinload(Sale.market))
    )
    return [_money(sale) for sale in session.scalars(wanted)]


def _money(sale: Sale) -> Money:
    keeper = f"{sale.market.name}收银台"
    words = {
        SaleState.AGREED: "已谈好，等过磅",
        SaleState.WEIGHED: "等买主付款",
        SaleState.FUNDED: f"钱由{keeper}保管，等交牛",
        SaleState.HANDED_OVER: f"牛已交，等买主验收；钱由{keeper}保管",
        SaleState.ACCEPTED: f"买主已验收，{keeper}正在付给您",
        SaleState.SETTLED: "钱已付给您",
        SaleState.CANCELLED: "已撤销",
        SaleState.DISPUTED: f"有争议，钱由{keeper}保管，等市场调解",
    }
    return Money(sale, STEPS_DONE[sale.state], words[sale.state])
