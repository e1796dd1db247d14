"""账号 · opening accounts with a one-time paper code, resetting, closing them; passwords."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask import session as cookie
from flask.typing import ResponseReturnValue
from flask_login import login_user
from marshmallow import ValidationError
from werkzeug.wrappers import Response

from app import database, forms, whoami
from app.auth import accounts, invitations, logins, scopes
from app.auth.accounts import ACCOUNT_STATE_LABELS, Account, Grant
from app.auth.privileges import permission
from app.auth.refusals import Forbidden
from app.auth.roles import INVITES, ROLE_LABELS, Role, ScopeKind, may_invite
from app.schemas.accounts import ChangePassword, Invite
from app.schemas.fields import messages_of
from traceability import holdings, parties
from traceability.base.errors import Conflict, RuleViolation
from traceability.holdings import HoldingKind
from traceability.parties import Party, PartyKind

blueprint = Blueprint("accounts", __name__, url_prefix="/accounts")

KIND_OF_ROLE: dict[Role, PartyKind] = {
    Role.FARMER: PartyKind.HOUSEHOLD,
    Role.PROCESSOR: PartyKind.COMPANY,
    Role.BUYER: PartyKind.PERSON,
}
"""What kind of party a new account's holder is; a person unless said here."""


@blueprint.get("/")
@permission("account.list")
def index() -> str:
    """账号列表: those one has invited; all of them for an administrator."""
    me = whoami.account()
    inviter = None if me.role is Role.ADMINISTRATOR else me.account_id
    return render_template(
        "accounts/index.html",
        accounts=accounts.invited_by(database.session(), inviter),
        role_labels=ROLE_LABELS,
        state_labels=ACCOUNT_STATE_LABELS,
    )


@blueprint.get("/new")
@permission("account.invite")
def new() -> str:
    """开通账号."""
    return _invite_page({}, {})


def _invite_page(form: object, errors: object) -> str:
    invited = INVITES.get(whoami.account().role, frozenset())
    roles = [(role.value, ROLE_LABELS[role]) for role in Role if role in invited]
    return render_template("accounts/new.html", roles=roles, form=form, errors=errors)


@blueprint.post("/new")
@permission("account.invite")
def invite() -> ResponseReturnValue:
    """开通账号, and show its paper code this once."""
    try:
        form = forms.load(Invite)
    except ValidationError as error:
        return _invite_page(request.form, messages_of(error)), 422
    try:
        code, account = _open(form)
    except (RuleViolation, Conflict) as refusal:
        database.session().rollback()
        field = "login" if refusal.code.startswith("account.") else "_schema"
        return _invite_page(request.form, {field: [refusal.sentence]}), refusal.status
    return _code_page(account, code), 201


def _open(form: dict[str, object]) -> tuple[str, Account]:
    session, at, me = database.session(), whoami.now(), whoami.account()
    role = form["role"]
    assert isinstance(role, Role)
    if not may_invite(me.role, role):
        raise Forbidden("account.above_you", f"{me.role_label}不能开通{ROLE_LABELS[role]}账号")
    account = accounts.register(
        session,
        login=str(form["login"]),
        role=role,
        party=_holder(form, role),
        at=at,
        invited_by=accounts.get(session, me.account_id),
        scopes=_grants(form),
    )
    return invitations.issue(session, account, by=me.account_id, at=at), account


def _holder(form: dict[str, object], role: Role) -> Party:
    """The party of a new account: one that is registered, or a new one."""
    session = database.session()
    if form["party"]:
        return parties.get(session, str(form["party"]))
    return parties.register(
        session,
        kind=KIND_OF_ROLE.get(role, PartyKind.PERSON),
        name=str(form["name"]),
        phone=str(form["phone"]) or None,
        at=whoami.now(),
        by=whoami.actor(),
    )


def _grants(form: dict[str, object]) -> list[Grant]:
    """What a new account looks after; never more than the inviter does."""
    scope, found = whoami.scope(), []
    if form["holding"]:
        place = holdings.get(database.session(), str(form["holding"]))
        scopes.require(scope, place)
        kind = ScopeKind.MARKET if place.kind is HoldingKind.MARKET else ScopeKind.HOLDING
        found.append(Grant(kind, place.ref))
    if region := str(form["region"]):
        if not scope.everywhere and not region.startswith(scope.regions or ("-",)):
            raise RuleViolation("account.beyond_scope", "所选行政区划不在您的管辖范围内")
        found.append(Grant(ScopeKind.REGION, region))
    if cluster := str(form["cluster"]):
        if not scope.everywhere and cluster not in scope.clusters:
            raise RuleViolation("account.beyond_scope", "所选集群不在您的管辖范围内")
        found.append(Grant(ScopeKind.CLUSTER, cluster))
    return found


@blueprint.post("/<int:account_id>/code")
@permission("account.invite")
def reissue(account_id: int) -> ResponseReturnValue:
    """补发纸质码: for a code that was lost, or a password that was forgotten."""
    account = _below_me(account_id)
    code = invitations.issue(
        database.session(), account, by=whoami.account().account_id, at=whoami.now()
    )
    return _code_page(account, code), 201


def _code_page(account: Account, code: str) -> str:
    return render_template(
        "accounts/code.html",
        account=account,
        code=code,
        role_label=ROLE_LABELS[account.role],
        valid_days=invitations.VALID_FOR.days,
    )


@blueprint.post("/<int:account_id>/suspend")
@permission("account.suspend")
def suspend(account_id: int) -> Response:
    """停用账号."""
    account = _below_me(account_id)
    accounts.suspend(account)
    logins.end_all(database.session(), account)
    flash(f"已停用账号 {account.login}", "success")
    return redirect(url_for("accounts.index"), 303)


def _below_me(account_id: int) -> Account:
    """An account that one has invited, or any but one's own for an administrator.

    Raises:
        NotFound: `account.not_found`, also for one that is somebody else's.
    """
    me = whoami.account()
    account = accounts.get(database.session(), account_id)
    mine = me.role is Role.ADMINISTRATOR or account.invited_by_id == me.account_id
    if not mine or account.id == me.account_id:
        raise accounts.not_found()
    return account


@blueprint.get("/password")
@permission("account.own")
def password() -> str:
    """修改密码."""
    return render_template("accounts/password.html", form={}, errors={})


@blueprint.post("/password")
@permission("account.own")
def change_password() -> ResponseReturnValue:
    """修改密码; every other browser is signed out."""
    try:
        form = forms.load(ChangePassword)
    except ValidationError as error:
        return _password_again(messages_of(error))
    session, at = database.session(), whoami.now()
    account = accounts.get(session, whoami.account().account_id)
    if not accounts.password_fits(account, form["current"]):
        return _password_again({"current": ["现在的密码不对"]})
    try:
        accounts.set_password(account, form["password"], at=at)
    except RuleViolation as refusal:
        return _password_again({"password": [refusal.sentence]})
    logins.end_all(session, account)
    cookie.clear()
    cookie.permanent = True
    login_user(logins.begin(session, account, at=at))
    flash("密码已修改，其他设备上的登录已退出", "success")
    return redirect(url_for("home.show"), 303)


def _password_again(errors: dict[str, list[str]]) -> ResponseReturnValue:
    return render_template("accounts/password.html", form={}, errors=errors), 422
