"""牛只接口 · the herd: list, register, look, history, re-tag, report a death."""

from collections.abc import Sequence
from typing import Any

from app import alerting, database, files, herd, telling, whoami
from app.api.base import Blueprint
from app.attention import AnimalNeed
from app.auth.privileges import permission
from app.herd import Tagged
from app.lists import Listed
from app.schemas.animals import (
    AnimalOut,
    AnimalsOut,
    AnimalsQuery,
    BindEid,
    RegisterAnimal,
    ReportDeath,
    Retag,
    TaggedAnimalOut,
)
from app.schemas.chain import HistoryOut
from app.schemas.movements import MovementOut
from traceability import animals, movements, tagging
from traceability.animals import Animal
from traceability.chain import events
from traceability.identifiers.eids import Eid
from traceability.movements import Movement

blueprint = Blueprint("api_animals", __name__, url_prefix="/api/animals", description="牛只")


@blueprint.get("/")
@permission("animal.view")
@blueprint.arguments(AnimalsQuery, location="query", as_kwargs=True)
@blueprint.response(200, AnimalsOut)
def index(q: str, page: int, need: AnimalNeed | None) -> Listed[Animal]:
    """牛只列表.

    管辖范围内的牛只，可按耳标号的任意一段查找，可只看某一类待办。
    """
    return herd.listed(database.session(), whoami.scope(), words=q, page=page, need=need)


@blueprint.post("/")
@permission("animal.register")
@blueprint.arguments(RegisterAnimal)
@blueprint.response(201, TaggedAnimalOut)
def register(form: dict[str, Any]) -> Tagged:
    """登记牛只.

    货主为场所的饲养者；耳标可带空格或全角数字。耳标当天不是发给这里的，提示在 warnings 里。
    """
    session = database.session()
    return herd.tagged(session, herd.register(session, form))


@blueprint.get("/<ref:ref>")
@permission("animal.view")
@blueprint.response(200, AnimalOut)
def show(ref: str) -> Animal:
    """一头牛."""
    return herd.get(database.session(), ref)


@blueprint.get("/<ref:ref>/history")
@permission("animal.view")
@blueprint.response(200, HistoryOut)
def history(ref: str) -> dict[str, Any]:
    """一头牛的历史.

    追溯链上的全部事件，由早到晚，只含公开部分。
    """
    session = database.session()
    line = events.history(session, herd.get(session, ref).ref)
    return {"subject": ref, "events": [telling.told(event, ref) for event in line]}


@blueprint.get("/<ref:ref>/movements")
@permission("animal.view")
@blueprint.response(200, MovementOut(many=True))
def journeys(ref: str) -> Sequence[Movement]:
    """一头牛的调运记录."""
    session = database.session()
    return movements.of_animal(session, herd.get(session, ref))


@blueprint.post("/<ref:ref>/retag")
@permission("animal.retag")
@blueprint.arguments(Retag)
@blueprint.response(200, TaggedAnimalOut)
def retag(form: dict[str, Any], ref: str) -> Tagged:
    """补戴耳标.

    旧耳标仍可查到这头牛。新耳标戴在牛耳上的照片先存为佐证。
    """
    session = database.session()
    animal = herd.get(session, ref)
    photo = form.pop("evidence")
    shown = files.named(session, photo) if photo else None
    tagging.retag(session, animal, evidence=shown, **herd.told(form))
    alerting.retagged(session, animal)
    return herd.tagged(session, animal)


@blueprint.post("/<ref:ref>/eid")
@permission("animal.bind_eid")
@blueprint.arguments(BindEid, as_kwargs=True)
@blueprint.response(200, AnimalOut)
def bind_eid(ref: str, eid: Eid) -> Animal:
    """绑定电子耳标.

    在原有耳标之外；一头牛只绑一枚。
    """
    session = database.session()
    animal = herd.get(session, ref)
    tagging.bind_eid(session, animal, eid, **herd.actors())
    return animal


@blueprint.post("/<ref:ref>/death")
@permission("animal.report_death")
@blueprint.arguments(ReportDeath)
@blueprint.response(200, AnimalOut)
def report_death(form: dict[str, Any], ref: str) -> Animal:
    """报告死亡."""
    session = database.session()
    animal = herd.get(session, ref)
    animals.report_death(session, animal, **herd.told(form))
    alerting.died(session, animal)
    return animal
