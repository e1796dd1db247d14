"""行情 · what cattle fetched on the newest market day, from the markets' own sales."""

from flask import Blueprint, render_template, request

from app import database, whoami
from app.auth.privileges import permission
from market import prices
from traceability.base.clock import legal_day

blueprint = Blueprint("prices", __name__, url_prefix="/prices")
HOME_COUNTY = "520526"
COUNTY_CHARS = 6


@blueprint.get("/")
@permission("price.view")
def index() -> str:
    """行情."""
    chosen = request.args.get("county", "")
    county = chosen if chosen.isdigit() and len(chosen) == COUNTY_CHARS else HOME_COUNTY
    days = prices.newest_days(database.session(), county=county, at=whoami.now())
    return render_template("prices/index.html", days=days, today=legal_day(whoami.now()))
