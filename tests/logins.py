"""Browsers in which somebody is signed in, by the real operations and the real login page."""

from dataclasses import dataclass

from argon2 import PasswordHasher
from flask.testing import FlaskClient

from app import config
from app.auth import accounts
from app.auth.accounts import Account, Grant
from app.auth.roles import Role, ScopeKind
from app.auth.sealing import Seal
from app.factory import Platform, settings_of
from tests.world import World
from traceability.parties import Party

PASSWORD = "赶场天-426-公斤"
OWN_COST = accounts._hasher  # what passwords really cost
QUICK = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)  # tests sign in a thousand times


def seal_of(app: Platform) -> Seal:
    """What seals the second factors of a service."""
    return Seal(config.sealing_secrets(settings_of(app)))


def secret_of(account: Account, seal: Seal) -> str:
    """What the person's telephone knows."""
    assert account.second_factor is not None
    secret = seal.open(account.second_factor)
    assert secret is not None
    return secret


@dataclass
class LoginAs:
    """Opens accounts in the world and signs them in."""

    app: Platform
    world: World

    def __call__(
        self, role: Role, *, party: Party | None = None, grants: tuple[Grant, ...] | None = None
    ) -> FlaskClient:
        """A browser with an account of that role; its party and places as the world has them."""
        account = self.account(role, party=party, grants=grants)
        client = self.app.test_client()
        answer = client.post("/login", data={"login": account.login, "password": PASSWORD})
        assert answer.status_code == 303, answer.text
        return client

    def account(
        self,
        role: Role,
        *,
        party: Party | None = None,
        grants: tuple[Grant, ...] | None = None,
        login: str | None = None,
    ) -> Account:
        """An account of that role that has chosen its password."""
        world = self.world
        number = len(accounts.invited_by(world.session, None)) + 1
        account = accounts.register(
            world.session,
            login=login or f"{role.replace('_', '-')}.{number}",
            role=role,
            party=party or self._party(role),
            at=world.at,
            scopes=self._grants(role) if grants is None else grants,
        )
        accounts.set_password(account, PASSWORD, at=world.at)
        return account

    def _party(self, role: Role) -> Party:
        world = self.world
        known = {
            Role.FARMER: world.farmer,
            Role.VILLAGE_VET: world.village_vet,
            Role.OFFICIAL_VET: world.vet,
            Role.MARKET_OPERATOR: world.operator,
            Role.BUYER: world.buyer,
        }
        return known.get(role, world.office)

    def _grants(self, role: Role) -> tuple[Grant, ...]:
        county = Grant(ScopeKind.REGION, "520526")
        market = Grant(ScopeKind.MARKET, self.world.market.ref)
        return {
            Role.VILLAGE_VET: (Grant(ScopeKind.REGION, "520526104"),),
            Role.OFFICIAL_VET: (county,),
            Role.REGULATOR: (county,),
            Role.MARKET_OPERATOR: (market,),
            Role.MARKET_MANAGER: (market,),
            Role.CASHIER: (market,),
        }.get(role, ())
