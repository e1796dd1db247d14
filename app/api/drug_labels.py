"""兽药标签接口 · one enters what a label says, another confirms it."""

from collections.abc import Sequence
from typing import Any

from app import database, files, whoami
from app.api.base import Blueprint
from app.auth.privileges import permission
from app.schemas.drug_labels import (
    DrugLabelOut,
    DrugLabelsQuery,
    EnterDrugLabelOf,
    ReturnDrugLabel,
)
from traceability.treatments import drug_labels
from traceability.treatments.drug_labels import DrugLabel, DrugLabelState, LabelCard

blueprint = Blueprint(
    "api_drug_labels", __name__, url_prefix="/api/drug-labels", description="兽药标签"
)


@blueprint.get("/")
@permission("drug_label.view")
@blueprint.arguments(DrugLabelsQuery, location="query", as_kwargs=True)
@blueprint.response(200, DrugLabelOut(many=True))
def index(state: DrugLabelState | None, approval_no: str) -> Sequence[DrugLabel]:
    """兽药标签列表.

    待复核的在前，然后新的在前。
    """
    return drug_labels.listed(database.session(), state=state, approval_no=approval_no)


@blueprint.post("/")
@permission("drug_label.record")
@blueprint.arguments(EnterDrugLabelOf)
@blueprint.response(201, DrugLabelOut)
def enter(form: dict[str, Any]) -> DrugLabel:
    """登记兽药标签.

    另一位人员复核后才用来算休药期。
    """
    session = database.session()
    evidence = files.named(session, form.pop("evidence"))
    return drug_labels.enter(session, LabelCard(**form), evidence=evidence, **whoami.acted())


@blueprint.get("/<ref:ref>")
@permission("drug_label.view")
@blueprint.response(200, DrugLabelOut)
def show(ref: str) -> DrugLabel:
    """一份兽药标签."""
    return drug_labels.get(database.session(), ref)


@blueprint.post("/<ref:ref>/confirm")
@permission("drug_label.confirm")
@blueprint.response(200, DrugLabelOut)
def confirm(ref: str) -> DrugLabel:
    """复核兽药标签.

    登记人不能复核自己登记的标签。
    """
    session = database.session()
    found = drug_labels.get(session, ref)
    drug_labels.confirm(session, found, **whoami.acted())
    return found


@blueprint.post("/<ref:ref>/return")
@permission("drug_label.confirm")
@blueprint.arguments(ReturnDrugLabel, as_kwargs=True)
@blueprint.response(200, DrugLabelOut)
def send_back(ref: str, reason: str) -> DrugLabel:
    """退回兽药标签."""
    session = database.session()
    found = drug_labels.get(session, ref)
    drug_labels.send_back(session, found, reason=reason, **whoami.acted())
    return found
