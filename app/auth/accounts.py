"""账号 · a login: its name, its password's hash, its role, and the places it looks after.

An account belongs to a party and acts for it. Accounts are not in the chain: they are access to
the platform, not facts of the trade; the access log keeps what was done with them.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import ForeignKey, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from app.auth.roles import Role, ScopeKind
from traceability.base.db import Base
from traceability.base.errors import Conflict, NotFound, RuleViolation
from traceability.parties import Party

LOGIN = re.compile(r"[a-z0-9][a-z0-9._-]{2,39}")
LOGIN_CHARS_MAX = 40
PASSWORD_CHARS_MIN = 8
PASSWORD_CHARS_MAX = 128
TOO_COMMON = {"12345678", "123456789", "1234567890", "11111111", "88888888", "password", "qwertyui"}

_hasher = PasswordHasher()


class AccountState(StrEnum):
    """账号状态."""

    INVITED = "invited"
    ACTIVE = "active"
    SUSPENDED = "suspended"


ACCOUNT_STATE_LABELS: dict[AccountState, str] = {
    AccountState.INVITED: "待启用",
    AccountState.ACTIVE: "正常",
    AccountState.SUSPENDED: "已停用",
}


class Account(Base):
    """账号 · one login of one party in one role."""

    __tablename__ = "account"

    id: Mapped[int] = mapped_column(primary_key=True)
    login: Mapped[str] = mapped_column(String(LOGIN_CHARS_MAX), unique=True)
    password_hash: Mapped[str | None] = mapped_column(String(200))
    role: Mapped[Role]
    state: Mapped[AccountState]
    party_id: Mapped[int] = mapped_column(ForeignKey("party.id"), index=True)
    invited_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"), index=True)
    second_factor: Mapped[str | None] = mapped_column(String(200))  # TOTP secret, sealed
    second_factor_step: Mapped[int | None]  # time step of the last code; None: not yet confirmed
    registered_at: Mapped[datetime]
    password_changed_at: Mapped[datetime | None]

    party: Mapped[Party] = relationship()
    scopes: Mapped[list["AccountScope"]] = relationship(order_by="AccountScope.id")


class AccountScope(Base):
    """账号范围 · one place or cluster an account looks after."""

    __tablename__ = "account_scope"
    __table_args__ = (UniqueConstraint("account_id", "kind", "value"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    kind: Mapped[ScopeKind]
    value: Mapped[str] = mapped_column(String(60))


_NOT_CHAINED = "access to the platform, not a fact of the trade; the access log keeps who did it"
UNCHAINED: dict[str, str] = {
    f"{table}.{column.name}": _NOT_CHAINED
    for table in ("account", "account_scope")
    for column in Base.metadata.tables[table].columns
}


@dataclass(frozen=True, slots=True)
class Grant:
    """A place or a cluster, as given to an account."""

    kind: ScopeKind
    value: str


def normal_login(text: str) -> str:
    """A login name as stored, however it was typed.

    >>> normal_login(" Ｗａｎｇ.Vet ")
    'wang.vet'
    """
    return unicodedata.normalize("NFKC", text).strip().lower()


def register(
    session: Session,
    *,
    login: str,
    role: Role,
    party: Party,
    at: datetime,
    invited_by: Account | None = None,
    scopes: Iterable[Grant] = (),
) -> Account:
    """Make an account that waits for its holder to choose a password.

    Raises:
        RuleViolation: `account.bad_login`.
        Conflict: `account.login_in_use`.
    """
    name = normal_login(login)
    if LOGIN.fullmatch(name) is None:
        raise RuleViolation(
            "account.bad_login", "登录名为 3 到 40 位字母、数字、点或短横，建议用手机号"
        )
    if find(session, name) is not None:
        raise Conflict("account.login_in_use", f"登录名 {name} 已有人使用，请另取一个")
    account = Account(
        login=name,
        role=role,
        state=AccountState.INVITED,
        party=party,
        invited_by_id=None if invited_by is None else invited_by.id,
        registered_at=at,
        scopes=[AccountScope(kind=grant.kind, value=grant.value) for grant in {*scopes}],
    )
    session.add(account)
    session.flush()
    return account


def set_password(account: Account, password: str, *, at: datetime) -> None:
    """Give an account its password and let it in.

    Raises:
        RuleViolation: `account.weak_password`.
    """
    if not PASSWORD_CHARS_MIN <= len(password) <= PASSWORD_CHARS_MAX:
        raise RuleViolation(
            "account.weak_password",
            f"密码至少 {PASSWORD_CHARS_MIN} 位，最多 {PASSWORD_CHARS_MAX} 位",
        )
    if password.lower() in TOO_COMMON | {account.login} or len({*password}) < 3:  # noqa: PLR2004
        raise RuleViolation("account.weak_password", "这个密码太容易被猜到，请换一个")
    account.password_hash = _hasher.hash(password)
    account.password_changed_at = at
    account.state = AccountState.ACTIVE


def password_fits(account: Account | None, password: str) -> bool:
    """Whether a password is the account's; takes the same time when there is no such account."""
    known = None if account is None else account.password_hash
    try:
        _hasher.verify(known or _DUMMY, password[:PASSWORD_CHARS_MAX])
    except (VerificationError, InvalidHashError):
        return False
    return known is not None


_DUMMY = _hasher.hash("nobody has this password")


def suspend(account: Account) -> None:
    """Close an account; its sessions and tokens stop working at once."""
    account.state = AccountState.SUSPENDED


def find(session: Session, login: str) -> Account | None:
    """The account of a login name, if there is one."""
    return session.scalars(
        select(Account).where(Account.login == normal_login(login))
    ).one_or_none()


def get(session: Session, account_id: int) -> Account:
    """The account of that number.

    Raises:
        NotFound: `account.not_found`.
    """
    found = session.get(Account, account_id)
    if found is None:
        raise not_found()
    return found


def not_found() -> NotFound:
    """The one answer for an account that does not exist, or not for you."""
    return NotFound("account.not_found", "没有找到这个账号")


def invited_by(session: Session, inviter: int | None) -> Sequence[Account]:
    """The accounts somebody has invited, newest first; all accounts for None."""
    wanted = select(Account).order_by(Account.id.desc()).limit(500)
    if inviter is not None:
        wanted = wanted.where(Account.invited_by_id == inviter)
    return session.scalars(wanted).all()
