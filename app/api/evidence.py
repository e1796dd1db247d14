"""证据接口 · send a photograph or a paper, and get it back unchanged."""

from typing import Any

from flask import Response
from werkzeug.datastructures import FileStorage

from app import database, files
from app.api.base import Blueprint
from app.auth.privileges import permission
from app.schemas.evidence import EvidenceOut, SendEvidence
from traceability import evidence
from traceability.evidence import Evidence

blueprint = Blueprint("api_evidence", __name__, url_prefix="/api/evidence", description="证据")


def _told(found: Evidence) -> dict[str, Any]:
    return {
        "ref": found.ref,
        "sha256": found.sha256.hex(),
        "media_type": found.media_type,
        "size_bytes": found.size_bytes,
        "title": found.title,
    }


@blueprint.post("/")
@permission("evidence.store")
@blueprint.arguments(SendEvidence, location="multipart", as_kwargs=True)
@blueprint.response(201, EvidenceOut)
def store(file: FileStorage, title: str) -> dict[str, Any]:
    """上传证据.

    照片（JPG、PNG、WebP）或 PDF，不超过 10 MB；照片去掉地点、时间和机型后存入，PDF 逐字节不变。
    """
    return _told(files.store(database.session(), file.read(), title=title))


@blueprint.get("/<ref:ref>")
@permission("evidence.view")
@blueprint.response(200, EvidenceOut)
def show(ref: str) -> dict[str, Any]:
    """一份证据."""
    return _told(files.get(database.session(), ref))


@blueprint.get("/<ref:ref>/file")
@permission("evidence.view")
@blueprint.response(
    200, {"type": "string", "format": "binary"}, content_type="application/octet-stream"
)
def download(ref: str) -> Response:
    """证据文件.

    与存入时逐字节相同，已按 SHA-256 核对。
    """
    found = files.get(database.session(), ref)
    response = Response(
        evidence.read(files.folder(), found), content_type="application/octet-stream"
    )
    response.headers["Content-Disposition"] = f'attachment; filename="{found.sha256.hex()[:16]}"'
    return response
