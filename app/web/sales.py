"""成交记录 · the sales one may see, each with its receipt on paper or screen."""

from flask import Blueprint, Response, render_template, request
from markupsafe import Markup
from marshmallow import EXCLUDE

from app import database, whoami
from app.auth.privileges import permission
from app.desk import selling
from app.labels import printing
from app.labels.receipt import ReceiptSize, receipt_pdf
from app.schemas.sales import ReceiptQuery
from market.sales.records import SALE_STATE_LABELS, SaleState
from traceability.base.units import PRICE_UNIT_LABELS

blueprint = Blueprint("sales", __name__, url_prefix="/sales")
STATE_TONES = {
    SaleState.SETTLED: "ok",
    SaleState.CANCELLED: "stop",
    SaleState.DISPUTED: "stop",
    SaleState.AGREED: "warn",
    SaleState.WEIGHED: "warn",
}


@blueprint.get("/")
@permission("sale.view")
def index() -> str:
    """成交记录, newest first; of one animal by its tag."""
    page, words = request.args.get("page", 1, type=int), request.args.get("q", "").strip()[:40]
    found = selling.listed(database.session(), words=words, page=page)
    return render_template("sales/index.html", found=found, words=words, **_labels())


def _labels() -> dict[str, object]:
    return {"states": SALE_STATE_LABELS, "tones": STATE_TONES, "units": PRICE_UNIT_LABELS}


@blueprint.get("/<ref:ref>/receipt")
@permission("sale.view")
def receipt(ref: str) -> str:
    """回执, to look at and to print."""
    session = database.session()
    sale = selling.get(session, ref)
    told = printing.receipt_of(session, sale)
    return render_template(
        "sales/receipt.html",
        sale=sale,
        receipt=told,
        animal_code=Markup(printing.qr_svg(told.animal_link)),  # noqa: S704 - our own drawing
        receipt_code=Markup(  # noqa: S704 - our own drawing
            printing.qr_svg(told.receipt_link, label="二维码：扫码核对凭证")
        ),
        now=whoami.now(),
        **_labels(),
    )


@blueprint.get("/<ref:ref>/receipt.pdf")
@permission("sale.view")
def receipt_file(ref: str) -> Response:
    """回执 as PDF: A5 unless `size` says a4 or 80mm."""
    size: ReceiptSize = ReceiptQuery(unknown=EXCLUDE).load(request.args)["size"]
    session = database.session()
    told = printing.receipt_of(session, selling.get(session, ref))
    answer = Response(receipt_pdf(told, size), content_type="application/pdf")
    answer.headers["Content-Disposition"] = f'inline; filename="{told.code}.pdf"'
    return answer
