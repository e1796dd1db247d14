"""牛只 · the keeper's own animals: register, look, re-tag, report a death."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app import alerting, database, forms, herd, places, programme, treating, whoami
from app.attention import ANIMAL_NEED_LABELS, AnimalNeed
from app.auth.privileges import permission
from app.schemas.animals import BindEid, RegisterAnimal, ReportDeathHere, RetagHere
from traceability import animals, movements, photographs, tagging, treatments, weighings
from traceability.animals import BREED_LABELS, ORIGIN_LABELS, SEX_LABELS, STATE_LABELS, Animal
from traceability.base.clock import legal_day
from traceability.holdings import HOLDING_KIND_LABELS
from traceability.quarantine import certificates, isolations
from traceability.quarantine.isolations import ISOLATION_STATE_LABELS
from traceability.treatments import DISEASE_LABELS, ROUTE_LABELS, WITHDRAWAL_BASIS_LABELS

blueprint = Blueprint("animals", __name__, url_prefix="/animals")


@blueprint.get("/")
@permission("animal.view")
def index() -> str:
    """我的牛: everything within scope, found by any part of a tag."""
    words, page = request.args.get("q", ""), request.args.get("page", 1, type=int)
    chosen = request.args.get("need", "")
    need = AnimalNeed(chosen) if chosen in set(AnimalNeed) else None
    session, at = database.session(), request.args.get("holding", "")
    place = places.holding(session, at) if at else None
    found = herd.listed(session, whoami.scope(), words=words, page=page, need=need, at=place)
    return render_template(
        "animals/index.html",
        found=found,
        words=words,
        place_chosen=place,
        need=need,
        needs=ANIMAL_NEED_LABELS,
        **labels(),
    )


def labels() -> dict[str, Any]:
    """What the codes of an animal are called."""
    return {"breeds": BREED_LABELS, "sexes": SEX_LABELS, "states": STATE_LABELS}


@blueprint.get("/new")
@permission("animal.register")
def register() -> str:
    """登记牛犊."""
    return _register_page({}, {})


def _register_page(form: Mapping[str, Any], errors: Mapping[str, Any]) -> str:
    return render_template(
        "animals/register.html",
        form=form,
        errors=errors,
        today=legal_day(whoami.now()),
        places=[(place.ref, place.name) for place in herd.places(database.session())],
        origins=list(ORIGIN_LABELS.items()),
        breed_options=list(BREED_LABELS.items()),
        sex_options=list(SEX_LABELS.items()),
    )


@blueprint.post("/new")
@permission("animal.register")
def register_animal() -> ResponseReturnValue:
    """登记牛犊: take the form."""
    return forms.handled(RegisterAnimal, _register, _register_page)


def _register(given: Mapping[str, Any]) -> ResponseReturnValue:
    session = database.session()
    animal = herd.register(session, given)
    _warn(session, animal)
    flash(f"已登记 {animal.ear_tag}", "success")
    return redirect(url_for("animals.show", ref=animal.ref), 303)


def _warn(session: Session, animal: Animal) -> None:
    """Say at once what must be known of the tag's issue."""
    for each in herd.tagged(session, animal).warnings:
        flash(each["sentence"], "warning")


@blueprint.get("/<ref:ref>")
@permission("animal.view")
def show(ref: str) -> str:
    """一头牛: its card, what is owed, and its history."""
    session = database.session()
    animal = herd.get(session, ref)
    today = legal_day(whoami.now())
    courses = treating.courses(session, ref)
    ends = [course.treatment.clear_on for course in courses]
    return render_template(
        "animals/show.html",
        animal=animal,
        today=today,
        place_kinds=HOLDING_KIND_LABELS,
        diseases=DISEASE_LABELS,
        doses=treatments.doses(session, animal),
        courses=courses,
        routes=ROUTE_LABELS,
        bases=WITHDRAWAL_BASIS_LABELS,
        clear_on=max((day for day in ends if day > today), default=None),
        weighings=weighings.of_animal(session, animal),
        photographs=photographs.of(session, animal),
        journeys=movements.of_animal(session, animal),
        certificate=certificates.newest_of(session, animal),
        steps=herd.steps(session, animal),
        tag_warnings=herd.tagged(session, animal).warnings,
        isolations=isolations.of_animal(session, animal),
        isolation_states=ISOLATION_STATE_LABELS,
        **labels(),
    )


