"""个人资料 · what goes in when two people hand out, erase or hold somebody's data."""

from enum import StrEnum

from app.schemas import fields
from app.schemas.fields import Schema


class PersonalAct(StrEnum):
    """办理事项."""

    EXPORT = "export"
    ERASE = "erase"
    HOLD = "hold"
    LIFT = "lift"


class PersonalStep(Schema):
    """办理一项 · the second person signs with an account of their own."""

    act = fields.Choice(PersonalAct, required=True)
    reason = fields.String(required=True, maximum=200)
    second_login = fields.String(required=True, maximum=40)
    second_password = fields.Password(required=True)
    second_code = fields.String(load_default="", maximum=20)
