"""邀请 · one-time paper codes: the level above prints one, its holder chooses a password with it.

A reset is the same thing for an account that already has a password. The code is shown once and
stored as SHA-256; a new code for the same account replaces the earlier one.
"""

import secrets
from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, LargeBinary, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.auth import accounts, logins, second_factor
from app.auth.accounts import Account, AccountState
from app.auth.logins import DIGEST_BYTES, digest_of
from traceability.base.db import Base
from traceability.base.errors import RuleViolation

ALPHABET = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"  # nothing that looks like something else
GROUPS, GROUP_CHARS = 3, 4  # 59 bits, beside the login name and a rate limit
VALID_FOR = timedelta(days=7)


class Invitation(Base):
    """邀请码 · one paper code of one account."""

    __tablename__ = "invitation"

    id: Mapped[int] = mapped_column(primary_key=True)
    digest: Mapped[bytes] = mapped_column(LargeBinary(DIGEST_BYTES), unique=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), unique=True)
    issued_by_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    issued_at: Mapped[datetime]
    expires_at: Mapped[datetime]


UNCHAINED: dict[str, str] = {
    f"invitation.{column.name}": "access to the platform, used once and gone"
    for column in Base.metadata.tables["invitation"].columns
}


def issue(session: Session, account: Account, *, by: int, at: datetime) -> str:
    """A new code for an account, to be printed and handed over; the earlier one is void."""
    groups = ("".join(secrets.choice(ALPHABET) for _ in range(GROUP_CHARS)) for _ in range(GROUPS))
    code = "-".join(groups)
    session.execute(delete(Invitation).where(Invitation.account_id == account.id))
    session.add(
        Invitation(
            digest=digest_of(_plain(code)),
            account_id=account.id,
            issued_by_id=by,
            issued_at=at,
            expires_at=at + VALID_FOR,
        )
    )
    session.flush()
    return code


def _plain(code: str) -> str:
    """A code without the dashes, spaces and small letters people type.

    >>> _plain("abcd efgh-jkmn")
    'ABCDEFGHJKMN'
    """
    return "".join(sign for sign in code.upper() if sign in ALPHABET)


def redeem(session: Session, *, login: str, code: str, password: str, at: datetime) -> Account:
    """Choose a password with a paper code; all earlier sessions and the second factor end.

    Raises:
        RuleViolation: `invitation.refused`, `account.weak_password`.
    """
    account = accounts.find(session, login)
    found = session.scalars(
        select(Invitation).where(Invitation.digest == digest_of(_plain(code)))
    ).one_or_none()
    fits = account is not None and found is not None and found.account_id == account.id
    if account is None or found is None or not fits or at > found.expires_at:
        raise RuleViolation(
            "invitation.refused", "登录名或纸质码不对，或已用过、已过期；请向发放人重新领取"
        )
    if account.state is AccountState.SUSPENDED:
        raise RuleViolation("invitation.refused", "账号已停用，请联系管理员")
    accounts.set_password(account, password, at=at)
    second_factor.reset(account)
    session.delete(found)
    logins.end_all(session, account)
    return account
