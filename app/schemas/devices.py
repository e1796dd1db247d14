"""设备 · what goes in about readers and scales."""

from app.schemas import fields
from app.schemas.fields import Schema
from devices.devices import STABLE_FRAMES_MAX, DeviceKind

PLACE_CHARS_MAX = 40


class RegisterDevice(Schema):
    """登记设备; of a reader, division and range are ignored."""

    code = fields.String(required=True, maximum=32, metadata={"example": "xh-scale-01"})
    kind = fields.Choice(DeviceKind, required=True)
    format = fields.String(required=True, maximum=32)
    holding = fields.Ref("holding", required=True)
    crate = fields.String(load_default="", maximum=PLACE_CHARS_MAX)
    gate = fields.String(load_default="", maximum=PLACE_CHARS_MAX)
    division_g = fields.Integer(load_default=0, minimum=0, maximum=100_000)
    max_kg = fields.Integer(load_default=0, minimum=0, maximum=100_000)
    stable_frames = fields.Integer(load_default=5, minimum=1, maximum=STABLE_FRAMES_MAX)
