"""门禁 · what every request passes before its view: who is it, may they, and is it really them.

Registered in this order: identity, permission, forgery protection. A view without a declared
permission is refused.
"""

from flask import Flask, current_app, request
from flask_login import LoginManager
from flask_wtf import CSRFProtect

from app import database, whoami
from app.auth import logins, privileges, tokens
from app.auth.logins import SignedIn
from app.auth.privileges import PUBLIC
from app.auth.refusals import Forbidden, NotSignedIn

BEARER = "Bearer "
login_manager = LoginManager()
login_manager.session_protection = (
    None  # a phone changes its address; the token is kept server-side
)
csrf = CSRFProtect()


def init_app(app: Flask) -> None:
    """Put the guard before every view."""
    login_manager.init_app(app)
    app.before_request(check_permission)
    app.config["WTF_CSRF_CHECK_DEFAULT"] = False  # `check_forgery` decides
    csrf.init_app(app)
    app.before_request(check_forgery)


def bearer() -> str | None:
    """The API token of the request."""
    header = request.headers.get("Authorization", "")
    return header.removeprefix(BEARER).strip() if header.startswith(BEARER) else None


@login_manager.user_loader  # type: ignore[untyped-decorator]  # flask_login has no types
def _of_cookie(token: str) -> SignedIn | None:
    if "Authorization" in request.headers:
        found: SignedIn | None = _of_request(request)
        return found
    with database.reading() as short:
        return logins.resume(short, token, at=whoami.now())


@login_manager.request_loader  # type: ignore[untyped-decorator]  # flask_login has no types
def _of_request(_request: object) -> SignedIn | None:
    if (token := bearer()) is None:
        return None
    with database.reading() as short:
        return tokens.resume(short, token, at=whoami.now())


def check_permission() -> None:
    """Refuse whoever may not use the view.

    Raises:
        NotSignedIn: `login.needed`, `token.refused`.
        Forbidden: `permission.undeclared`, `permission.denied`.
    """
    if request.endpoint is None:
        return  # no such page; the answer comes later
    needed = privileges.declared_here(current_app)
    if needed == PUBLIC:
        return
    if needed is None:
        raise Forbidden("permission.undeclared", "此页面未声明权限，暂不开放")
    me = whoami.account_or_none()
    if me is None and bearer() is not None:
        raise NotSignedIn("token.refused", "接口令牌无效、已过期或已撤销")
    if me is None:
        raise NotSignedIn("login.needed", "请先登录")
    if not me.may(needed):
        raise Forbidden("permission.denied", f"{me.role_label}账号没有这项权限")


def check_forgery() -> None:
    """Ask for the page's own token where a cookie speaks for the person; API tokens need none."""
    if request.endpoint is None or bearer() is not None:
        return
    if current_app.config["WTF_CSRF_ENABLED"]:
        csrf.protect()
