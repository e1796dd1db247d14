"""访问日志 · which entries are asked for."""

from app.schemas import fields
from app.schemas.fields import Schema


class AccessQuery(Schema):
    """谁、从哪里、看了什么、哪段时间."""

    login = fields.String(load_default="", maximum=40)
    address = fields.String(load_default="", maximum=45)
    subject = fields.String(load_default="", maximum=100)
    first = fields.Date(load_default=None)
    last = fields.Date(load_default=None)
