"""动态码 · the second step at the door, and setting up the telephone that gives the codes.

Between the two steps a signed cookie says for a few minutes whose password was right; it opens
nothing. Whose role asks for a code in production sets the telephone up here at the first login.
"""

from datetime import UTC, datetime, timedelta

from flask import Blueprint, current_app, flash, redirect, render_template, url_for
from flask import session as cookie
from flask.typing import ResponseReturnValue
from flask_login import login_user
from markupsafe import Markup
from marshmallow import ValidationError

from app import config, database, forms, whoami
from app.auth import accounts, logins, second_factor
from app.auth.accounts import Account, AccountState
from app.auth.logins import SignedIn
from app.auth.privileges import permission, public
from app.auth.refusals import TooOften
from app.auth.sealing import Seal
from app.factory import settings_of
from app.labels import codes
from app.limits import GUESSING, limiter
from app.schemas.accounts import OneTimeCode
from app.schemas.fields import messages_of
from traceability.base.errors import Conflict, RuleViolation

blueprint = Blueprint("second_factor", __name__)
PENDING = "pending"
WAITS_FOR = timedelta(minutes=5)


def sign_in(account: Account, *, target: str) -> ResponseReturnValue:
    """Go on after the right password: in at once, or to the second step first."""
    session, at = database.session(), whoami.now()
    if not second_factor.is_due(account, is_production=settings_of(current_app).is_production):
        remember(logins.begin(session, account, at=at))
        return redirect(target, 303)
    if not second_factor.is_set(account):
        second_factor.prepare(account, _seal())
    cookie.clear()
    cookie[PENDING] = {"id": account.id, "at": at.isoformat(), "of": _epoch(account), "to": target}
    return redirect(url_for("second_factor.ask"), 303)


def _seal() -> Seal:
    return Seal(config.sealing_secrets(settings_of(current_app)))


def remember(me: SignedIn) -> None:
    """Put the session's token into a fresh cookie."""
    cookie.clear()
    cookie.permanent = True
    login_user(me)


def _epoch(account: Account) -> str:
    """Changes with the password: what was pending with the old one is void."""
    changed = account.password_changed_at
    return "" if changed is None else changed.astimezone(UTC).isoformat()


def _pending() -> Account | None:
    """Whose password was right a moment ago."""
    told = cookie.get(PENDING)
    if not told or whoami.now() - datetime.fromisoformat(told["at"]) > WAITS_FOR:
        return None
    found = database.session().get(Account, told["id"])
    if found is None or found.state is not AccountState.ACTIVE or told["of"] != _epoch(found):
        return None
    return found


@blueprint.get("/login/second")
@public
def ask() -> ResponseReturnValue:
    """登录第二步: the code, or the telephone's set-up at the first time."""
    account = _pending()
    if account is None:
        return redirect(url_for("login.page"), 303)
    return _page(account, {}, url_for("second_factor.answer"))


def _page(account: Account, errors: object, action: str) -> str:
    secret = second_factor.shown(account, _seal())
    address = None if secret is None else second_factor.address(account, secret)
    drawing = "" if address is None else codes.svg(address, label="动态码二维码")
    return render_template(
        "login/second.html",
        is_new=secret is not None,
        qr=Markup(drawing),  # noqa: S704 - our own drawing
        secret=secret,
        action=action,
        errors=errors,
    )


@blueprint.post("/login/second")
@public
@limiter.limit(GUESSING)
def answer() -> ResponseReturnValue:
    """登录第二步: take the code, and let in."""
    session, at, account = database.session(), whoami.now(), _pending()
    if account is None:
        return redirect(url_for("login.page"), 303)
    target = str(cookie[PENDING]["to"])
    action = url_for("second_factor.answer")
    try:
        logins.require_unlocked(session, login=account.login, at=at)
        code = forms.load(OneTimeCode)["code"]
        second_factor.accept(session, account, code, seal=_seal(), at=at)
    except TooOften as refusal:
        return _page(account, {"_schema": [refusal.sentence]}, action), 429
    except ValidationError as error:
        return _page(account, messages_of(error), action), 422
    except RuleViolation as refusal:
        _count(account.login)
        return _page(account, {"code": [refusal.sentence]}, action), 422
    remember(logins.begin(session, account, at=at))
    return redirect(target, 303)


def _count(login: str) -> None:
    """Count a wrong code in a transaction of its own, once the request's has let go."""
    database.session().rollback()
    with database.writing(whoami.now()) as short:
        logins.count_failure(short, login=login, at=whoami.now())


@blueprint.get("/accounts/second-factor")
@permission("account.own")
def show() -> ResponseReturnValue:
    """动态码: whether it is set up, and how to."""
    account = accounts.get(database.session(), whoami.account().account_id)
    if second_factor.shown(account, _seal()) is not None:
        return _page(account, {}, url_for("second_factor.confirm"))
    return render_template("accounts/second_factor.html", is_set=second_factor.is_set(account))


@blueprint.post("/accounts/second-factor")
@permission("account.own")
def begin() -> ResponseReturnValue:
    """启用动态码: make a secret and show it."""
    account = accounts.get(database.session(), whoami.account().account_id)
    try:
        second_factor.prepare(account, _seal())
    except Conflict as refusal:
        flash(refusal.sentence, "warning")
    return redirect(url_for("second_factor.show"), 303)


@blueprint.post("/accounts/second-factor/confirm")
@permission("account.own")
@limiter.limit(GUESSING)
def confirm() -> ResponseReturnValue:
    """输入手机上的第一个动态码: from now on it is asked at every login."""
    session = database.session()
    account = accounts.get(session, whoami.account().account_id)
    if second_factor.is_set(account) or account.second_factor is None:
        return redirect(url_for("second_factor.show"), 303)
    action = url_for("second_factor.confirm")
    try:
        code = forms.load(OneTimeCode)["code"]
        second_factor.accept(session, account, code, seal=_seal(), at=whoami.now())
    except ValidationError as error:
        return _page(account, messages_of(error), action), 422
    except RuleViolation as refusal:
        return _page(account, {"code": [refusal.sentence]}, action), 422
    flash("动态码已启用，下次登录时请看手机", "success")
    return redirect(url_for("second_factor.show"), 303)
