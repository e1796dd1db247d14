"""个人资料删除 · the domain's part, and what the service itself knows: accounts, tokens, traces.

Access log entries stay a year as the law asks (网络安全法 第二十一条), but without the login name.
"""

from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from app.auth.access_log import Access
from app.auth.accounts import Account, AccountState
from app.auth.idempotency import IdempotencyKey
from app.auth.invitations import Invitation
from app.auth.logins import LoginAttempt, LoginSession
from app.auth.tokens import ApiToken
from traceability import erasure
from traceability.erasure import Erased
from traceability.parties import Party


def erase(
    session: Session, party: Party, *, reason: str, second: Party, at: datetime, by: Party
) -> Erased:
    """Delete what names a person everywhere; remove the files once the transaction has ended.

    Raises:
        RuleViolation, Conflict: what `traceability.erasure.erase` refuses.
    """
    done = erasure.erase(session, party, reason=reason, second=second, at=at, by=by)
    for account in session.scalars(select(Account).where(Account.party_id == party.id)):
        _close(session, account)
    return done


def _close(session: Session, account: Account) -> None:
    """An account that names nobody and opens nothing."""
    session.execute(delete(LoginAttempt).where(LoginAttempt.login == account.login))
    account.login = f"erased-{account.id}"
    account.password_hash = account.second_factor = account.second_factor_step = None
    account.state = AccountState.SUSPENDED
    for model in (LoginSession, ApiToken, Invitation, IdempotencyKey):
        session.execute(delete(model).where(model.account_id == account.id))
    log = update(Access).where(Access.account_id == account.id)
    session.execute(log.values(login=account.login, address=""))
