"""隔离处理 · the cases of animals that failed, and the next step of each."""

from collections.abc import Callable, Mapping
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app import database, files, filters, forms, herd, isolating, whoami
from app.auth.privileges import permission
from app.schemas.fields import Schema
from app.schemas.isolations import (
    G_PER_KG,
    Conclude,
    DisposeHere,
    HoldAnimal,
    Isolate,
    NotifyKeeper,
)
from traceability.animals import STATE_LABELS, Animal, AnimalState
from traceability.quarantine import isolations
from traceability.quarantine.disposal import DISPOSAL_METHOD_LABELS
from traceability.quarantine.isolations import (
    ISOLATION_STATE_LABELS,
    UNDER_WAY,
    Isolation,
)

blueprint = Blueprint("isolations", __name__)
Step = Callable[..., None]


@blueprint.get("/isolations/")
@permission("isolation.view")
def index() -> str:
    """隔离处理: those under way, or all."""
    under_way = request.args.get("under_way") == "1"
    page = request.args.get("page", 1, type=int)
    return render_template(
        "isolations/index.html",
        found=isolating.listed(database.session(), under_way=under_way, page=page),
        chosen="1" if under_way else None,
        states=ISOLATION_STATE_LABELS,
    )


@blueprint.get("/animals/<ref:ref>/isolation")
@permission("isolation.record")
def hold(ref: str) -> str:
    """留置这头牛."""
    return _hold_page(herd.get(database.session(), ref), {}, {})


def _hold_page(animal: Animal, form: Mapping[str, Any], errors: Mapping[str, Any]) -> str:
    return render_template("isolations/hold.html", animal=animal, form=form, errors=errors)


@blueprint.post("/animals/<ref:ref>/isolation")
@permission("isolation.record")
def hold_animal(ref: str) -> ResponseReturnValue:
    """留置这头牛: take the form."""
    session = database.session()
    animal = herd.get(session, ref)

    def act(given: Mapping[str, Any]) -> ResponseReturnValue:
        case = isolating.open_case(session, ref, **given)
        flash(f"{filters.tag(animal.ear_tag)} 已留置，出售、出证、调运和屠宰一律停办", "success")
        return redirect(url_for("isolations.show", ref=case.ref), 303)

    return forms.handled(HoldAnimal, act, lambda form, errors: _hold_page(animal, form, errors))


@blueprint.get("/isolations/<ref:ref>")
@permission("isolation.view")
def show(ref: str) -> str:
    """一项隔离处理: what was done, and the next step."""
    return _page(isolating.get(database.session(), ref), {}, {})


def _page(found: Isolation, form: Mapping[str, Any], errors: Mapping[str, Any]) -> str:
    died = found.animal.state is AnimalState.DEAD
    return render_template(
        "isolations/show.html",
        case=found,
        animal=found.animal,
        died=died and found.state in UNDER_WAY,
        form=form,
        errors=errors,
        states=ISOLATION_STATE_LABELS,
        animal_states=STATE_LABELS,
        methods=DISPOSAL_METHOD_LABELS,
    )


def _taken(ref: str, schema: type[Schema], step: Step, done: str) -> ResponseReturnValue:
    session = database.session()
    found = isolating.get(session, ref)

    def act(given: Mapping[str, Any]) -> ResponseReturnValue:
        step(session, found, **given, **whoami.acted())
        flash(done, "success")
        return redirect(url_for("isolations.show", ref=ref), 303)

    return forms.handled(schema, act, lambda form, errors: _page(found, form, errors))


@blueprint.post("/isolations/<ref:ref>/notify")
@permission("isolation.record")
def notify(ref: str) -> ResponseReturnValue:
    """出具检疫处理通知单."""
    return _taken(ref, NotifyKeeper, isolations.notify, "已出具检疫处理通知单，可以打印交给饲养者")


@blueprint.post("/isolations/<ref:ref>/isolate")
@permission("isolation.record")
def isolate(ref: str) -> ResponseReturnValue:
    """登记隔离."""
    return _taken(ref, Isolate, isolations.isolate, "已登记隔离")


@blueprint.post("/isolations/<ref:ref>/release")
@permission("isolation.record")
def release(ref: str) -> ResponseReturnValue:
    """解除留置."""
    return _taken(ref, Conclude, isolations.release, "已解除留置，这头牛可以照常办理")


@blueprint.post("/isolations/<ref:ref>/condemn")
@permission("isolation.record")
def condemn(ref: str) -> ResponseReturnValue:
    """判定无害化处理."""
    return _taken(ref, Conclude, isolations.condemn, "已判定无害化处理")


@blueprint.post("/isolations/<ref:ref>/dispose")
@permission("isolation.record")
def dispose(ref: str) -> ResponseReturnValue:
    """登记无害化处理, with its photograph."""

    def step(session: Any, found: Isolation, *, weight_kg: int, **told: Any) -> None:
        title = f"{found.animal.ear_tag} 无害化处理"
        picture = files.store_sent(session, "photograph", title=title)
        told |= {"weight_g": weight_kg * G_PER_KG, "photographs": [picture]}
        isolations.dispose(session, found, **told)

    return _taken(ref, DisposeHere, step, "已登记无害化处理")


@blueprint.post("/isolations/<ref:ref>/close")
@permission("isolation.record")
def close(ref: str) -> ResponseReturnValue:
    """结案."""
    return _taken(ref, Schema, isolations.close, "已结案")
