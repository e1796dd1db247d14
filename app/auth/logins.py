"""登录 · signing in and out: sessions kept on the server, lockout after repeated failures.

The cookie holds a random token; the table holds its SHA-256. A session ends by logging out, by a
new password, by suspension of the account, or with time. Failures are counted by login name,
whether it exists or not, so that the answer tells nothing.
"""

import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy import ForeignKey, LargeBinary, String, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from app.auth import accounts, privileges
from app.auth.accounts import Account, AccountState, Grant
from app.auth.refusals import NotSignedIn, TooOften
from app.auth.roles import ROLE_LABELS, Role
from traceability.base.db import Base

FAILURES_MAX = 5
LOCKED_FOR = timedelta(minutes=15)
SESSION_IDLE = timedelta(hours=12)  # the cookie's own age
SESSION_MAX = timedelta(days=7)
TOKEN_BYTES = 32
DIGEST_BYTES = 32


class LoginSession(Base):
    """登录会话 · one browser that is signed in."""

    __tablename__ = "login_session"

    id: Mapped[int] = mapped_column(primary_key=True)
    digest: Mapped[bytes] = mapped_column(LargeBinary(DIGEST_BYTES), unique=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    started_at: Mapped[datetime]

    account: Mapped[Account] = relationship()


class LoginAttempt(Base):
    """登录失败 · how often a login name was tried in vain, and until when it is locked."""

    __tablename__ = "login_attempt"

    id: Mapped[int] = mapped_column(primary_key=True)
    login: Mapped[str] = mapped_column(String(accounts.LOGIN_CHARS_MAX), unique=True)
    failures: Mapped[int]
    failed_at: Mapped[datetime]
    locked_until: Mapped[datetime | None]


UNCHAINED: dict[str, str] = {
    f"{table}.{column.name}": "who is signed in at the moment; not a fact of the trade"
    for table in ("login_session", "login_attempt")
    for column in Base.metadata.tables[table].columns
}


@dataclass(frozen=True, slots=True)
class SignedIn:
    """已登录账号 · the account behind a request, as plain values that outlive its session."""

    account_id: int
    login: str
    role: Role
    name: str
    party: str  # reference
    grants: tuple[Grant, ...]
    token: str = field(repr=False, default="")  # of the browser's session; empty for an API token
    limited_to: frozenset[str] | None = None  # permissions of an API token; None: all of the role

    is_authenticated = True
    is_active = True
    is_anonymous = False

    def get_id(self) -> str:
        """What the login library keeps in the cookie."""
        return self.token

    @property
    def role_label(self) -> str:
        """The role in Chinese."""
        return ROLE_LABELS[self.role]

    def may(self, name: str) -> bool:
        """Whether this account has a permission."""
        within = self.limited_to is None or name in self.limited_to
        return within and privileges.allowed(self.role, name)


def digest_of(token: str) -> bytes:
    """What is stored of a token."""
    return sha256(token.encode()).digest()


def _counted(login: str) -> str:
    return accounts.normal_login(login)[: accounts.LOGIN_CHARS_MAX]


def authenticate(session: Session, *, login: str, password: str, at: datetime) -> Account:
    """The account of a login name and its password; only reads.

    Raises:
        TooOften: `login.locked`.
        NotSignedIn: `login.refused`, whatever of the two was wrong.
    """
    require_unlocked(session, login=login, at=at)
    account = accounts.find(session, login)
    fits = accounts.password_fits(account, password)
    if account is None or not fits or account.state is not AccountState.ACTIVE:
        raise NotSignedIn("login.refused", "登录名或密码不对，请重新输入")
    return account


def require_unlocked(session: Session, *, login: str, at: datetime) -> None:
    """Refuse a login name that was tried too often, by password or by code.

    Raises:
        TooOften: `login.locked`.
    """
    attempt = session.scalars(
        select(LoginAttempt).where(LoginAttempt.login == _counted(login))
    ).one_or_none()
    if attempt is not None and attempt.locked_until is not None and at < attempt.locked_until:
        minutes = -(-(attempt.locked_until - at) // timedelta(minutes=1))
        raise TooOften("login.locked", f"连续输错次数过多，请 {minutes} 分钟后再试")


def count_failure(session: Session, *, login: str, at: datetime) -> None:
    """Remember a failure; the fifth within a quarter of an hour locks the login name."""
    name = _counted(login)
    attempt = session.scalars(select(LoginAttempt).where(LoginAttempt.login == name)).one_or_none()
    if attempt is None:
        attempt = LoginAttempt(login=name, failures=0, failed_at=at)
        session.add(attempt)
    elif at - attempt.failed_at > LOCKED_FOR:
        attempt.failures = 0
    attempt.failures += 1
    attempt.failed_at = at
    if attempt.failures >= FAILURES_MAX:
        attempt.locked_until = at + LOCKED_FOR
        attempt.failures = 0


def begin(session: Session, account: Account, *, at: datetime) -> SignedIn:
    """Sign an account in on one browser; earlier failures are forgotten."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    session.execute(delete(LoginAttempt).where(LoginAttempt.login == account.login))
    session.execute(
        delete(LoginSession)
        .where(LoginSession.account_id == account.id)
        .where(LoginSession.started_at < at - SESSION_MAX)
    )
    session.add(LoginSession(digest=digest_of(token), account_id=account.id, started_at=at))
    session.flush()
    return signed_in(account, token=token)


def signed_in(
    account: Account, *, token: str = "", limited_to: frozenset[str] | None = None
) -> SignedIn:
    """An account as plain values."""
    return SignedIn(
        account_id=account.id,
        login=account.login,
        role=account.role,
        name=account.party.name,
        party=account.party.ref,
        grants=tuple(Grant(scope.kind, scope.value) for scope in account.scopes),
        token=token,
        limited_to=limited_to,
    )


def resume(session: Session, token: str, *, at: datetime) -> SignedIn | None:
    """Who a browser's token belongs to; None if the session has ended."""
    found = session.scalars(
        select(LoginSession).where(LoginSession.digest == digest_of(token))
    ).one_or_none()
    if found is None or at - found.started_at > SESSION_MAX:
        return None
    if found.account.state is not AccountState.ACTIVE:
        return None
    return signed_in(found.account, token=token)


def end(session: Session, token: str) -> None:
    """Sign one browser out."""
    session.execute(delete(LoginSession).where(LoginSession.digest == digest_of(token)))


def end_all(session: Session, account: Account) -> None:
    """Sign an account out everywhere."""
    session.execute(delete(LoginSession).where(LoginSession.account_id == account.id))
