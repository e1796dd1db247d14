"""追踪 · the regulator's search: whom did this animal or place meet, and where are they now?"""

import csv
import io
from collections.abc import Iterator
from typing import Any

from flask import Blueprint, Response, current_app, render_template, request
from flask.typing import ResponseReturnValue
from marshmallow import EXCLUDE, ValidationError

from app import database, following
from app.auth.privileges import permission
from app.factory import settings_of
from app.following import Traced
from app.schemas.fields import messages_of
from app.schemas.tracing import CONTACTS_MAX, TracingQuery
from traceability.base.errors import Refusal
from traceability.tracing import incubation
from traceability.tracing.contacts import DIRECTION_LABELS, SAME_DAY_LABELS

blueprint = Blueprint("tracing", __name__, url_prefix="/tracing")
HEADINGS = ("方向", "场所", "乡镇", "相隔次数", "接触日", "路线", "现有头数")


@blueprint.get("/")
@permission("tracing.view")
def show() -> ResponseReturnValue:
    """追踪: the question, and below it the answer."""
    if not request.args.get("q", "").strip():
        return _page({}, None)
    try:
        return _page({}, _traced())
    except ValidationError as error:
        return _page(messages_of(error), None), 422
    except Refusal as refusal:
        return _page({"q": [refusal.sentence]}, None), refusal.status


def _traced(**changes: int) -> Traced:
    given = {name: told for name, told in request.args.items() if told.strip()}
    asked = TracingQuery(unknown=EXCLUDE).load(given)
    words = asked.pop("q")
    return following.trace(
        database.session(), settings_of(current_app), words=words, **(asked | changes)
    )


def _page(errors: dict[str, Any], found: Traced | None) -> str:
    return render_template(
        "tracing/show.html",
        form=request.args,
        errors=errors,
        found=found,
        rules=list(SAME_DAY_LABELS.items()),
        rule_names=SAME_DAY_LABELS,
        ways=DIRECTION_LABELS,
        diseases=incubation.known(),
    )


@blueprint.get("/contacts.csv")
@permission("tracing.view")
def contacts() -> ResponseReturnValue:
    """接触清单, for a spreadsheet."""
    return Response(
        b"".join(_lines(_traced(limit=CONTACTS_MAX))),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="contacts.csv"'},
    )


def _lines(found: Traced) -> Iterator[bytes]:
    yield "\ufeff".encode()
    page = io.StringIO()
    sheet = csv.writer(page)
    sheet.writerow(HEADINGS)
    for chain in (found.ingoing, found.outgoing):
        for each in chain.contacts:
            first = (DIRECTION_LABELS[chain.direction], _plain(each.name), each.township)
            way = " → ".join(each.way)
            sheet.writerow((*first, each.steps, each.first_on, _plain(way), each.head_now))
    yield page.getvalue().encode()


def _plain(told: str) -> str:
    """A name that a spreadsheet would take for a formula, as text."""
    return f"'{told}" if told.startswith(("=", "+", "-", "@")) else told
