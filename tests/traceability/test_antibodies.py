"""Antibody samples: as the report prints them, once, and the rate that passed."""

from datetime import timedelta

import pytest
from sqlalchemy import true

from tests.traceability.test_campaigns import ANOTHER, TOWNSHIP, elsewhere, opened
from tests.world import World
from traceability import antibodies, rules
from traceability.animals import Animal
from traceability.antibodies import AntibodyResult, AntibodyTest
from traceability.audit.report import verify_chain
from traceability.base.errors import Conflict, RuleViolation
from traceability.campaigns import records
from traceability.chain import events
from traceability.checks import Facts
from traceability.treatments import Disease

ON_BOTH = True


def sampled(world: World, animal: Animal, **changes: object) -> AntibodyTest:
    told: dict[str, object] = {
        "disease": Disease.FMD,
        "sampled_on": world.today,
        "result": AntibodyResult.PASSED,
        "laboratory": "威宁县动物疫病预防控制中心",
        "report_no": "2026-KT-031",
        "titre": "1:256",
        **changes,
    }
    return antibodies.record(world.session, animal, **told, at=world.at, by=world.vet)  # type: ignore[arg-type]  # told by name


def test_the_rate_of_a_campaign_is_counted_by_the_village_of_the_sample(world: World) -> None:
    campaign = opened(world, regions=[TOWNSHIP, ANOTHER])
    here, there = world.animal(), world.animal(holding=elsewhere(world))
    bad = world.animal()
    sampled(world, here, campaign=campaign)
    sampled(world, bad, campaign=campaign, result=AntibodyResult.FAILED)
    sampled(world, there, campaign=campaign)
    sampled(world, world.animal())  # of no campaign

    found = antibodies.rates(world.session, campaign, within=true())

    assert [(each.region_code, each.percent) for each in found] == [(TOWNSHIP, 50), (ANOTHER, 100)]
    assert antibodies.total(found).percent == 66
    listed = antibodies.of_campaign(world.session, campaign, within=true(), limit=2)
    assert [each.animal.ref for each in listed] == [there.ref, bad.ref]
    assert [each.titre for each in antibodies.of_animal(world.session, here)] == ["1:256"]
    judged = rules.outcomes(
        world.session, records.CLOSE_STAGE, Facts(antibody_percent=66), at=world.at
    )
    assert any("抗体合格率 66%，应不低于 70%" in each.sentence for each in judged)
    assert events.history(world.session, here.ref)[-1]["laboratory"].startswith("威宁县")
    assert verify_chain(world.session).damage == []


@pytest.mark.parametrize(
    ("days", "changes", "code"),
    [
        (1, {}, "antibody.in_future"),
        (-600, {}, "antibody.outside_life"),
        (0, {"laboratory": " "}, "antibody.no_laboratory"),
        (0, {"report_no": ""}, "antibody.no_laboratory"),
    ],
)
def test_a_sample_lies_within_the_life_and_names_its_report(
    world: World, days: int, changes: dict[str, object], code: str
) -> None:
    day = world.today + timedelta(days=days)

    with pytest.raises(RuleViolation) as refusal:
        sampled(world, world.animal(), sampled_on=day, **changes)

    assert refusal.value.code == code


def test_a_result_is_entered_once_and_for_the_disease_of_the_campaign(world: World) -> None:
    animal, campaign = world.animal(), opened(world)
    sampled(world, animal)

    with pytest.raises(Conflict) as known:
        sampled(world, animal)
    with pytest.raises(RuleViolation) as other:
        sampled(world, world.animal(), campaign=campaign, disease=Disease.LSD)

    with pytest.raises(RuleViolation) as outside:
        sampled(world, world.animal(holding=elsewhere(world)), campaign=campaign)

    assert outside.value.code == "antibody.outside_area"
    assert known.value.code == "antibody.known"
    assert other.value.code == "antibody.other_disease"
