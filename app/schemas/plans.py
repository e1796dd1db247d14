"""六个一 · what goes in and out about the versions of a cluster's six documents."""

from app.schemas import fields
from app.schemas.common import Answer, PersonOut
from app.schemas.fields import Schema
from registry.clusters import NAME_CHARS_MAX
from registry.plans import PlanKind, PlanState


class IssuePlan(Schema):
    """发布新版本；第二版起须有集体决策."""

    kind = fields.Choice(PlanKind, required=True)
    title = fields.String(required=True, maximum=NAME_CHARS_MAX)
    effective_from = fields.Date(required=True)
    decision = fields.Ref("decision", load_default=None)


class IssuePlanByProgram(IssuePlan):
    """发布新版本；文件先存为佐证."""

    evidence = fields.Ref("evidence", required=True)


class PlanOut(Answer):
    """一个版本."""

    ref = fields.Ref("plan")
    kind = fields.Choice(PlanKind)
    version = fields.Integer()
    title = fields.String()
    effective_from = fields.Date()
    decision = fields.Ref("decision", attribute="decision.ref", allow_none=True, dump_default=None)
    evidence = fields.Ref("evidence", attribute="evidence.ref")
    by = fields.Nested(PersonOut)
    at = fields.Instant()


class PlansOut(Answer):
    """一个集群的一项，全部版本，新的在前."""

    kind = fields.Choice(PlanKind)
    versions = fields.List(fields.Nested(PlanOut))


class CellOut(Answer):
    """一格."""

    kind = fields.Choice(PlanKind)
    state = fields.Choice(PlanState)
    plan = fields.Nested(PlanOut, allow_none=True)
    versions = fields.Integer(metadata={"description": "共有几个版本"})


class BoardRowOut(Answer):
    """一个集群的六个一."""

    cluster = fields.Ref("cluster", attribute="cluster.ref")
    name = fields.String(attribute="cluster.name")
    complete = fields.Integer(metadata={"description": "六项中现行的有几项"})
    cells = fields.List(fields.Nested(CellOut))
