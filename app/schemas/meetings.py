"""会商调度 · what goes in and out about meetings and what they gave out."""

from app.schemas import fields
from app.schemas.common import Answer, PageOut, PageQuery, PersonOut
from app.schemas.fields import Schema
from registry.meetings import (
    AGENDA_CHARS_MAX,
    AGENDA_MAX,
    ASSIGNEE_CHARS_MAX,
    MINUTES_CHARS_MAX,
    PARTICIPANTS_CHARS_MAX,
    TEXT_CHARS_MAX,
    Duty,
    Level,
)


class RecordMeeting(Schema):
    """登记会议；议程一行一项."""

    held_on = fields.Date(required=True)
    level = fields.Choice(Level, required=True)
    participants = fields.String(required=True, maximum=PARTICIPANTS_CHARS_MAX)
    agenda = fields.String(load_default="", maximum=AGENDA_MAX * AGENDA_CHARS_MAX)
    minutes = fields.String(required=True, maximum=MINUTES_CHARS_MAX)


class RecordMeetingByProgram(RecordMeeting):
    """登记会议；签到表或纪要可先存为佐证."""

    evidence = fields.Ref("evidence", load_default=None)


class AssignAction(Schema):
    """交办事项."""

    text = fields.String(required=True, maximum=TEXT_CHARS_MAX)
    assignee = fields.String(required=True, maximum=ASSIGNEE_CHARS_MAX)
    due_on = fields.Date(required=True)


class FinishAction(Schema):
    """登记办结."""

    outcome = fields.String(required=True, maximum=TEXT_CHARS_MAX)


class MeetingsQuery(PageQuery):
    """按季度任务的状态筛选."""

    need = fields.String(load_default="", maximum=10)


class MeetingOut(Answer):
    """会商或调度."""

    ref = fields.Ref("meeting")
    cluster = fields.Ref("cluster", attribute="cluster.ref")
    duty = fields.Choice(Duty)
    quarter = fields.String(metadata={"example": "2026Q4"})
    due_on = fields.Date()
    held_on = fields.Date(allow_none=True)
    level = fields.Choice(Level, allow_none=True)
    participants = fields.String(allow_none=True)
    minutes = fields.String(allow_none=True)
    by = fields.Nested(PersonOut, allow_none=True)


class ActionItemOut(Answer):
    """交办事项."""

    ref = fields.Ref("action_item")
    text = fields.String()
    assignee = fields.String()
    due_on = fields.Date()
    done_at = fields.Instant(allow_none=True)
    outcome = fields.String(allow_none=True)


class MeetingPageOut(Answer):
    """一次会议、议程（开会前是按台账拟的草稿）和交办事项."""

    meeting = fields.Nested(MeetingOut)
    agenda = fields.List(fields.String())
    items = fields.List(fields.Nested(ActionItemOut))


class MeetingsOut(PageOut):
    """会商和调度，一页."""

    rows = fields.List(fields.Nested(MeetingOut))
