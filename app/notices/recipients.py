"""收提醒的人 · which logins belong to a party, and which look after a place."""

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.auth.accounts import Account, AccountScope, AccountState
from app.auth.roles import Role, ScopeKind
from traceability.parties import Party


def of_parties(session: Session, parties: Iterable[str]) -> set[int]:
    """The working accounts of parties, by their references."""
    mine = (
        select(Account.id)
        .join(Party, Party.id == Account.party_id)
        .where(Party.ref.in_(list(parties)), Account.state == AccountState.ACTIVE)
    )
    return set(session.scalars(mine))


def looking_after(session: Session, roles: Iterable[Role], region_code: str) -> set[int]:
    """The working accounts of some roles whose area holds a place."""
    within = [region_code[:length] for length in range(2, len(region_code) + 1)]
    theirs = (
        select(Account.id)
        .join(AccountScope, AccountScope.account_id == Account.id)
        .where(
            Account.role.in_(list(roles)),
            Account.state == AccountState.ACTIVE,
            AccountScope.kind == ScopeKind.REGION,
            AccountScope.value.in_(within),
        )
    )
    return set(session.scalars(theirs))


def of_roles(session: Session, roles: Iterable[Role]) -> set[int]:
    """The working accounts of some roles."""
    theirs = select(Account.id).where(
        Account.role.in_(list(roles)), Account.state == AccountState.ACTIVE
    )
    return set(session.scalars(theirs))
