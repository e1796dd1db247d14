"""屠宰待办 · what waits at an abattoir: for the vet to look at, for its people to do."""

from collections.abc import Iterator

from sqlalchemy import ColumnElement, Select, exists, select

from app.slaughtering import CarcassNeed, needing
from app.today.waiting import Asked, Waiting
from traceability.animals import Animal, AnimalState
from traceability.slaughter.ante_mortem import AnteMortem
from traceability.slaughter.carcasses import Carcass
from traceability.slaughter.declarations import (
    SlaughterAnimal,
    SlaughterDeclaration,
    SlaughterState,
)


def inspecting(asked: Asked) -> Iterator[Waiting]:
    """The official vet's: declarations, animals before slaughter, carcasses after it."""
    here = SlaughterDeclaration.abattoir_id.in_(asked.here)
    filed = select(SlaughterDeclaration.id).where(here, _in(SlaughterState.FILED))
    yield Waiting(
        "等您受理的屠宰申报",
        "slaughter.index",
        filed,
        unit="份",
        query={"state": SlaughterState.FILED},
    )
    looked_at = exists().where(
        AnteMortem.declaration_id == SlaughterAnimal.declaration_id,
        AnteMortem.animal_id == Animal.id,
    )
    yield Waiting(
        "等您宰前检查的牛",
        "slaughter.index",
        _declared().where(here, ~looked_at),
        hint="合格的准宰，不合格的留置",
        query={"state": SlaughterState.ACCEPTED},
    )
    yield _hanging(asked.here, CarcassNeed.INSPECT, "等您同步检疫的胴体", tone="warn")


def killing(asked: Asked) -> Iterator[Waiting]:
    """The abattoir's own: animals with their pass, carcasses to weigh, carcasses that failed."""
    passed = exists().where(
        AnteMortem.declaration_id == SlaughterAnimal.declaration_id,
        AnteMortem.animal_id == Animal.id,
        AnteMortem.passed,
    )
    yield _hanging(asked.kept, CarcassNeed.DISPOSE, "不合格、要无害化处理的胴体", tone="stop")
    yield Waiting(
        "准宰、还没登记屠宰的牛",
        "slaughter.index",
        _declared().where(SlaughterDeclaration.abattoir_id.in_(asked.kept), passed),
        query={"state": SlaughterState.ACCEPTED},
    )
    yield _hanging(asked.kept, CarcassNeed.WEIGH, "还没登记重量的胴体")


def _in(state: SlaughterState) -> ColumnElement[bool]:
    return SlaughterDeclaration.state == state


def _declared() -> Select[int]:
    """The living animals of accepted declarations."""
    return (
        select(Animal.id)
        .join(SlaughterAnimal, SlaughterAnimal.animal_id == Animal.id)
        .join(SlaughterDeclaration, SlaughterDeclaration.id == SlaughterAnimal.declaration_id)
        .where(_in(SlaughterState.ACCEPTED), Animal.state == AnimalState.ALIVE)
    )


def _hanging(places: Select[int], need: CarcassNeed, label: str, *, tone: str = "info") -> Waiting:
    rows = select(Carcass.id).where(Carcass.abattoir_id.in_(places), needing(need))
    return Waiting(label, "carcasses.index", rows, tone=tone, unit="个", query={"need": need})
