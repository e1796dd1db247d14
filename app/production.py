"""正式开张 · what a new production installation needs once: keys, the first administrator, rights.

The commands of `app.cli` call these; docs/production.md says in which order.
"""

import os
import secrets
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from sqlalchemy import Engine, select, text
from sqlalchemy.orm import Session

from app import mqtt
from app.auth import accounts, invitations
from app.auth.accounts import Account
from app.auth.roles import Role
from app.config import KEY_MODE, SECRET_BYTES, Settings
from devices import credentials
from traceability import parties
from traceability.base.db import Base
from traceability.base.errors import Conflict, RuleViolation
from traceability.chain.tables import GUARDED
from traceability.checkpoints import keys
from traceability.parties import PartyKind


def make_keys(folder: Path, origin: str) -> Iterator[str]:
    """Make the session, label and chain keys that are missing; a line for each."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for name in ("session.key", "label.key"):
        yield _told(folder / name, made=_write_once(folder / name, secrets.token_hex(SECRET_BYTES)))
    chain = folder / "chain.key"
    made = not chain.exists()
    if made:
        keys.save(keys.new_signers(origin), chain)
    yield _told(chain, made=made)


def _told(path: Path, *, made: bool) -> str:
    return f"{'已生成' if made else '已有，未改动'}：{path}"


def _write_once(path: Path, content: str) -> bool:
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, KEY_MODE)
    except FileExistsError:
        return False
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(content)
    return True


def first_administrator(
    session: Session, *, organisation: str, login: str, at: datetime
) -> tuple[Account, str]:
    """The first organisation and its administrator, with a paper code to print.

    Again with the same login name: another code, for one that was lost.

    Raises:
        Conflict: `account.has_administrator`.
        RuleViolation: `account.not_administrator`, `account.bad_login`, `party.no_name`.
    """
    account = accounts.find(session, login)
    if account is None:
        chief = select(Account.login).where(Account.role == Role.ADMINISTRATOR).limit(1)
        if (taken := session.scalar(chief)) is not None:
            raise Conflict(
                "account.has_administrator",
                f"已有管理员 {taken}，其他账号请由其在“账号”页开通；补发其纸质码请用这个登录名",
            )
        party = parties.register(
            session, kind=PartyKind.AUTHORITY, name=organisation, at=at, by=None
        )
        account = accounts.register(
            session, login=login, role=Role.ADMINISTRATOR, party=party, at=at
        )
    if account.role is not Role.ADMINISTRATOR:
        raise RuleViolation("account.not_administrator", f"{account.login} 不是管理员账号")
    return account, invitations.issue(session, account, by=account.id, at=at)


def write_mqtt_passwords(session: Session, settings: Settings, path: Path, *, at: datetime) -> None:
    """Mosquitto's password file: the platform's own account of MQTT_URL, and every device."""
    own = mqtt.account(settings)
    content = credentials.password_file(session, credentials.Account(own.name, own.password), at=at)
    draft = path.with_name(f"{path.name}.new")
    draft.unlink(missing_ok=True)
    _write_once(draft, content)
    draft.replace(path)


def restrict(engine: Engine, role: str) -> None:
    """Let a PostgreSQL role work, but never change or remove what the chain keeps.

    The tables belong to another role, the one that migrates. Safe to repeat.

    Raises:
        RuleViolation: `database.not_postgresql`, `database.same_role`.
    """
    if engine.dialect.name != "postgresql":
        raise RuleViolation("database.not_postgresql", "只有 PostgreSQL 才能按角色限制权限")
    with engine.begin() as connection:
        if connection.scalar(text("SELECT current_user")) == role:
            raise RuleViolation(
                "database.same_role", f"不能限制表的主人 {role}：请用另一个角色运行平台"
            )
        quote = connection.dialect.identifier_preparer.quote
        who = quote(role)
        connection.execute(text(f"GRANT USAGE ON SCHEMA public TO {who}"))
        connection.execute(text(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {who}"))
        for name in (*sorted(Base.metadata.tables), "alembic_version"):
            table = quote(name)
            rights = "SELECT" if name == "alembic_version" else "SELECT, INSERT, UPDATE, DELETE"
            connection.execute(text(f"GRANT {rights} ON {table} TO {who}"))
            if name in GUARDED:
                connection.execute(text(f"REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM {who}"))
