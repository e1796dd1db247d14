"""接口令牌 · issuing and revoking keys for programs, by a program that may."""

from collections.abc import Sequence
from typing import Any

from app import database, whoami
from app.api.base import Blueprint
from app.auth import tokens
from app.auth.privileges import permission
from app.auth.tokens import ApiToken
from app.schemas.tokens import IssuedToken, IssueToken, Token

blueprint = Blueprint("api_tokens", __name__, url_prefix="/api/tokens", description="接口令牌")


@blueprint.get("/")
@permission("token.manage")
@blueprint.response(200, Token(many=True))
def index() -> Sequence[ApiToken]:
    """本账号的令牌."""
    return tokens.of_account(database.session(), whoami.account().account_id)


@blueprint.post("/")
@permission("token.manage")
@blueprint.arguments(IssueToken)
@blueprint.response(201, IssuedToken)
def issue(form: dict[str, Any]) -> dict[str, Any]:
    """申请令牌; its text is given this once."""
    me = whoami.account()
    token, text = tokens.issue(
        database.session(), account_id=me.account_id, at=whoami.now(), **form
    )
    return {"token": token, "text": text}


@blueprint.delete("/<int:token_id>")
@permission("token.manage")
@blueprint.response(204)
def revoke(token_id: int) -> None:
    """撤销令牌."""
    me = whoami.account()
    tokens.revoke(database.session(), token_id, account_id=me.account_id, at=whoami.now())
