"""屠宰接口 · declare, look, accept, refuse, inspect before slaughter, slaughter."""

from typing import Any

from app import database, slaughtering, whoami
from app.api.base import Blueprint
from app.auth.privileges import permission
from app.lists import Listed
from app.schemas.carcasses import CarcassOut, SlaughterAnimal
from app.schemas.slaughter import (
    AnteMortemOut,
    DeclareSlaughter,
    RecordAnteMortem,
    RefuseSlaughter,
    SlaughterDeclarationOut,
    SlaughterDeclarationsOut,
    SlaughterDeclaredOut,
    SlaughterQuery,
)
from traceability.slaughter import carcasses, declarations
from traceability.slaughter.ante_mortem import AnteMortem
from traceability.slaughter.carcasses import Carcass
from traceability.slaughter.declarations import SlaughterDeclaration, SlaughterState

blueprint = Blueprint("api_slaughter", __name__, url_prefix="/api/slaughter", description="屠宰")


@blueprint.get("/")
@permission("slaughter.view")
@blueprint.arguments(SlaughterQuery, location="query", as_kwargs=True)
@blueprint.response(200, SlaughterDeclarationsOut)
def index(state: SlaughterState | None, page: int) -> Listed[SlaughterDeclaration]:
    """屠宰申报列表.

    自己的屠宰场和管辖范围内的，新的在前。
    """
    return slaughtering.listed(database.session(), state=state, page=page)


@blueprint.post("/")
@permission("slaughter.declare")
@blueprint.arguments(DeclareSlaughter)
@blueprint.response(201, SlaughterDeclarationOut)
def file(form: dict[str, Any]) -> SlaughterDeclaration:
    """屠宰申报.

    只能申报已经到达自己屠宰场的牛；急宰写明原因，随时可以申报。
    """
    return slaughtering.file(database.session(), form)


@blueprint.get("/<ref:ref>")
@permission("slaughter.view")
@blueprint.response(200, SlaughterDeclaredOut)
def show(ref: str) -> dict[str, Any]:
    """一份屠宰申报.

    连同所报牛只、每头最近一次宰前检查和已经屠宰的胴体。
    """
    session = database.session()
    found = slaughtering.get(session, ref)
    return {
        "declaration": found,
        "animals": declarations.animals_of(session, found),
        "inspections": slaughtering.inspected(session, found),
        "carcasses": [*carcasses.of_declaration(session, found).values()],
    }


@blueprint.post("/<ref:ref>/accept")
@permission("slaughter.decide")
@blueprint.response(200, SlaughterDeclarationOut)
def accept(ref: str) -> SlaughterDeclaration:
    """受理屠宰申报."""
    session = database.session()
    found = slaughtering.get(session, ref)
    declarations.accept(session, found, at=whoami.now(), by=whoami.actor())
    return found


@blueprint.post("/<ref:ref>/refuse")
@permission("slaughter.decide")
@blueprint.arguments(RefuseSlaughter)
@blueprint.response(200, SlaughterDeclarationOut)
def refuse(form: dict[str, Any], ref: str) -> SlaughterDeclaration:
    """屠宰申报不予受理."""
    session = database.session()
    found = slaughtering.get(session, ref)
    declarations.refuse(session, found, **form, at=whoami.now(), by=whoami.actor())
    return found


@blueprint.post("/<ref:ref>/inspections")
@permission("slaughter.inspect")
@blueprint.arguments(RecordAnteMortem)
@blueprint.response(201, AnteMortemOut)
def inspect(form: dict[str, Any], ref: str) -> AnteMortem:
    """登记宰前检查.

    各项都合格而且规则都通过的准宰；留置、受管控、休药期内、没有有效检疫证明的不予准宰。
    """
    session = database.session()
    return slaughtering.inspect(session, slaughtering.get(session, ref), form)


@blueprint.post("/<ref:ref>/carcasses")
@permission("slaughter.record")
@blueprint.arguments(SlaughterAnimal)
@blueprint.response(201, CarcassOut)
def kill(form: dict[str, Any], ref: str) -> Carcass:
    """登记屠宰.

    只有宰前检查合格的牛；当时的规则再判一次。胴体编号按屠宰场和日期自动编。
    """
    session = database.session()
    return slaughtering.kill(session, slaughtering.get(session, ref), form)
