"""证据 · what goes in and out about files."""

from app.schemas import fields
from app.schemas.common import Answer
from app.schemas.fields import Schema


class SendEvidence(Schema):
    """上传证据 · a photograph or a PDF, and what it shows."""

    file = fields.Upload(required=True)
    title = fields.String(required=True, maximum=80, metadata={"example": "圈舍照片"})


class UploadEvidence(Schema):
    """上传证据 from a page; the file comes beside the form."""

    title = fields.String(required=True, maximum=80)


class EvidenceOut(Answer):
    """证据."""

    ref = fields.Ref("evidence")
    sha256 = fields.String(metadata={"description": "文件的 SHA-256，十六进制"})
    media_type = fields.String()
    size_bytes = fields.Integer()
    title = fields.String()
