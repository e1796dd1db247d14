"""统计 · coverage and timeliness by township; every number opens the records behind it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from marshmallow import EXCLUDE, ValidationError

from app import campaigning, database, measuring, workbooks
from app.auth.privileges import permission
from app.filters import permille
from app.measuring import Measured
from app.schemas.fields import messages_of
from app.schemas.measures import RecordsQuery
from traceability.holdings import COUNTY_DIGITS
from traceability.measures import DEFINED, Asked, Measure, Wanted
from traceability.treatments import DISEASE_LABELS

blueprint = Blueprint("measures", __name__, url_prefix="/statistics")
PAGE_ROWS = 100
PAGES = {
    "animal": "animals.show",
    "consignment": "consignments.show",
    "declaration": "declarations.show",
}
"""Kind of reference → the page of such a record."""


@dataclass(frozen=True, slots=True)
class Question:
    """What the address asks for."""

    measure: Measure
    period: Asked
    wanted: Wanted
    page: int


def _asked() -> Question:
    given = {name: value for name, value in request.args.items() if value.strip()}
    told: dict[str, Any] = RecordsQuery(unknown=EXCLUDE).load(given)
    return Question(
        told["measure"],
        measuring.asked(first=told["first"], last=told["last"], disease=told["disease"]),
        Wanted(told["region"], told["met"]),
        told["page"],
    )


def _mistaken(error: ValidationError) -> ResponseReturnValue:
    question = Question(Measure.TAGGED, measuring.asked(), Wanted(), 1)
    return _page(question, messages_of(error)), 422


@blueprint.get("/")
@permission("statistic.view")
def index() -> ResponseReturnValue:
    """统计: counties and townships, one chart and one table."""
    try:
        return _page(_asked(), {})
    except ValidationError as error:
        return _mistaken(error)


def _page(question: Question, errors: Mapping[str, Any]) -> str:
    shown = measuring.measured(database.session(), question.period)
    by_code: dict[str, dict[Measure, Any]] = {}
    for each in shown.measures:
        for county in each.counties:
            for row in (county.whole, *county.townships):
                by_code.setdefault(row.region_code, {})[each.measure] = row
    return render_template(
        "measures/index.html",
        shown=shown,
        chart=next(each for each in shown.measures if each.measure is question.measure),
        places=sorted(by_code.items()),
        columns=[
            {"label": "地方", "key": "place", "head": True},
            *(
                {"label": words.title, "key": each.value, "measure": each, "num": True}
                for each, words in DEFINED.items()
            ),
        ],
        figures=[_figure(each, question.period) for each in shown.measures],
        titles=[(each.value, words.title) for each, words in DEFINED.items()],
        county_digits=COUNTY_DIGITS,
        diseases=DISEASE_LABELS,
        form=request.args,
        errors=errors,
    )


def _figure(each: Measured, period: Asked) -> dict[str, str]:
    return {
        "label": each.defined.title,
        "value": permille(each.whole.permille),
        "note": f"{each.whole.met} / {each.whole.whole} {each.defined.unit}",
        "href": url_for(
            "measures.records",
            measure=each.measure.value,
            first=period.first,
            last=period.last,
            disease=period.disease.value,
        ),
    }


@blueprint.get("/sheet.xlsx")
@permission("statistic.view")
def sheet() -> ResponseReturnValue:
    """统计表: every number with its definition."""
    try:
        period = _asked().period
    except ValidationError as error:
        return _mistaken(error)
    name = f"statistics-{period.first:%Y%m%d}-{period.last:%Y%m%d}.xlsx"
    return workbooks.answer(measuring.sheet(database.session(), period), name)


@blueprint.get("/records")
@permission("statistic.view")
def records() -> ResponseReturnValue:
    """一个数背后的记录."""
    try:
        asked = _asked()
    except ValidationError as error:
        return _mistaken(error)
    session = database.session()
    total, rows = measuring.records(
        session,
        asked.measure,
        asked.period,
        asked.wanted,
        offset=(asked.page - 1) * PAGE_ROWS,
        limit=PAGE_ROWS,
    )
    codes = {each.region_code for each in rows} | ({asked.wanted.region} - {""})
    return render_template(
        "measures/records.html",
        asked=asked,
        defined=DEFINED[asked.measure],
        rows=rows,
        total=total,
        pages=max(1, -(-total // PAGE_ROWS)),
        names=campaigning.names_of(session, codes),
        page_of=PAGES,
    )


@blueprint.get("/records.xlsx")
@permission("statistic.view")
def records_sheet() -> ResponseReturnValue:
    """一个数背后的记录, as a workbook."""
    try:
        asked = _asked()
    except ValidationError as error:
        return _mistaken(error)
    book = measuring.records_sheet(database.session(), asked.measure, asked.period, asked.wanted)
    return workbooks.answer(book, f"statistics-{asked.measure.value}.xlsx")
