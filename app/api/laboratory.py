"""实验室检测接口 · what reports say of an animal; the diseases that the procedures name."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from app import database, files, herd, papers, whoami
from app.api.base import Blueprint
from app.auth.privileges import permission
from app.schemas.laboratory import (
    DiseasesQuery,
    LabResultOut,
    ListedDiseaseOut,
    RecordResult,
    WithdrawResult,
)
from traceability.base.clock import legal_day
from traceability.quarantine import diseases, laboratory
from traceability.quarantine.diseases import ListedDisease
from traceability.quarantine.laboratory import LabResult

blueprint = Blueprint("api_laboratory", __name__, url_prefix="/api", description="实验室检测")


@blueprint.get("/laboratory/diseases")
@permission("rule.view")
@blueprint.arguments(DiseasesQuery, location="query", as_kwargs=True)
@blueprint.response(200, ListedDiseaseOut(many=True))
def listed(on: date | None) -> Sequence[ListedDisease]:
    """检疫病种表.

    那一天有效的检疫规程各列哪些病、要不要检测，带把握程度。
    """
    day = on or legal_day(whoami.now())
    return [row for row in diseases.listed() if row.in_force(day)]


@blueprint.get("/animals/<ref:ref>/laboratory")
@permission("laboratory.view")
@blueprint.response(200, LabResultOut(many=True))
def of_animal(ref: str) -> Sequence[LabResult]:
    """一头牛的检测结果.

    新的在前，撤销的也在内。
    """
    session = database.session()
    return laboratory.of_animal(session, herd.get(session, ref))


@blueprint.post("/animals/<ref:ref>/laboratory")
@permission("laboratory.record")
@blueprint.arguments(RecordResult)
@blueprint.response(201, LabResultOut)
def record(form: dict[str, Any], ref: str) -> LabResult:
    """登记检测结果.

    阳性的，出证时按动物检疫管理办法第十四条停办。
    """
    session = database.session()
    animal = herd.get(session, ref)
    report = form.pop("report")
    named = None if report is None else files.named(session, report)
    return papers.enter_result(session, animal, form, named)


@blueprint.post("/laboratory/<ref:ref>/withdraw")
@permission("laboratory.record")
@blueprint.arguments(WithdrawResult)
@blueprint.response(200, LabResultOut)
def withdraw(form: dict[str, Any], ref: str) -> LabResult:
    """撤销检测结果.

    登记错了才撤销；记录仍在，不再起作用。
    """
    session = database.session()
    found = papers.lab_result(session, ref)
    laboratory.withdraw(session, found, **form, at=whoami.now(), by=whoami.actor())
    return found
