"""收提醒的人 · which logins belong to a party, and which look after a place."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from app.auth.accounts import Account, AccountScope, AccountState
from app.auth.privileges import VETS
from app.auth.roles import Role, ScopeKind
from traceability.animals import Animal
from traceability.holdings import Holding
from traceability.parties import Party


def of_parties(session: Session, parties: Iterable[str]) -> set[int]:
    """The working accounts of parties, by their references."""
    mine = (
        select(Account.id)
        .join(Party, Party.id == Account.party_id)
        .where(Party.ref.in_(list(parties)), Account.state == AccountState.ACTIVE)
    )
    return set(session.scalars(mine))


def looking_after(session: Session, roles: Iterable[Role], *region_codes: str) -> set[int]:
    """The working accounts of some roles whose area holds any of the places."""
    within = {code[:length] for code in region_codes for length in range(2, len(code) + 1)}
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


def concerned(session: Session, places: Select[Any]) -> set[int]:
    """The working accounts of who keeps some places or owns an animal there, and of their vets."""
    keepers = select(Holding.keeper_id).where(Holding.id.in_(places))
    owners = select(Animal.owner_id).where(Animal.holding_id.in_(places))
    theirs = select(Account.id).where(
        Account.party_id.in_(keepers) | Account.party_id.in_(owners),
        Account.state == AccountState.ACTIVE,
    )
    codes = session.scalars(select(Holding.region_code).where(Holding.id.in_(places)).distinct())
    return set(session.scalars(theirs)) | looking_after(session, VETS, *codes)


def of_roles(session: Session, roles: Iterable[Role]) -> set[int]:
    """The working accounts of some roles."""
    theirs = select(Account.id).where(
        Account.role.in_(list(roles)), Account.state == AccountState.ACTIVE
    )
    return set(session.scalars(theirs))


def of_cluster(session: Session, key: str) -> set[int]:
    """The working accounts that look after a cluster, by its key."""
    theirs = (
        select(Account.id)
        .join(AccountScope, AccountScope.account_id == Account.id)
        .where(
            Account.state == AccountState.ACTIVE,
            AccountScope.kind == ScopeKind.CLUSTER,
            AccountScope.value == key,
        )
    )
    return set(session.scalars(theirs))
