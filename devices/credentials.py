"""设备凭证 · the password of one device: shown once, kept as hashes, revoked alone.

The embedded broker checks the Argon2id hash in the database; mosquitto 2.0 reads a file of
PBKDF2-SHA512 lines, which `password_file` writes. Passwords are 160 random bits, so a second,
faster hash beside Argon2id gives nothing away.
"""

import base64
import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError
from sqlalchemy import ForeignKey, Select, String, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from traceability.base.db import Base
from traceability.base.errors import Conflict, NotFound

from .devices import Device, DeviceState

PASSWORD_BYTES = 20
MOSQUITTO_ROUNDS = 101  # what mosquitto_passwd writes
MOSQUITTO_SALT_BYTES = 12
_hasher = PasswordHasher()


class Credential(Base):
    """设备凭证 · the hashes of one password of one device, with its life."""

    __tablename__ = "credential"

    id: Mapped[int] = mapped_column(primary_key=True)
    device_id: Mapped[int] = mapped_column(ForeignKey("device.id"), index=True)
    password_hash: Mapped[str] = mapped_column(String(200))
    mosquitto_hash: Mapped[str] = mapped_column(String(200))
    issued_at: Mapped[datetime]
    issued_by: Mapped[str] = mapped_column(String(60))
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    revoked_by: Mapped[str | None] = mapped_column(String(60))

    device: Mapped[Device] = relationship()


UNCHAINED_TABLES = {
    "credential": "access to the broker, not a fact of the trade; the access log keeps who did it"
}


@dataclass(frozen=True, slots=True)
class Account:
    """A name and a password, as a client gives them to the broker."""

    name: str
    password: str


def issue(
    session: Session,
    device: Device,
    *,
    at: datetime,
    by: str,
    expires_at: datetime | None = None,
) -> str:
    """Give a device its password; the answer is the only place where it is ever readable.

    Raises:
        Conflict: `credential.already_issued`, `credential.device_retired`.
    """
    if device.state is not DeviceState.ACTIVE:
        raise Conflict("credential.device_retired", f"设备 {device.code} 已停用，不能发放凭证")
    if _of(session, device.code, at) is not None:
        raise Conflict("credential.already_issued", f"设备 {device.code} 已有凭证，请改用“更换”")
    password = secrets.token_hex(PASSWORD_BYTES)
    session.add(
        Credential(
            device=device,
            password_hash=_hasher.hash(password),
            mosquitto_hash=mosquitto_hash(password),
            issued_at=at,
            issued_by=by,
            expires_at=expires_at,
        )
    )
    session.flush()
    return password


def revoke(session: Session, device: Device, *, at: datetime, by: str) -> None:
    """End the device's password now; the broker closes its connection within seconds.

    Raises:
        NotFound: `credential.none`.
    """
    credential = _of(session, device.code, at)
    if credential is None:
        raise NotFound("credential.none", f"设备 {device.code} 没有有效凭证")
    credential.revoked_at = at
    credential.revoked_by = by
    session.flush()


def rotate(
    session: Session,
    device: Device,
    *,
    at: datetime,
    by: str,
    expires_at: datetime | None = None,
) -> str:
    """Replace the device's password in one step; the old one ends now."""
    revoke(session, device, at=at, by=by)
    return issue(session, device, at=at, by=by, expires_at=expires_at)


def current(session: Session, device: Device, *, at: datetime) -> Credential | None:
    """The credential that lets a device in now, if it has one."""
    return _of(session, device.code, at)


def admitted(session: Session, account: Account, *, at: datetime) -> int | None:
    """The credential (its id) that lets this account in, or None."""
    credential = _of(session, account.name, at)
    if credential is None or not _fits(credential.password_hash, account.password):
        return None
    return credential.id


def valid(session: Session, ids: Iterable[int], *, at: datetime) -> set[int]:
    """Those of the credentials that still let their device in."""
    return set(session.scalars(_living(at).with_only_columns(Credential.id)).all()) & set(ids)


def password_file(session: Session, server: Account, *, at: datetime) -> str:
    """The text of mosquitto's password file: the platform's own account and every device."""
    living = session.scalars(_living(at).order_by(Device.code)).all()
    lines = [f"{server.name}:{mosquitto_hash(server.password)}"]
    lines += [f"{credential.device.code}:{credential.mosquitto_hash}" for credential in living]
    return "\n".join(lines) + "\n"


def mosquitto_hash(password: str) -> str:
    """A password as mosquitto 2.0 stores it: `$7$rounds$salt$hash`, PBKDF2 over SHA-512."""
    salt = secrets.token_bytes(MOSQUITTO_SALT_BYTES)
    digest = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, MOSQUITTO_ROUNDS)
    parts = (base64.b64encode(part).decode() for part in (salt, digest))
    return f"$7${MOSQUITTO_ROUNDS}$" + "$".join(parts)


def _living(at: datetime) -> Select[Credential]:
    return (
        select(Credential)
        .join(Credential.device)
        .where(
            Device.state == DeviceState.ACTIVE,
            Credential.revoked_at.is_(None),
            or_(Credential.expires_at.is_(None), Credential.expires_at > at),
        )
    )


def _of(session: Session, code: str, at: datetime) -> Credential | None:
    return session.scalars(_living(at).where(Device.code == code)).first()


def _fits(password_hash: str, password: str) -> bool:
    try:
        return _hasher.verify(password_hash, password)
    except (Argon2Error, InvalidHashError):
        return False
