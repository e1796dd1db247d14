"""检疫申报接口 · file, look, accept, refuse, inspect."""

from collections.abc import Sequence
from typing import Any

from app import database, papers, rejudging, whoami
from app.api.base import Blueprint
from app.auth.privileges import permission
from app.lists import Listed
from app.rejudging import Judged
from app.schemas.declarations import (
    DeclarationOut,
    DeclarationsOut,
    DeclarationsQuery,
    DeclaredOut,
    FileDeclaration,
    InspectionOut,
    RecordInspection,
    RefuseDeclaration,
)
from app.schemas.rejudging import JudgedOut
from traceability.quarantine import certificates, declarations, inspections
from traceability.quarantine.declarations import Declaration, DeclarationState
from traceability.quarantine.inspections import Inspection

blueprint = Blueprint(
    "api_declarations", __name__, url_prefix="/api/declarations", description="检疫申报"
)


@blueprint.get("/")
@permission("declaration.view")
@blueprint.arguments(DeclarationsQuery, location="query", as_kwargs=True)
@blueprint.response(200, DeclarationsOut)
def index(state: DeclarationState | None, page: int) -> Listed[Declaration]:
    """检疫申报列表.

    自己的、从管辖范围启运的和到自己场所的申报，新的在前。
    """
    return papers.declarations_listed(database.session(), state=state, page=page)


@blueprint.post("/")
@permission("declaration.file")
@blueprint.arguments(FileDeclaration)
@blueprint.response(201, DeclarationOut)
def file(form: dict[str, Any]) -> Declaration:
    """申报检疫.

    同一场所、同一货主的牛可以一次申报。
    """
    return papers.file(database.session(), form)


@blueprint.get("/<ref:ref>")
@permission("declaration.view")
@blueprint.response(200, DeclaredOut)
def show(ref: str) -> dict[str, Any]:
    """一份申报.

    连同所报牛只、每头最近一次检查结果和已签发的证明。
    """
    session = database.session()
    found = papers.declaration(session, ref)
    paper = certificates.of_declaration(session, found)
    return {
        "declaration": found,
        "animals": declarations.animals_of(session, found),
        "inspections": [*inspections.newest(session, found).values()],
        "certificate": None if paper is None else paper.ref,
    }


@blueprint.post("/<ref:ref>/accept")
@permission("declaration.decide")
@blueprint.response(200, DeclarationOut)
def accept(ref: str) -> Declaration:
    """受理申报."""
    session = database.session()
    found = papers.declaration(session, ref)
    declarations.accept(session, found, at=whoami.now(), by=whoami.actor())
    return found


@blueprint.post("/<ref:ref>/refuse")
@permission("declaration.decide")
@blueprint.arguments(RefuseDeclaration)
@blueprint.response(200, DeclarationOut)
def refuse(form: dict[str, Any], ref: str) -> Declaration:
    """不予受理."""
    session = database.session()
    found = papers.declaration(session, ref)
    declarations.refuse(session, found, **form, at=whoami.now(), by=whoami.actor())
    return found


@blueprint.post("/<ref:ref>/inspections")
@permission("inspection.record")
@blueprint.arguments(RecordInspection)
@blueprint.response(201, InspectionOut)
def inspect(form: dict[str, Any], ref: str) -> Inspection:
    """登记检查结果.

    `passed` 列出合格的检查项目，未列出的为不合格。
    """
    session = database.session()
    return papers.inspect(session, papers.declaration(session, ref), form)


@blueprint.get("/<ref:ref>/outcomes")
@permission("declaration.view")
@blueprint.response(200, JudgedOut(many=True))
def outcomes(ref: str) -> Sequence[Judged]:
    """申报的判定依据.

    逐条：通过、未通过、提示、不涉及，用到的事实和出处；按申报那一刻的规则。
    """
    session = database.session()
    return rejudging.of_declaration(session, papers.declaration(session, ref))
