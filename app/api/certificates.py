"""检疫证明接口 · issue on a declaration, look, revoke."""

from collections.abc import Sequence
from typing import Any

from app import database, papers, rejudging, whoami
from app.api.base import Blueprint
from app.auth.privileges import permission
from app.lists import Listed
from app.rejudging import Judged
from app.schemas.certificates import (
    CertificateOut,
    CertificatesOut,
    CertificatesQuery,
    CertifiedOut,
    RevokeCertificate,
)
from app.schemas.declarations import IssueCertificate
from app.schemas.rejudging import JudgedOut
from traceability.quarantine import certificates
from traceability.quarantine.certificates import Certificate, CertificateState

blueprint = Blueprint("api_certificates", __name__, url_prefix="/api", description="检疫证明")


@blueprint.get("/certificates/")
@permission("certificate.view")
@blueprint.arguments(CertificatesQuery, location="query", as_kwargs=True)
@blueprint.response(200, CertificatesOut)
def index(q: str, state: CertificateState | None, page: int) -> Listed[Certificate]:
    """检疫证明列表."""
    return papers.certificates_listed(database.session(), words=q, state=state, page=page)


@blueprint.post("/declarations/<ref:ref>/certificate")
@permission("certificate.issue")
@blueprint.arguments(IssueCertificate)
@blueprint.response(201, CertificateOut)
def issue(form: dict[str, Any], ref: str) -> Certificate:
    """签发检疫证明.

    一份申报的牛全部合格才签发；不合格时 `outcomes` 列出每头牛的每一条理由。
    """
    session = database.session()
    found = papers.declaration(session, ref)
    return certificates.issue(session, found, **form, at=whoami.now(), by=whoami.actor())


@blueprint.get("/certificates/<ref:ref>")
@permission("certificate.view")
@blueprint.response(200, CertifiedOut)
def show(ref: str) -> dict[str, Any]:
    """一份检疫证明."""
    session = database.session()
    found = papers.certificate(session, ref)
    return {"certificate": found, "animals": certificates.animals_of(session, found)}


@blueprint.get("/certificates/<ref:ref>/outcomes")
@permission("certificate.view")
@blueprint.response(200, JudgedOut(many=True))
def outcomes(ref: str) -> Sequence[Judged]:
    """出证的判定依据.

    逐头逐条：通过、未通过、提示、不涉及，用到的事实和出处；按出证那一刻的规则。
    """
    session = database.session()
    return rejudging.of_certificate(session, papers.certificate(session, ref))


@blueprint.post("/certificates/<ref:ref>/revoke")
@permission("certificate.revoke")
@blueprint.arguments(RevokeCertificate)
@blueprint.response(200, CertificateOut)
def revoke(form: dict[str, Any], ref: str) -> Certificate:
    """作废检疫证明."""
    session = database.session()
    found = papers.certificate(session, ref)
    certificates.revoke(session, found, **form, at=whoami.now(), by=whoami.actor())
    return found
