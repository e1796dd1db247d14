"""接口令牌 · keys for programs: issued by whoever is signed in, shown once, revoked at any time."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from marshmallow import ValidationError
from werkzeug.wrappers import Response

from app import database, forms, whoami
from app.auth import tokens
from app.auth.privileges import PRIVILEGES, label_of, permission
from app.schemas.fields import messages_of
from app.schemas.tokens import IssueToken
from traceability.base.errors import RuleViolation

blueprint = Blueprint("tokens", __name__, url_prefix="/tokens")


@blueprint.get("/")
@permission("token.manage")
def index() -> str:
    """接口令牌列表."""
    return _page({}, {})


def _page(form: object, errors: object) -> str:
    me = whoami.account()
    return render_template(
        "tokens/index.html",
        tokens=tokens.of_account(database.session(), me.account_id),
        permissions=[(name, label_of(name)) for name in PRIVILEGES if me.may(name)],
        form=form,
        errors=errors,
        at=whoami.now(),
    )


@blueprint.post("/")
@permission("token.manage")
def issue() -> ResponseReturnValue:
    """申请令牌."""
    try:
        form = forms.load(IssueToken)
        token, text = tokens.issue(
            database.session(), account_id=whoami.account().account_id, at=whoami.now(), **form
        )
    except ValidationError as error:
        return _page(request.form, messages_of(error)), 422
    except RuleViolation as refusal:
        return _page(request.form, {"_schema": [refusal.sentence]}), 422
    return render_template("tokens/issued.html", token=token, text=text), 201


@blueprint.post("/<int:token_id>/revoke")
@permission("token.manage")
def revoke(token_id: int) -> Response:
    """撤销令牌."""
    me = whoami.account()
    token = tokens.revoke(database.session(), token_id, account_id=me.account_id, at=whoami.now())
    flash(f"已撤销令牌“{token.name}”", "success")
    return redirect(url_for("tokens.index"), 303)
