"""角色 · what a login is for, and which level invites which."""

from enum import StrEnum


class Role(StrEnum):
    """角色."""

    FARMER = "farmer"
    VILLAGE_VET = "village_vet"
    OFFICIAL_VET = "official_vet"
    MARKET_OPERATOR = "market_operator"
    MARKET_MANAGER = "market_manager"
    CASHIER = "cashier"
    BROKER = "broker"
    BUYER = "buyer"
    CARRIER = "carrier"
    PROCESSOR = "processor"
    REGULATOR = "regulator"
    CLUSTER_OFFICER = "cluster_officer"
    ADMINISTRATOR = "administrator"


ROLE_LABELS: dict[Role, str] = {
    Role.FARMER: "养殖户",
    Role.VILLAGE_VET: "村级防疫员",
    Role.OFFICIAL_VET: "官方兽医",
    Role.MARKET_OPERATOR: "市场操作员",
    Role.MARKET_MANAGER: "市场管理员",
    Role.CASHIER: "收银员",
    Role.BROKER: "牛经纪",
    Role.BUYER: "采购商",
    Role.CARRIER: "承运人",
    Role.PROCESSOR: "屠宰分割企业",
    Role.REGULATOR: "监管人员",
    Role.CLUSTER_OFFICER: "集群专员",
    Role.ADMINISTRATOR: "管理员",
}
assert ROLE_LABELS.keys() == set(Role)


class ScopeKind(StrEnum):
    """范围类别 · a place or a cluster that a login may look after, beside its party's own."""

    HOLDING = "holding"  # reference of a holding
    REGION = "region"  # code of a county, a township or a village: all that begins with it
    MARKET = "market"  # reference of a market's holding
    CLUSTER = "cluster"  # code of a cluster


SCOPE_KIND_LABELS: dict[ScopeKind, str] = {
    ScopeKind.HOLDING: "场所",
    ScopeKind.REGION: "行政区划",
    ScopeKind.MARKET: "市场",
    ScopeKind.CLUSTER: "集群",
}
assert SCOPE_KIND_LABELS.keys() == set(ScopeKind)

INVITES: dict[Role, frozenset[Role]] = {
    Role.ADMINISTRATOR: frozenset(Role),
    Role.OFFICIAL_VET: frozenset({Role.VILLAGE_VET, Role.FARMER}),
    Role.VILLAGE_VET: frozenset({Role.FARMER}),
    Role.MARKET_MANAGER: frozenset(
        {Role.MARKET_OPERATOR, Role.CASHIER, Role.BROKER, Role.BUYER, Role.CARRIER}
    ),
    Role.REGULATOR: frozenset({Role.OFFICIAL_VET, Role.PROCESSOR}),
}
"""Who invites, and resets the password of, whom: always from the level above."""

SECOND_FACTOR = frozenset({Role.OFFICIAL_VET, Role.REGULATOR, Role.CASHIER, Role.ADMINISTRATOR})
"""Roles that need a one-time number beside the password in production."""


def may_invite(inviter: Role, invited: Role) -> bool:
    """Whether one role stands a level above another.

    >>> may_invite(Role.VILLAGE_VET, Role.FARMER), may_invite(Role.FARMER, Role.FARMER)
    (True, False)
    """
    return invited in INVITES.get(inviter, frozenset())
