"""A collective decision: recorded by one officer, checked by another person, then it holds."""

from datetime import timedelta
from typing import Any

import pytest

from registry import decisions
from registry.clusters import Cluster
from registry.decisions import DecisionState, Matter
from tests.registry.test_plans import decided, recorded
from tests.world import World
from traceability.base.errors import Conflict, RuleViolation
from traceability.chain import events
from traceability.chain.kinds import Kind

ON_BOTH = True


def test_a_decision_is_checked_by_another_person(world: World, registry: list[Cluster]) -> None:
    row = recorded(world, registry[0], Matter.PLAN, Matter.DUE)
    with pytest.raises(RuleViolation) as alone:
        decisions.confirm(world.session, row, at=world.at, by=world.office)

    decisions.confirm(world.session, row, at=world.at, by=world.vet)

    told = events.history(world.session, row.ref)
    assert alone.value.code == "decision.same_person"
    assert row.state is DecisionState.CONFIRMED
    assert [each.kind for each in told] == [Kind.DECISION_RECORDED, Kind.DECISION_CONFIRMED]
    assert told[0].public == {}
    assert decisions.usable(world.session, registry[0], Matter.DUE) == [row]
    assert decisions.usable(world.session, registry[0], Matter.TARGET) == []
    assert decisions.usable(world.session, registry[1], Matter.DUE) == []


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"text": " "}, "decision.no_matter"),
        ({"text": "长" * 401}, "decision.no_matter"),
        ({"body": ""}, "decision.no_meeting"),
        ({"participant_count": 0}, "decision.no_meeting"),
        ({"principal": ""}, "decision.no_signature"),
        ({"evidence": None}, "decision.no_signature"),
        ({"filing_no": " "}, "decision.no_filing"),
    ],
)
def test_a_decision_without_meeting_signature_or_filing_is_refused(
    world: World, registry: list[Cluster], changes: dict[str, Any], code: str
) -> None:
    with pytest.raises(RuleViolation) as refusal:
        recorded(world, registry[0], **changes)

    assert refusal.value.code == code


def test_a_meeting_of_tomorrow_has_decided_nothing(world: World, registry: list[Cluster]) -> None:
    with pytest.raises(RuleViolation) as refusal:
        recorded(world, registry[0], met_on=world.today + timedelta(days=1))

    assert refusal.value.code == "decision.no_meeting"


def test_a_decision_is_returned_with_a_reason_and_only_once(
    world: World, registry: list[Cluster]
) -> None:
    row = recorded(world, registry[0])
    with pytest.raises(RuleViolation) as silent:
        decisions.send_back(world.session, row, reason=" ", at=world.at, by=world.vet)
    decisions.send_back(world.session, row, reason="签字不清", at=world.at, by=world.office)
    with pytest.raises(Conflict) as late:
        decisions.confirm(world.session, row, at=world.at, by=world.vet)
    with pytest.raises(Conflict) as again:
        kept = decided(world, registry[0])
        decisions.send_back(world.session, kept, reason="反悔", at=world.at, by=world.vet)

    assert silent.value.code == "decision.return_without_reason"
    assert late.value.code == again.value.code == "decision.decided"
    assert row.return_reason == "签字不清"
