"""第二因子 · the six digits of a telephone beside the password (TOTP, RFC 6238).

A secret counts once a code made with it has been typed; each code is taken once. Whoever gives a
new paper code resets the second factor with it. The database holds secrets sealed.
"""

import hmac
from datetime import datetime
from typing import Any

import pyotp
from sqlalchemy import CursorResult, or_, update
from sqlalchemy.orm import Session

from app.auth.accounts import Account
from app.auth.roles import SECOND_FACTOR
from app.auth.sealing import Seal
from traceability.base.errors import Conflict, RuleViolation

ISSUER = "威宁肉牛平台"
STEP_S = 30  # how long a code is shown
STEPS_ASIDE = 1  # a telephone's clock may be half a minute wrong


def is_set(account: Account) -> bool:
    """Whether signing in to this account takes a code."""
    return account.second_factor is not None and account.second_factor_step is not None


def is_due(account: Account, *, is_production: bool) -> bool:
    """Whether the password alone does not open this account: a code is asked, or set up first."""
    return is_set(account) or (is_production and account.role in SECOND_FACTOR)


def prepare(account: Account, seal: Seal) -> None:
    """Give an account a fresh secret, which counts from its first code on.

    Raises:
        Conflict: `second_factor.already_set`.
    """
    if is_set(account):
        raise Conflict(
            "second_factor.already_set", "已启用动态码；换手机请向开通账号的单位补领纸质码"
        )
    account.second_factor = seal.close(pyotp.random_base32())


def reset(account: Account) -> None:
    """Forget the telephone; the next one is set up anew."""
    account.second_factor = None
    account.second_factor_step = None


def shown(account: Account, seal: Seal) -> str | None:
    """The secret while a telephone is being set up; never after, nor where no key opens it."""
    if account.second_factor is None or is_set(account):
        return None
    return seal.open(account.second_factor)


def address(account: Account, secret: str) -> str:
    """What the QR code tells the telephone's program."""
    return pyotp.TOTP(secret).provisioning_uri(account.login, issuer_name=ISSUER)


def code_at(secret: str, at: datetime) -> str:
    """The code that a telephone shows at an instant."""
    return pyotp.HOTP(secret).at(_step(at))


def accept(session: Session, account: Account, code: str, *, seal: Seal, at: datetime) -> None:
    """Take a code, once; the first one says that the telephone is set up.

    Raises:
        RuleViolation: `second_factor.refused`: wrong, too old, or used already;
            `second_factor.unreadable`: the installation's key was replaced.
    """
    secret = None if account.second_factor is None else _opened(account.second_factor, seal)
    step = None if secret is None else _found(secret, code, at)
    if step is None or not _use(session, account, step):
        raise RuleViolation(
            "second_factor.refused", "动态码不对或已用过，请等手机显示下一个码再输入"
        )
    account.second_factor_step = step
    if secret and account.second_factor and not seal.is_newest(account.second_factor):
        account.second_factor = seal.close(secret)


def _opened(sealed: str, seal: Seal) -> str:
    secret = seal.open(sealed)
    if secret is None:
        raise RuleViolation(
            "second_factor.unreadable",
            "平台换过密钥，原来的动态码已失效；请向开通账号的单位补领纸质码，重新设置手机",
        )
    return secret


def _step(at: datetime) -> int:
    return int(at.timestamp()) // STEP_S


def _found(secret: str, code: str, at: datetime) -> int | None:
    """Which time step a typed code belongs to."""
    typed = "".join(sign for sign in code if not sign.isspace())
    if not (typed.isascii() and typed.isdigit()):
        return None
    now, counter = _step(at), pyotp.HOTP(secret)
    for step in range(now - STEPS_ASIDE, now + STEPS_ASIDE + 1):
        if hmac.compare_digest(counter.at(step), typed):
            return step
    return None


def _use(session: Session, account: Account, step: int) -> bool:
    """Whether this transaction is the first to use a code; two at once cannot both be."""
    session.flush()
    newer = or_(Account.second_factor_step.is_(None), Account.second_factor_step < step)
    used: CursorResult[Any] = session.execute(  # type: ignore[assignment]  # an UPDATE has a cursor
        update(Account).where(Account.id == account.id, newer).values(second_factor_step=step)
    )
    return used.rowcount == 1
