"""登录 · the door: signing in, signing out, choosing a password with a paper code."""

from flask import Blueprint, redirect, render_template, request, url_for
from flask import session as cookie
from flask.typing import ResponseReturnValue
from marshmallow import ValidationError
from werkzeug.wrappers import Response

from app import database, forms, whoami
from app.auth import accounts, invitations, logins
from app.auth.privileges import permission, public
from app.auth.refusals import NotSignedIn, TooOften
from app.limits import GUESSING, limiter
from app.schemas.accounts import LogIn, Redeem
from app.schemas.fields import messages_of
from app.web import second_factor
from traceability.base.errors import RuleViolation

blueprint = Blueprint("login", __name__)


@blueprint.get("/login")
@public
def page() -> ResponseReturnValue:
    """登录页."""
    if whoami.account_or_none() is not None:
        return redirect(url_for("home.show"), 303)
    return render_template("login/page.html", form={"next": request.args.get("next", "")})


@blueprint.post("/login")
@public
@limiter.limit(GUESSING)
def enter() -> ResponseReturnValue:
    """登录."""
    try:
        form = forms.load(LogIn)
        with database.reading() as short:
            account = logins.authenticate(
                short, login=form["login"], password=form["password"], at=whoami.now()
            )
    except ValidationError as error:
        return _login_again(messages_of(error), 422)
    except NotSignedIn as refusal:
        with database.writing(whoami.now()) as short:
            logins.count_failure(short, login=form["login"], at=whoami.now())
        return _login_again({"_schema": [refusal.sentence]}, 422)
    except TooOften as refusal:
        return _login_again({"_schema": [refusal.sentence]}, 429)
    known = accounts.get(database.session(), account.id)
    return second_factor.sign_in(known, target=_safe(form["next"]))


def _login_again(errors: dict[str, list[str]], status: int) -> ResponseReturnValue:
    return render_template("login/page.html", form=request.form, errors=errors), status


def _safe(target: str) -> str:
    """A page of ours to go on with; never another site.

    >>> _safe("/animals"), _safe("//evil.example"), _safe("https://evil.example")
    ('/animals', '/', '/')
    """
    plain = target.isprintable() and "\\" not in target
    return target if plain and target.startswith("/") and not target.startswith("//") else "/"


@blueprint.post("/logout")
@permission("account.own")
def leave() -> Response:
    """退出."""
    logins.end(database.session(), whoami.account().token)
    cookie.clear()
    return redirect(url_for("login.page"), 303)


@blueprint.get("/login/code")
@public
def code() -> str:
    """凭纸质码设置密码."""
    return render_template("login/code.html", form=request.args)


@blueprint.post("/login/code")
@public
@limiter.limit(GUESSING)
def redeem() -> ResponseReturnValue:
    """凭纸质码设置密码并登录."""
    try:
        form = forms.load(Redeem)
    except ValidationError as error:
        return _code_again(messages_of(error))
    session, at = database.session(), whoami.now()
    try:
        account = invitations.redeem(
            session, login=form["login"], code=form["code"], password=form["password"], at=at
        )
    except RuleViolation as refusal:
        field = "password" if refusal.code == "account.weak_password" else "_schema"
        return _code_again({field: [refusal.sentence]})
    return second_factor.sign_in(account, target=url_for("home.show"))


def _code_again(errors: dict[str, list[str]]) -> ResponseReturnValue:
    return render_template("login/code.html", form=request.form, errors=errors), 422
