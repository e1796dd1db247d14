"""抗体检测接口 · the samples of a campaign."""

from collections.abc import Sequence
from typing import Any

from app import campaigning, database
from app.api.base import Blueprint
from app.auth.privileges import permission
from app.schemas.antibodies import RecordSample, SampleOut
from traceability.antibodies import AntibodyTest

blueprint = Blueprint(
    "api_antibodies", __name__, url_prefix="/api/campaigns", description="抗体检测"
)


@blueprint.get("/<ref:ref>/samples")
@permission("campaign.view")
@blueprint.response(200, SampleOut(many=True))
def index(ref: str) -> Sequence[AntibodyTest]:
    """一次集中免疫的样品.

    自己管辖范围内采的，新的在前，最多 500 份；合格率见进度。
    """
    session = database.session()
    return campaigning.samples(session, campaigning.get(session, ref))


@blueprint.post("/<ref:ref>/samples")
@permission("antibody.record")
@blueprint.arguments(RecordSample)
@blueprint.response(201, SampleOut)
def record(form: dict[str, Any], ref: str) -> AntibodyTest:
    """登记抗体检测.

    实验室、报告编号和效价照报告写；同一份报告里一头牛只登记一次。
    """
    session = database.session()
    return campaigning.record_sample(session, campaigning.get(session, ref), form)
