"""抗体检测 · the samples of a campaign: entered from the report, the rate by village."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app import campaigning, database, forms, whoami
from app.auth.privileges import permission
from app.schemas.antibodies import RecordSample
from traceability.antibodies import ANTIBODY_RESULT_LABELS
from traceability.base.clock import legal_day
from traceability.campaigns.records import Campaign

blueprint = Blueprint("antibodies", __name__, url_prefix="/campaigns")
KEPT = ("laboratory", "report_no", "sampled_on")  # of a report, the same for its next sample


@blueprint.get("/<ref:ref>/samples")
@permission("campaign.view")
def show(ref: str) -> str:
    """抗体检测: the rate by village, and the samples."""
    return _page(campaigning.get(database.session(), ref), request.args, {})


def _page(campaign: Campaign, form: Mapping[str, Any], errors: Mapping[str, Any]) -> str:
    session = database.session()
    rates = campaigning.rates(session, campaign)
    return render_template(
        "antibodies/show.html",
        campaign=campaign,
        rates=rates,
        names=campaigning.names_of(session, [each.region_code for each in rates]),
        samples=campaigning.samples(session, campaign),
        results=ANTIBODY_RESULT_LABELS,
        today=legal_day(whoami.now()),
        form=form,
        errors=errors,
    )


@blueprint.post("/<ref:ref>/samples")
@permission("antibody.record")
def record(ref: str) -> ResponseReturnValue:
    """登记抗体检测; the report's own particulars stay for its next sample."""
    session = database.session()
    campaign = campaigning.get(session, ref)

    def act(given: Mapping[str, Any]) -> ResponseReturnValue:
        sample = campaigning.record_sample(session, campaign, given)
        flash(f"{sample.animal.ear_tag} 的结果已登记", "success")
        kept = {name: given[name] for name in KEPT}
        return redirect(url_for("antibodies.show", ref=ref, **kept), 303)

    return forms.handled(RecordSample, act, lambda form, errors: _page(campaign, form, errors))
