"""访问日志 · who looked at what, for the regulator."""

from flask import Blueprint, render_template, request

from app import database
from app.audit.lines import kind_of
from app.auth import access_log
from app.auth.privileges import PRIVILEGES, label_of, permission
from app.auth.roles import ROLE_LABELS
from traceability.base.refs import REF

blueprint = Blueprint("access", __name__, url_prefix="/access")
PAGE_ROWS = 100
PUBLIC_PATHS = {"/login": "登录", "/login/second": "登录", "/logout": "退出"}


@blueprint.get("/")
@permission("access.view")
def index() -> str:
    """访问日志, newest first, page by page."""
    before = request.args.get("before", "")
    start = int(before) if before.isascii() and before.isdigit() and len(before) < 16 else None  # noqa: PLR2004 - fits every column
    rows = access_log.recent(database.session(), before=start, limit=PAGE_ROWS)
    older = rows[-1].id if len(rows) == PAGE_ROWS else None
    return render_template(
        "access/index.html",
        rows=[(row, what(row.permission, row.subject), subject(row.subject)) for row in rows],
        older=older,
        role_labels=ROLE_LABELS,
    )


def what(name: str, path: str) -> str:
    """What was done, in words.

    >>> what("certificate.issue", "/certificates/"), what("public", "/login"), what("public", "/t/")
    ('检疫证明：签发', '登录', '公开页面')
    """
    return label_of(name) if name in PRIVILEGES else PUBLIC_PATHS.get(path, "公开页面")


def subject(path: str) -> tuple[str, str] | None:
    """What was looked at: its reference and what kind of thing it is.

    >>> subject("/animals/animal:00000000000000000000000000000007/death")
    ('animal:00000000000000000000000000000007', '牛只')
    >>> subject("/animals/")
    """
    found = REF.search(path)
    return (found[0], kind_of(found[0])) if found else None
