"""设备 · readers and scales as the platform knows them: format, division, range, place.

How a device's bytes are to be read is a property of this record and never guessed from the
bytes. A device is a thing events *mention*; it has no line of its own in the chain: a weighing
carries the facts of its device (code, format, division) in its own event.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from traceability.base.db import Base
from traceability.base.errors import Conflict, NotFound, RuleViolation
from traceability.base.refs import REF_CHARS_MAX, new_ref

from .drivers.formats import FORMATS

CODE = re.compile(r"[a-z0-9-]{3,32}")
RESERVED_CODES = {"platform"}  # the platform's own account on every broker
DIVISION_G_MAX = 100_000
RANGE_G_MAX = 100_000_000
STABLE_FRAMES_MAX = 100


class DeviceKind(StrEnum):
    """设备类别 · what a device measures."""

    READER = "reader"
    SCALE = "scale"


class DeviceState(StrEnum):
    """设备状态 · whether readings of the device are still taken."""

    ACTIVE = "active"
    RETIRED = "retired"


DEVICE_KIND_LABELS: dict[DeviceKind, str] = {
    DeviceKind.READER: "耳标阅读器",
    DeviceKind.SCALE: "地磅",
}
MEASURES: dict[DeviceKind, str] = {DeviceKind.READER: "tag", DeviceKind.SCALE: "weight"}
DEVICE_STATE_LABELS: dict[DeviceState, str] = {
    DeviceState.ACTIVE: "使用中",
    DeviceState.RETIRED: "已停用",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceFacts:
    """How the bytes of one device are to be read; plain values, for the pure rules."""

    code: str
    kind: DeviceKind
    format: str
    division_g: int = 0
    max_g: int = 0
    stable_frames: int = 5


class Device(Base):
    """设备 · one reader or scale; its code is its MQTT client id and user name."""

    __tablename__ = "device"

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(
        String(REF_CHARS_MAX), unique=True, default=lambda: new_ref("device")
    )
    code: Mapped[str] = mapped_column(String(32), unique=True)
    kind: Mapped[DeviceKind]
    format: Mapped[str] = mapped_column(String(32))
    division_g: Mapped[int]  # 0 for a reader
    max_g: Mapped[int]  # 0 for a reader
    stable_frames: Mapped[int]  # equal frames in a row that make a weight stable, if no flag does
    holding: Mapped[str] = mapped_column(String(80), index=True)
    gate: Mapped[str | None] = mapped_column(String(40))
    crate: Mapped[str | None] = mapped_column(String(40))
    state: Mapped[DeviceState]
    registered_at: Mapped[datetime]
    registered_by: Mapped[str] = mapped_column(String(60))

    @property
    def facts(self) -> DeviceFacts:
        """The device's facts without the database."""
        return DeviceFacts(
            code=self.code,
            kind=self.kind,
            format=self.format,
            division_g=self.division_g,
            max_g=self.max_g,
            stable_frames=self.stable_frames,
        )


UNCHAINED_TABLES = {
    "device": "mentioned, never a subject; each weighing carries its scale's facts in its event"
}


def is_code(text: str) -> bool:
    """Whether a text may name a device.

    >>> is_code("crate-1"), is_code("Crate/1"), is_code("x")
    (True, False, False)
    """
    return CODE.fullmatch(text) is not None


def register(
    session: Session,
    facts: DeviceFacts,
    *,
    holding: str,
    gate: str | None = None,
    crate: str | None = None,
    at: datetime,
    by: str,
) -> Device:
    """Enter a new device at a holding (its reference), perhaps at a gate and a crate.

    Raises:
        RuleViolation: `device.bad_code`, `device.unknown_format`, `device.bad_scale`.
        Conflict: `device.code_in_use`.
    """
    _check(facts)
    if session.scalar(select(Device).where(Device.code == facts.code)) is not None:
        raise Conflict("device.code_in_use", f"设备编号 {facts.code} 已被使用，请换一个编号")
    device = Device(
        code=facts.code,
        kind=facts.kind,
        format=facts.format,
        division_g=facts.division_g,
        max_g=facts.max_g,
        stable_frames=facts.stable_frames,
        holding=holding,
        gate=gate,
        crate=crate,
        state=DeviceState.ACTIVE,
        registered_at=at,
        registered_by=by,
    )
    session.add(device)
    session.flush()
    return device


def _check(facts: DeviceFacts) -> None:
    if not is_code(facts.code) or facts.code in RESERVED_CODES:
        raise RuleViolation(
            "device.bad_code", "设备编号须为3至32位小写字母、数字或连字符，例如 crate-1"
        )
    known = FORMATS.get(facts.format)
    if known is None or known.kind != MEASURES[facts.kind]:
        raise RuleViolation(
            "device.unknown_format", f"{DEVICE_KIND_LABELS[facts.kind]}没有 {facts.format} 这种格式"
        )
    if facts.kind is DeviceKind.READER:
        return
    whole = (
        0 < facts.division_g <= DIVISION_G_MAX
        and facts.division_g <= facts.max_g <= RANGE_G_MAX
        and 1 <= facts.stable_frames <= STABLE_FRAMES_MAX
    )
    if not whole:
        raise RuleViolation("device.bad_scale", "地磅须填写分度值、最大称量和稳定所需帧数")


def retire(session: Session, device: Device) -> None:
    """Take a device out of use: its readings are set aside from now on."""
    device.state = DeviceState.RETIRED
    session.flush()


def by_code(session: Session, code: str) -> Device:
    """The device of a code.

    Raises:
        NotFound: `device.unknown`.
    """
    device = session.scalar(select(Device).where(Device.code == code))
    if device is None:
        raise NotFound("device.unknown", f"没有编号为 {code} 的设备")
    return device


def get(session: Session, ref: str) -> Device:
    """The device of that reference.

    Raises:
        NotFound: `device.not_found`.
    """
    device = session.scalar(select(Device).where(Device.ref == ref))
    if device is None:
        raise NotFound("device.not_found", "没有找到这台设备")
    return device


def everything(session: Session) -> list[Device]:
    """All devices in order of their code."""
    return list(session.scalars(select(Device).order_by(Device.code)))


def at_crates(session: Session, holding: str) -> list[Device]:
    """The devices in use at the crates of a holding, crate by crate."""
    mine = select(Device).where(
        Device.holding == holding, Device.crate.is_not(None), Device.state == DeviceState.ACTIVE
    )
    return list(session.scalars(mine.order_by(Device.crate, Device.code)))
