"""接口令牌 · what a program shows instead of a password: random, hashed, limited, revocable."""

import secrets
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, LargeBinary, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from app.auth import logins, privileges
from app.auth.accounts import Account, AccountState
from app.auth.logins import DIGEST_BYTES, TOKEN_BYTES, SignedIn, digest_of
from traceability.base.db import Base
from traceability.base.errors import NotFound, RuleViolation

PREFIX = "wn_"  # so that a leaked one is recognised
DAYS_MAX = 366
NAME_CHARS_MAX = 40


class ApiToken(Base):
    """接口令牌 · one program's access in the name of an account."""

    __tablename__ = "api_token"

    id: Mapped[int] = mapped_column(primary_key=True)
    digest: Mapped[bytes] = mapped_column(LargeBinary(DIGEST_BYTES), unique=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    name: Mapped[str] = mapped_column(String(NAME_CHARS_MAX))
    permissions: Mapped[list[str]]
    issued_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]

    account: Mapped[Account] = relationship()


UNCHAINED: dict[str, str] = {
    f"api_token.{column.name}": "access to the platform, not a fact of the trade"
    for column in Base.metadata.tables["api_token"].columns
}


def issue(
    session: Session,
    *,
    account_id: int,
    name: str,
    permissions: Iterable[str],
    days: int,
    at: datetime,
) -> tuple[ApiToken, str]:
    """A new token with some of the account's permissions; its text is shown this once.

    Raises:
        RuleViolation: `token.bad_permission`, `token.bad_days`, `token.no_name`.
    """
    wanted = sorted({*permissions})
    account = session.get_one(Account, account_id)
    if not wanted or not all(privileges.allowed(account.role, each) for each in wanted):
        raise RuleViolation("token.bad_permission", "令牌的权限须在本账号的权限之内，至少选一项")
    if not 1 <= days <= DAYS_MAX:
        raise RuleViolation("token.bad_days", f"有效期为 1 到 {DAYS_MAX} 天")
    if not 0 < len(name.strip()) <= NAME_CHARS_MAX:
        raise RuleViolation("token.no_name", f"请写明令牌用途，不超过 {NAME_CHARS_MAX} 个字")
    text = PREFIX + secrets.token_urlsafe(TOKEN_BYTES)
    token = ApiToken(
        digest=digest_of(text),
        account_id=account_id,
        name=name.strip(),
        permissions=wanted,
        issued_at=at,
        expires_at=at + timedelta(days=days),
    )
    session.add(token)
    session.flush()
    return token, text


def resume(session: Session, text: str, *, at: datetime) -> SignedIn | None:
    """Who a token speaks for; None if unknown, expired or revoked."""
    found = session.scalars(
        select(ApiToken).where(ApiToken.digest == digest_of(text))
    ).one_or_none()
    if found is None or found.revoked_at is not None or at >= found.expires_at:
        return None
    if found.account.state is not AccountState.ACTIVE:
        return None
    return logins.signed_in(found.account, limited_to=frozenset(found.permissions))


def of_account(session: Session, account_id: int) -> Sequence[ApiToken]:
    """An account's tokens, newest first."""
    mine = select(ApiToken).where(ApiToken.account_id == account_id)
    return session.scalars(mine.order_by(ApiToken.id.desc())).all()


def revoke(session: Session, token_id: int, *, account_id: int, at: datetime) -> ApiToken:
    """Stop one of the account's own tokens.

    Raises:
        NotFound: `token.not_found`; somebody else's gives the same answer.
    """
    token = session.get(ApiToken, token_id)
    if token is None or token.account_id != account_id:
        raise NotFound("token.not_found", "没有找到这个令牌")
    token.revoked_at = token.revoked_at or at
    return token
