"""A policy lapses by itself: how it stands is a question about a day."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from registry import policies
from registry.clusters import Cluster
from registry.decisions import Matter
from registry.policies import Policy, PolicyState
from tests.registry.test_plans import decided, recorded
from tests.world import World
from traceability.base.errors import NotFound, RuleViolation
from traceability.chain import events

FIRST, LAST = date(2026, 1, 1), date(2026, 12, 31)
ON_BOTH = True


def registered(world: World, cluster: Cluster, **changes: Any) -> Policy:
    told: dict[str, Any] = {
        "title": "肉牛养殖贷款贴息",
        "issuer": "县人民政府",
        "document_no": "威府发〔2026〕1 号",
        "eligible": "存栏 20 头以上的养殖户",
        "benefit": "贷款利息补贴",
        "valid_from": FIRST,
        "valid_until": LAST,
        "evidence": world.paper("文件"),
        "at": world.at,
        "by": world.office,
        **changes,
    }
    return policies.register(world.session, cluster, **told)


@pytest.mark.parametrize(
    ("day", "state"),
    [
        (date(2025, 12, 31), PolicyState.COMING),
        (FIRST, PolicyState.IN_FORCE),
        (date(2026, 11, 1), PolicyState.IN_FORCE),
        (date(2026, 11, 2), PolicyState.ENDING),
        (LAST, PolicyState.ENDING),
        (date(2027, 1, 1), PolicyState.LAPSED),
    ],
)
def test_a_policy_lapses_without_anybody_doing_anything(
    world: World, registry: list[Cluster], day: date, state: PolicyState
) -> None:
    row = registered(world, registry[0])
    standing = [
        each
        for each in PolicyState
        if world.session.scalars(select(Policy).where(policies.standing(each, day))).all()
    ]

    assert policies.state_on(row, day) is state
    assert standing == [state]
    assert len(events.history(world.session, row.ref)) == 1


def test_another_last_day_needs_a_decision_and_the_old_one_stays_in_the_line(
    world: World, registry: list[Cluster], rows_follow_from_their_events: Callable[[], int]
) -> None:
    row = registered(world, registry[0])
    longer: dict[str, Any] = {"valid_until": date(2027, 6, 30), "at": world.at, "by": world.office}
    with pytest.raises(RuleViolation) as missing:
        policies.extend(world.session, row, decision=None, **longer)
    with pytest.raises(RuleViolation) as unchecked:
        unconfirmed = recorded(world, registry[0], Matter.POLICY)
        policies.extend(world.session, row, decision=unconfirmed, **longer)
    ground = decided(world, registry[0], Matter.POLICY)

    policies.extend(world.session, row, decision=ground, **longer)

    with pytest.raises(RuleViolation) as same:
        policies.extend(world.session, row, decision=ground, **longer)
    with pytest.raises(RuleViolation) as backwards:
        early = FIRST - timedelta(days=1)
        policies.extend(
            world.session, row, decision=ground, valid_until=early, at=world.at, by=world.office
        )
    newest = events.history(world.session, row.ref)[-1]
    assert (missing.value.code, unchecked.value.code) == (
        "decision.missing",
        "decision.not_confirmed",
    )
    assert (same.value.code, backwards.value.code) == (
        "policy.same_day",
        "policy.ends_before_it_begins",
    )
    assert newest["old"] == "2026-12-31"
    assert newest["decision"] == ground.ref
    assert policies.of_cluster(world.session, registry[0]) == [row]
    assert rows_follow_from_their_events()


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"title": ""}, "policy.no_document"),
        ({"evidence": None}, "policy.no_document"),
        ({"document_no": " "}, "policy.no_document"),
        ({"eligible": ""}, "policy.for_nobody"),
        ({"benefit": " "}, "policy.for_nobody"),
        ({"valid_until": date(2025, 12, 31)}, "policy.ends_before_it_begins"),
    ],
)
def test_a_policy_says_for_whom_for_what_and_until_when(
    world: World, registry: list[Cluster], changes: dict[str, Any], code: str
) -> None:
    with pytest.raises(RuleViolation) as refusal:
        registered(world, registry[0], **changes)

    assert refusal.value.code == code


def test_a_policy_that_is_not_there_is_not_found(world: World) -> None:
    with pytest.raises(NotFound) as refusal:
        policies.get(world.session, "policy:" + "0" * 32)

    assert refusal.value.code == "policy.not_found"
