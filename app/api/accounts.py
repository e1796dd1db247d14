"""账号接口 · who the caller is and what it may do."""

from typing import Any

from app import whoami
from app.api.base import Blueprint
from app.auth.privileges import PRIVILEGES, permission
from app.schemas.accounts import Account

blueprint = Blueprint("api_accounts", __name__, url_prefix="/api", description="账号")


@blueprint.get("/me")
@permission("account.own")
@blueprint.response(200, Account)
def me() -> dict[str, Any]:
    """当前账号.

    返回令牌或登录所属的账号、角色，以及可用的权限。
    """
    account = whoami.account()
    return {
        "account_id": account.account_id,
        "login": account.login,
        "role": account.role,
        "role_label": account.role_label,
        "name": account.name,
        "party": account.party,
        "permissions": [name for name in PRIVILEGES if account.may(name)],
    }
