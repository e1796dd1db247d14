"""重点任务 · what goes in and out about a main task and its progress."""

from app.schemas import fields
from app.schemas.charges import ChargeOut
from app.schemas.common import Answer
from app.schemas.projects import ProgressOut, RecordProgress


class RecordTaskProgressByProgram(RecordProgress):
    """登记任务进展；佐证先存好."""

    evidence = fields.Ref("evidence", load_default=None)


class TaskProgressOut(ProgressOut):
    """任务进展."""

    ref = fields.Ref("task_progress")


class MainTaskOut(Answer):
    """重点任务、责任人（最新的在前）和进展（最新的在前）."""

    ref = fields.Ref("task", attribute="task.ref")
    cluster = fields.Ref("cluster", attribute="task.cluster.ref")
    number = fields.String(attribute="task.number")
    name = fields.String(attribute="task.name")
    quote = fields.String(attribute="task.quote")
    charges = fields.List(fields.Nested(ChargeOut))
    progress = fields.List(fields.Nested(TaskProgressOut))
