"""账号 · what people send about logins, paper codes and passwords."""

from typing import Any

from marshmallow import ValidationError, validates_schema

from app.auth.roles import Role
from app.schemas import fields
from app.schemas.fields import Schema


class LogIn(Schema):
    """登录."""

    login = fields.String(required=True, maximum=60)
    password = fields.Password(required=True)
    next = fields.String(load_default="", maximum=400)


class OneTimeCode(Schema):
    """动态码."""

    code = fields.String(required=True, maximum=20)


class Repeated(Schema):
    """A new password, typed twice."""

    password = fields.Password(required=True)
    again = fields.Password(required=True)

    @validates_schema
    def _same(self, data: dict[str, Any], **_context: object) -> None:
        if data.get("password") != data.get("again"):
            raise ValidationError("两次输入的密码不一样", "again")


class Redeem(Repeated):
    """凭纸质码设置密码."""

    login = fields.String(required=True, maximum=60)
    code = fields.String(required=True, maximum=40)


class ChangePassword(Repeated):
    """修改密码."""

    current = fields.Password(required=True)


class Invite(Schema):
    """开通账号 · for a party that is registered, or for a new one."""

    login = fields.String(required=True, maximum=60)
    role = fields.Choice(Role, required=True)
    party = fields.Ref("party", load_default="")
    name = fields.String(load_default="", maximum=60)
    phone = fields.String(load_default="", maximum=40)
    holding = fields.Ref("holding", load_default="")
    region = fields.String(load_default="", maximum=12)
    cluster = fields.String(load_default="", maximum=40)

    @validates_schema
    def _somebody(self, data: dict[str, Any], **_context: object) -> None:
        if not data.get("party") and not data.get("name"):
            raise ValidationError("请填写姓名或单位名称", "name")


class Account(Schema):
    """账号 · as the API shows it."""

    id = fields.Integer(attribute="account_id", required=True)
    login = fields.String(required=True)
    role = fields.Choice(Role, required=True)
    role_label = fields.String(required=True)
    name = fields.String(required=True)
    party = fields.Ref("party", required=True)
    permissions = fields.List(fields.String(), required=True)
