"""谁、何时 · the clock, and the person behind the running request.

Domain code takes `at` and `by`; only this module reads the clock and knows who is signed in.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from flask import current_app, g, has_app_context, has_request_context, request
from flask import session as cookie
from flask_login import current_user

from app import database
from app.auth import privileges
from app.auth.logins import SignedIn
from app.auth.refusals import NotSignedIn
from app.auth.roles import Role, ScopeKind
from traceability import consents, parties
from traceability.consents import ConsentAct
from traceability.parties import Party

CLOCK = "platform.clock"
ON_BEHALF_HEADER = "On-Behalf-Of"
ON_BEHALF_KEY = "on_behalf_of"
EVERYWHERE_ROLES = frozenset({Role.ADMINISTRATOR})

ACT_OF_NOUN: dict[str, ConsentAct] = {
    "animal": ConsentAct.HERD,
    "immunisation": ConsentAct.HERD,
    "treatment": ConsentAct.HERD,
    "label": ConsentAct.HERD,
    "declaration": ConsentAct.DECLARATION,
    "movement": ConsentAct.DECLARATION,
    "consignment": ConsentAct.DECLARATION,
    "entry": ConsentAct.SALE,
    "listing": ConsentAct.SALE,
    "sale": ConsentAct.SALE,
}
"""The noun of a permission → what a consent must cover for acts under it."""


def now() -> datetime:
    """The instant of the running request, the same throughout; outside a request, this one."""
    if not has_request_context():
        return clock()
    if "now" not in g:
        g.now = clock()
    at: datetime = g.now
    return at


def clock() -> datetime:
    """This instant, for work that outlives its request; a test gives the service another."""
    if has_app_context() and (other := current_app.extensions.get(CLOCK)) is not None:
        given: datetime = other()
        return given
    return datetime.now(tz=UTC)  # noqa: TID251 - the one place that reads the clock


def account_or_none() -> SignedIn | None:
    """The account that is signed in, if any."""
    if not has_request_context():
        return None
    user = current_user._get_current_object()  # noqa: SLF001 - werkzeug's own way to unwrap a proxy
    return user if isinstance(user, SignedIn) else None


def account() -> SignedIn:
    """The account that is signed in.

    Raises:
        NotSignedIn: `login.needed`.
    """
    found = account_or_none()
    if found is None:
        raise NotSignedIn("login.needed", "请先登录")
    return found


def actor() -> Party:
    """The party that acts: the `by` of every operation of this request."""
    if "actor" not in g:
        g.actor = parties.get(database.session(), account().party)
    party: Party = g.actor
    return party


def acted() -> dict[str, Any]:
    """When and by whom: what an operation that nobody does for another is told."""
    return {"at": now(), "by": actor()}


def chosen_grantor() -> str | None:
    """The reference of the party in whose name this request acts, if it acts for another."""
    if not has_request_context() or account_or_none() is None:
        return None
    chosen = request.headers.get(ON_BEHALF_HEADER) or cookie.get(ON_BEHALF_KEY)
    return chosen if isinstance(chosen, str) else None


def on_behalf_of() -> Party | None:
    """The party for which the actor acts; its consent is looked up each time.

    Raises:
        RuleViolation: `consent.missing`.
    """
    if (ref := chosen_grantor()) is None:
        return None
    if ON_BEHALF_KEY not in g:
        grantor = parties.get(database.session(), ref)
        act = ACT_OF_NOUN.get(_noun(), ConsentAct.HERD)
        consents.require(database.session(), grantor=grantor, agent=actor(), act=act, at=now())
        g.on_behalf_of = grantor
    party: Party = g.on_behalf_of
    return party


def _noun() -> str:
    return (privileges.declared_here(current_app) or "").partition(".")[0]


@dataclass(frozen=True, slots=True)
class Scope:
    """管辖范围 · what an account may see: its own, its grantor's, and what it looks after."""

    everywhere: bool
    keepers: frozenset[str]  # parties whose holdings and animals are theirs
    holdings: frozenset[str]  # references, markets included
    markets: frozenset[str]
    regions: tuple[str, ...]  # codes; whatever begins with one lies within
    clusters: frozenset[str]


def scope() -> Scope:
    """The scope of the running request."""
    me = account()
    by_kind: dict[ScopeKind, set[str]] = {kind: set() for kind in ScopeKind}
    for grant in me.grants:
        by_kind[grant.kind].add(grant.value)
    keepers = {me.party}
    if (grantor := on_behalf_of()) is not None:
        keepers.add(grantor.ref)
    return Scope(
        everywhere=me.role in EVERYWHERE_ROLES,
        keepers=frozenset(keepers),
        holdings=frozenset(by_kind[ScopeKind.HOLDING] | by_kind[ScopeKind.MARKET]),
        markets=frozenset(by_kind[ScopeKind.MARKET]),
        regions=tuple(sorted(by_kind[ScopeKind.REGION])),
        clusters=frozenset(by_kind[ScopeKind.CLUSTER]),
    )
