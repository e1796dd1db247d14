"""检疫申报 · the owner's declarations, the vet's queue, inspection and certificate."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from app import database, forms, herd, papers, whoami
from app.auth.privileges import permission
from app.auth.roles import Role
from app.schemas.declarations import (
    FileDeclarationHere,
    IssueCertificate,
    RecordInspectionHere,
    RefuseDeclaration,
)
from traceability import holdings
from traceability.animals import BREED_LABELS, SEX_LABELS, AnimalState
from traceability.base.clock import legal_day
from traceability.checks import INSPECTION_CHECKS
from traceability.holdings import HoldingKind
from traceability.identifiers.certificates import CERTIFICATE_FORM_LABELS, CertificateForm
from traceability.quarantine import certificates, declarations, diseases, inspections, laboratory
from traceability.quarantine.declarations import (
    DECLARATION_STATE_LABELS,
    PURPOSE_LABELS,
    Declaration,
)
from traceability.quarantine.diseases import Stage

blueprint = Blueprint("declarations", __name__, url_prefix="/declarations")
VETS = {Role.OFFICIAL_VET}
CANDIDATES_MAX = 200


@blueprint.get("/")
@permission("declaration.view")
def index() -> str:
    """检疫申报: what waits for the vet, or what one has declared."""
    return render_template(
        "declarations/index.html",
        rows=_listed(),
        for_vet=whoami.account().role in VETS,
        today=legal_day(whoami.now()),
        **_labels(),
    )


def _listed() -> Sequence[Declaration]:
    session, me = database.session(), whoami.account()
    if me.role in VETS:
        counties = {region[:6] for region in whoami.scope().regions}
        return [row for county in counties for row in declarations.waiting(session, county=county)]
    return declarations.of_declarant(session, herd.owner())


def _labels() -> dict[str, Any]:
    return {
        "states": DECLARATION_STATE_LABELS,
        "purposes": PURPOSE_LABELS,
        "breeds": BREED_LABELS,
        "sexes": SEX_LABELS,
    }


@blueprint.get("/new")
@permission("declaration.file")
def file() -> str:
    """申报检疫."""
    return _file_page({}, {})


def _file_page(form: Mapping[str, Any], errors: Mapping[str, Any]) -> str:
    session = database.session()
    mine = herd.owned(session, herd.owner(), limit=CANDIDATES_MAX)
    alive = [each for each in mine if each.state is AnimalState.ALIVE and each.holding is not None]
    there = [
        place
        for kind in (HoldingKind.MARKET, HoldingKind.ABATTOIR, HoldingKind.FARM)
        for place in holdings.of_kind(session, kind)
    ]
    return render_template(
        "declarations/file.html",
        form=form,
        errors=errors,
        candidates=alive,
        destinations=[(place.ref, place.name) for place in there],
        purpose_options=list(PURPOSE_LABELS.items()),
        today=legal_day(whoami.now()),
        **_labels(),
    )


@blueprint.post("/new")
@permission("declaration.file")
def file_declaration() -> ResponseReturnValue:
    """申报检疫: take the form."""

    def act(given: Mapping[str, Any]) -> ResponseReturnValue:
        made = papers.file(database.session(), given)
        flash("申报已提交，官方兽医受理后会通知您", "success")
        return redirect(url_for("declarations.show", ref=made.ref), 303)

    return forms.handled(FileDeclarationHere, act, _file_page)


@blueprint.get("/<ref:ref>")
@permission("declaration.view")
def show(ref: str) -> str:
    """一份申报: its animals, what the vet found, and the next step."""
    return _show_page(papers.declaration(database.session(), ref), {}, {})


def _show_page(declaration: Declaration, form: Mapping[str, Any], errors: Mapping[str, Any]) -> str:
    session = database.session()
    listed = declarations.animals_of(session, declaration)
    inspected = inspections.newest(session, declaration)
    paper = certificates.of_declaration(session, declaration)
    judged_on = legal_day(whoami.now() if paper is None else paper.issued_at)
    form_of_paper = certificates.form_for(declaration.origin, declaration.destination)
    return render_template(
        "declarations/show.html",
        declaration=declaration,
        animals=listed,
        inspected=inspected,
        all_inspected=all(animal.id in inspected for animal in listed),
        checks=INSPECTION_CHECKS,
        certificate=paper,
        listed=diseases.named(Stage.ORIGIN, judged_on),
        tested=laboratory.of_animals(session, [animal.id for animal in listed]),
        paper=CERTIFICATE_FORM_LABELS[form_of_paper],
        leaves_province=form_of_paper is not CertificateForm.ANIMAL_B,
        form=form,
        errors=errors,
        today=legal_day(whoami.now()),
        **_labels(),
    )


@blueprint.post("/<ref:ref>/accept")
@permission("declaration.decide")
def accept(ref: str) -> ResponseReturnValue:
    """受理申报."""
    declarations.accept(
        database.session(),
        papers.declaration(database.session(), ref),
        at=whoami.now(),
        by=whoami.actor(),
    )
    flash("已受理，请逐头登记检查结果", "success")
    return redirect(url_for("declarations.show", ref=ref), 303)


@blueprint.post("/<ref:ref>/refuse")
@permission("declaration.decide")
def refuse(ref: str) -> ResponseReturnValue:
    """不予受理, with the reason the owner is told."""
    found = papers.declaration(database.session(), ref)

    def act(given: Mapping[str, Any]) -> ResponseReturnValue:
        told = {"at": whoami.now(), "by": whoami.actor(), **given}
        declarations.refuse(database.session(), found, **told)
        flash("已告知申报人不予受理的原因", "success")
        return redirect(url_for("declarations.index"), 303)

    return forms.handled(
        RefuseDeclaration, act, lambda form, errors: _show_page(found, form, errors)
    )


@blueprint.post("/<ref:ref>/inspect")
@permission("inspection.record")
def inspect(ref: str) -> ResponseReturnValue:
    """登记检查结果 of one animal."""
    found = papers.declaration(database.session(), ref)

    def act(given: Mapping[str, Any]) -> ResponseReturnValue:
        row = papers.inspect(database.session(), found, given)
        flash(f"{row.animal.ear_tag} 的检查结果已登记", "success")
        return redirect(url_for("declarations.show", ref=ref), 303)

    return forms.handled(
        RecordInspectionHere, act, lambda form, errors: _show_page(found, form, errors)
    )


@blueprint.post("/<ref:ref>/issue")
@permission("certificate.issue")
def issue(ref: str) -> ResponseReturnValue:
    """签发检疫证明: all animals of the declaration, or none and every reason."""
    found = papers.declaration(database.session(), ref)

    def act(given: Mapping[str, Any]) -> ResponseReturnValue:
        made = certificates.issue(
            database.session(), found, at=whoami.now(), by=whoami.actor(), **given
        )
        flash(f"已签发 {made.number}", "success")
        return redirect(url_for("certificates.show", ref=made.ref), 303)

    return forms.handled(
        IssueCertificate, act, lambda form, errors: _show_page(found, form, errors)
    )
