"""到期免疫 · the due lists by village: on the screen, on paper, as a workbook to fill in."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from marshmallow import EXCLUDE, ValidationError

from app import campaigning, database, due_sheets, whoami, workbooks
from app.auth.privileges import permission
from app.due_sheets import Wanted
from app.schemas.due_lists import DuePageQuery
from app.schemas.fields import messages_of
from traceability import due_lists
from traceability.base.clock import legal_day
from traceability.due_lists import DUE_LABELS
from traceability.treatments import DISEASE_LABELS, Disease

blueprint = Blueprint("due_lists", __name__, url_prefix="/due-lists")
PAGE_ROWS = 200


def _asked() -> dict[str, Any]:
    """What the address asks for; a blank is not given."""
    given = {name: value for name, value in request.args.items() if value.strip()}
    told: dict[str, Any] = DuePageQuery(unknown=EXCLUDE).load(given)
    return told


@blueprint.get("/")
@permission("campaign.view")
def show() -> ResponseReturnValue:
    """各村该打多少头; of a village, which ones."""
    try:
        told = _asked()
    except ValidationError as error:
        wanted = Wanted(Disease.FMD, legal_day(whoami.now()))
        return _page(wanted, 1, messages_of(error)), 422
    return _page(_wanted(told), told["page"], {})


def _wanted(told: Mapping[str, Any]) -> Wanted:
    return Wanted(told["disease"], told["day"] or legal_day(whoami.now()), told["region"])


def _page(wanted: Wanted, page: int, errors: Mapping[str, Any]) -> str:
    session = database.session()
    villages = due_sheets.villages(session, wanted)
    total = sum(each.due for each in villages)
    everything = "all" in request.args
    rows_a_page = due_sheets.ROWS_MAX if everything else PAGE_ROWS
    pages = max(1, -(-total // rows_a_page))
    page = min(page, pages)
    rows = []
    if wanted.region:
        offset = (page - 1) * rows_a_page
        rows = due_sheets.rows(session, wanted, offset=offset, limit=rows_a_page)
    codes = {each.region_code for each in villages} | ({wanted.region} - {""})
    return render_template(
        "due_lists/show.html",
        wanted=wanted,
        villages=villages,
        rows=rows,
        names=campaigning.names_of(session, codes),
        page=page,
        pages=pages,
        total=total,
        everything=everything,
        plan=due_lists.schedule(session, wanted.disease, wanted.day),
        now=whoami.now(),
        diseases=DISEASE_LABELS,
        labels=DUE_LABELS,
        errors=errors,
        form=request.args,
    )


@blueprint.get("/sheet.xlsx")
@permission("campaign.view")
def sheet() -> ResponseReturnValue:
    """名单表: filled in by hand and sent back as a campaign's upload."""
    try:
        wanted = _wanted(_asked())
    except ValidationError as error:
        return _page(Wanted(Disease.FMD, legal_day(whoami.now())), 1, messages_of(error)), 422
    name = f"due-{wanted.region if wanted.region.isdecimal() else 'all'}-{wanted.day:%Y%m%d}.xlsx"
    return workbooks.answer(due_sheets.workbook(database.session(), wanted), name)
