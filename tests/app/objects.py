"""For every name in an address: a thing that is one's own, somebody else's, and none at all.

Promise P7: somebody else's gives the same answer as one that does not exist.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from app.auth import accounts, tokens
from app.auth.accounts import Account
from app.auth.roles import Role
from tests.logins import LoginAs
from traceability import consents
from traceability.consents import ConsentAct

NOBODY = "0" * 32


@dataclass(frozen=True)
class Case:
    """One name of an address: what to put there. `own` or `foreign` None where a role has none."""

    own: str | None
    foreign: str | None
    missing: str


Maker = Callable[[LoginAs, Account], Case]


def account_id(login_as: LoginAs, me: Account) -> Case:
    world = login_as.world
    mine = accounts.register(
        world.session,
        login=f"below-{len(accounts.invited_by(world.session, me.id))}",
        role=Role.FARMER,
        party=world.farmer,
        at=world.at,
        invited_by=me,
    )
    others = login_as.account(Role.FARMER)
    world.session.flush()
    administers = me.role is Role.ADMINISTRATOR
    return Case(str(mine.id), None if administers else str(others.id), "999999")


def token_id(login_as: LoginAs, me: Account) -> Case:
    return Case(_token(login_as, me), _token(login_as, login_as.account(Role.FARMER)), "999999")


def _token(login_as: LoginAs, holder: Account) -> str:
    world = login_as.world
    token, _ = tokens.issue(
        world.session,
        account_id=holder.id,
        name="测试",
        permissions=["account.own"],
        days=1,
        at=world.at,
    )
    return str(token.id)


def consent(login_as: LoginAs, me: Account) -> Case:
    world = login_as.world
    agent, stranger = world.party("合作社理事长"), world.party("邻居")
    given = [
        consents.grant(
            world.session,
            grantor=grantor,
            agent=agent,
            acts=[ConsentAct.HERD],
            until=world.at + timedelta(days=30),
            at=world.at,
            by=grantor,
        )
        for grantor in (me.party, stranger)
    ]
    return Case(given[0].ref, given[1].ref, f"consent:{NOBODY}")


OBJECTS: dict[str, Maker] = {
    "account_id": account_id,
    "token_id": token_id,
    "consent": consent,
}
WITHOUT_OWNER = {
    "filename": "static files are everybody's",
}
AWAITING: frozenset[str] = frozenset()  # names whose makers are still to be written; only shrinks
