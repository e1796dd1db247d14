"""工作组与专班 · what goes in and out about teams and their members."""

from app.schemas import fields
from app.schemas.common import Answer
from app.schemas.fields import Schema
from registry.teams import NAME_CHARS_MAX, TEXT_CHARS_MAX, Side, TeamKind


class FormTeam(Schema):
    """成立工作组或专班."""

    kind = fields.Choice(TeamKind, required=True)
    name = fields.String(required=True, maximum=NAME_CHARS_MAX)
    mandate = fields.String(required=True, maximum=TEXT_CHARS_MAX)
    formed_on = fields.Date(required=True)


class AppointMember(Schema):
    """任命成员."""

    name = fields.String(required=True, maximum=NAME_CHARS_MAX)
    office = fields.String(required=True, maximum=NAME_CHARS_MAX)
    side = fields.Choice(Side, required=True)
    position = fields.String(required=True, maximum=NAME_CHARS_MAX)
    from_on = fields.Date(required=True)
    until_on = fields.Date(load_default=None)


class ReleaseMember(Schema):
    """结束任期."""

    until_on = fields.Date(required=True)


class DissolveTeam(Schema):
    """撤销工作组或专班."""

    dissolved_on = fields.Date(required=True)
    reason = fields.String(required=True, maximum=TEXT_CHARS_MAX)


class TeamOut(Answer):
    """工作组或专班."""

    ref = fields.Ref("team")
    cluster = fields.Ref("cluster", attribute="cluster.ref")
    kind = fields.Choice(TeamKind)
    name = fields.String()
    mandate = fields.String()
    formed_on = fields.Date()
    dissolved_on = fields.Date(allow_none=True)


class MemberOut(Answer):
    """成员."""

    ref = fields.Ref("team_member")
    name = fields.String()
    office = fields.String()
    side = fields.Choice(Side)
    position = fields.String()
    from_on = fields.Date()
    until_on = fields.Date(allow_none=True)


class TeamPageOut(Answer):
    """工作组或专班和它的成员."""

    team = fields.Nested(TeamOut)
    members = fields.List(fields.Nested(MemberOut))