@blueprint.get("/<ref:ref>/retag")
@permission("animal.retag")
def retag(ref: str) -> str:
    """补戴耳标."""
    return _retag_page(herd.get(database.session(), ref), {}, {})


def _retag_page(animal: Animal, form: Mapping[str, Any], errors: Mapping[str, Any]) -> str:
    return render_template("animals/retag.html", animal=animal, form=form, errors=errors)


@blueprint.post("/<ref:ref>/retag")
@permission("animal.retag")
def retag_animal(ref: str) -> ResponseReturnValue:
    """补戴耳标: take the form."""
    session = database.session()
    animal = herd.get(session, ref)

    def act(given: Mapping[str, Any]) -> ResponseReturnValue:
        photo = programme.photograph(session, f"{given['ear_tag']} 补戴耳标")
        tagging.retag(session, animal, evidence=photo, **herd.told(given))
        alerting.retagged(session, animal)
        _warn(session, animal)
        flash(f"新耳标 {animal.ear_tag} 已登记，旧耳标仍可查到这头牛", "success")
        return redirect(url_for("animals.show", ref=ref), 303)

    return forms.handled(RetagHere, act, lambda form, errors: _retag_page(animal, form, errors))


@blueprint.get("/<ref:ref>/eid")
@permission("animal.bind_eid")
def eid(ref: str) -> str:
    """绑定电子耳标."""
    return _eid_page(herd.get(database.session(), ref), {}, {})


def _eid_page(animal: Animal, form: Mapping[str, Any], errors: Mapping[str, Any]) -> str:
    return render_template("animals/eid.html", animal=animal, form=form, errors=errors)


@blueprint.post("/<ref:ref>/eid")
@permission("animal.bind_eid")
def bind_eid(ref: str) -> ResponseReturnValue:
    """绑定电子耳标: take the form."""
    session = database.session()
    animal = herd.get(session, ref)

    def act(given: Mapping[str, Any]) -> ResponseReturnValue:
        tagging.bind_eid(session, animal, given["eid"], **herd.actors())
        flash(f"已绑定电子耳标 {animal.eid}，过秤时自动认出这头牛", "success")
        return redirect(url_for("animals.show", ref=ref), 303)

    return forms.handled(BindEid, act, lambda form, errors: _eid_page(animal, form, errors))


@blueprint.get("/<ref:ref>/death")
@permission("animal.report_death")
def death(ref: str) -> str:
    """报告死亡."""
    return _death_page(herd.get(database.session(), ref), {}, {})


def _death_page(animal: Animal, form: Mapping[str, Any], errors: Mapping[str, Any]) -> str:
    return render_template("animals/death.html", animal=animal, form=form, errors=errors)


@blueprint.post("/<ref:ref>/death")
@permission("animal.report_death")
def report_death(ref: str) -> ResponseReturnValue:
    """报告死亡: take the form."""
    session = database.session()
    animal = herd.get(session, ref)

    def act(given: Mapping[str, Any]) -> ResponseReturnValue:
        animals.report_death(session, animal, **herd.told(given))
        alerting.died(session, animal)
        flash(f"已登记 {animal.ear_tag} 死亡，请按要求无害化处理", "success")
        return redirect(url_for("animals.show", ref=ref), 303)

    return forms.handled(
        ReportDeathHere, act, lambda form, errors: _death_page(animal, form, errors)
    )


@blueprint.get("/find")
@permission("animal.view")
def find() -> ResponseReturnValue:
    """扫一扫: from a scanned or typed tag to its animal."""
    text = request.args.get("q", "")
    animal = herd.by_text(database.session(), text)
    return redirect(url_for("animals.show", ref=animal.ref), 303)
