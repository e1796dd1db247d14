"""代办授权 · what a grantor says of the agent, the acts and the span."""

from app.schemas import fields
from app.schemas.fields import Schema
from traceability.consents import ConsentAct


class GrantConsent(Schema):
    """授权他人代办."""

    agent_login = fields.String(required=True, maximum=60)
    acts = fields.List(fields.Choice(ConsentAct), required=True)
    until = fields.Date(required=True)
