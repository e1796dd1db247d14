"""检疫证明 · look, print, depart under, revoke."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app import database, forms, papers, whoami
from app.auth.privileges import permission
from app.schemas.certificates import RevokeCertificate
from app.schemas.movements import DepartUnder
from traceability.base.clock import legal_day
from traceability.consignments.records import of_certificate
from traceability.identifiers.certificates import CERTIFICATE_FORM_LABELS
from traceability.quarantine import certificates
from traceability.quarantine.certificates import CERTIFICATE_STATE_LABELS, Certificate
from traceability.quarantine.declarations import PURPOSE_LABELS

blueprint = Blueprint("certificates", __name__, url_prefix="/certificates")


@blueprint.get("/")
@permission("certificate.view")
def index() -> str:
    """检疫证明: those within scope, newest first."""
    words, page = request.args.get("q", "").strip(), request.args.get("page", 1, type=int)
    found = papers.certificates_listed(database.session(), words=words, state=None, page=page)
    return render_template("certificates/index.html", found=found, words=words, **_labels())


def _labels() -> dict[str, Any]:
    return {
        "papers": CERTIFICATE_FORM_LABELS,
        "states": CERTIFICATE_STATE_LABELS,
        "purposes": PURPOSE_LABELS,
        "today": legal_day(whoami.now()),
    }


@blueprint.get("/<ref:ref>")
@permission("certificate.view")
def show(ref: str) -> str:
    """一份检疫证明: the platform's own record of it."""
    return _show_page(papers.certificate(database.session(), ref), {}, {})


def _show_page(
    certificate: Certificate,
    form: Mapping[str, Any],
    errors: Mapping[str, Any],
    *,
    refused: str = "",
) -> str:
    """The certificate; `refused` names the form that was sent and not taken."""
    session = database.session()
    listed = certificates.animals_of(session, certificate)
    return render_template(
        "certificates/show.html",
        certificate=certificate,
        consignment=of_certificate(session, certificate),
        animals=listed,
        waiting=[each for each in listed if each.holding_id == certificate.origin_id],
        form=form,
        errors=errors,
        refused=refused,
        **_labels(),
    )


@blueprint.post("/<ref:ref>/depart")
@permission("movement.depart")
def depart(ref: str) -> ResponseReturnValue:
    """启运: every animal of the certificate that is still at its origin."""
    found = papers.certificate(database.session(), ref)
    if (batch := of_certificate(database.session(), found)) is not None:
        flash(f"这份证明已建运输批次，整车的启运、到达都在这里登记（{batch.plate}）", "warning")
        return redirect(url_for("consignments.show", ref=batch.ref), 303)

    def act(given: Mapping[str, Any]) -> ResponseReturnValue:
        gone = papers.depart(database.session(), found, at=given["left_at"])
        if gone:
            flash(f"已登记启运 {gone} 头", "success")
        else:
            flash("这份证明上的牛都已经启运，不用再登记", "warning")
        return redirect(url_for("certificates.show", ref=ref), 303)

    return forms.handled(
        DepartUnder, act, lambda form, errors: _show_page(found, form, errors, refused="depart")
    )


@blueprint.post("/<ref:ref>/revoke")
@permission("certificate.revoke")
def revoke(ref: str) -> ResponseReturnValue:
    """作废检疫证明."""
    found = papers.certificate(database.session(), ref)

    def act(given: Mapping[str, Any]) -> ResponseReturnValue:
        told = {"at": whoami.now(), "by": whoami.actor(), **given}
        certificates.revoke(database.session(), found, **told)
        flash(f"{found.number} 已作废", "success")
        return redirect(url_for("certificates.show", ref=ref), 303)

    return forms.handled(
        RevokeCertificate,
        act,
        lambda form, errors: _show_page(found, form, errors, refused="revoke"),
    )
