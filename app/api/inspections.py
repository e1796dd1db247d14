"""临床检查接口 · what waits for the vet."""

from typing import Any

from app import database, papers
from app.api.base import Blueprint
from app.auth.privileges import permission
from app.schemas.inspections import ToInspectOut

blueprint = Blueprint(
    "api_inspections", __name__, url_prefix="/api/inspections", description="临床检查"
)


@blueprint.get("/")
@permission("inspection.record")
@blueprint.response(200, ToInspectOut)
def index() -> dict[str, Any]:
    """待检查名单.

    管辖范围内已受理的申报，连同牛只和每头最近一次检查。结果登记到
    `/api/declarations/{ref}/inspections`：`seen` 写这里看到的最近一次，
    其间别人又检查过则不登记。
    """
    return {"rows": papers.to_inspect(database.session())}
