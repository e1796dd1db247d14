"""访问日志 · who looked at what, for the regulator."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from marshmallow import EXCLUDE, ValidationError

from app import database
from app.audit.lines import kind_of
from app.auth import access_log
from app.auth.access_log import Access
from app.auth.privileges import PRIVILEGES, label_of, permission
from app.auth.roles import ROLE_LABELS
from app.schemas.access import AccessQuery
from app.schemas.fields import messages_of
from traceability.base.refs import REF

blueprint = Blueprint("access", __name__, url_prefix="/access")
PAGE_ROWS = 100
PUBLIC_PATHS = {"/login": "登录", "/login/second": "登录", "/logout": "退出"}


@blueprint.get("/")
@permission("access.view")
def index() -> ResponseReturnValue:
    """访问日志, newest first, page by page."""
    before = request.args.get("before", "")
    start = int(before) if before.isascii() and before.isdigit() and len(before) < 16 else None  # noqa: PLR2004 - fits every column
    try:
        told = AccessQuery(unknown=EXCLUDE).load(
            {k: v for k, v in request.args.items() if v.strip()}
        )
    except ValidationError as error:
        return _page((), messages_of(error)), 422
    narrow = access_log.Narrow(**told)
    rows = access_log.recent(database.session(), narrow=narrow, before=start, limit=PAGE_ROWS)
    return _page(rows, {})


def _page(rows: Sequence[Access], errors: Mapping[str, Any]) -> str:
    older = rows[-1].id if len(rows) == PAGE_ROWS else None
    return render_template(
        "access/index.html",
        rows=[
            (row, what(row.permission, row.subject), subject(row.subject), searched(row.subject))
            for row in rows
        ],
        older=older,
        form=request.args,
        errors=errors,
        role_labels=ROLE_LABELS,
    )


def what(name: str, path: str) -> str:
    """What was done, in words.

    >>> what("certificate.issue", "/certificates/"), what("public", "/login"), what("public", "/t/")
    ('检疫证明：签发', '登录', '公开页面')
    """
    return label_of(name) if name in PRIVILEGES else PUBLIC_PATHS.get(path, "公开页面")


def searched(path: str) -> str:
    """What an auditor searched for.

    >>> searched("/audit/?q=王大明"), searched("/audit/")
    ('q=王大明', '')
    """
    return path.partition("?")[2]


def subject(path: str) -> tuple[str, str] | None:
    """What was looked at: its reference and what kind of thing it is.

    >>> subject("/animals/animal:00000000000000000000000000000007/death")
    ('animal:00000000000000000000000000000007', '牛只')
    >>> subject("/animals/")
    """
    found = REF.search(path)
    return (found[0], kind_of(found[0])) if found else None
