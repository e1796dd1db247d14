"""Sampling by risk: drawn with a seed, taken under seals, failures followed to the end."""

from datetime import timedelta
from typing import Any

import pytest

from tests.world import World
from traceability import movements
from traceability.animals import Animal
from traceability.audit import columns
from traceability.base.errors import Conflict, NotFound, RuleViolation
from traceability.holdings import HoldingKind
from traceability.samples import plans, taking
from traceability.samples.plans import SamplingPlan, Wanted
from traceability.samples.taking import Sample, SampleState

ON_BOTH = True
HERE, THERE = "520526104", "520526105"
DAY = timedelta(days=1)


def planned(world: World, **changes: Any) -> SamplingPlan:
    told: dict[str, Any] = {
        "name": "秋季布病抽样",
        "tested_for": "布鲁氏菌病",
        "risk": "去年该镇有阳性户",
        "regions": [HERE],
        "quotas": {"household": 2},
        "first_on": world.today,
        "last_on": world.today + 30 * DAY,
        "seed": "2026-11-22",
        **changes,
    }
    return plans.make(world.session, Wanted(**told), at=world.at, by=world.vet)


def taken(world: World, plan: SamplingPlan, animal: Animal, **changes: Any) -> Sample:
    told: dict[str, Any] = {
        "seal_no": f"FQ-{animal.id}",
        "material": "血清",
        "taken_on": world.today,
        "at": world.at,
        "by": world.village_vet,
        **changes,
    }
    return taking.take(world.session, plan, animal, **told)


def reported(world: World, sample: Sample, **changes: Any) -> None:
    told: dict[str, Any] = {
        "passed": False,
        "laboratory": "毕节市疫控中心",
        "report_no": "BJ-2026-88",
        "tested_on": world.today,
        "nonconformity": "虎红平板凝集试验阳性",
        "at": world.at,
        "by": world.vet,
        **changes,
    }
    taking.report(world.session, sample, **told)


def test_the_same_seed_draws_the_same_animals_in_every_class(world: World) -> None:
    far = world.holding(HoldingKind.FARM, "草海养殖场", region=f"{THERE}001")
    homely = {world.animal().ref for _ in range(5)}
    farmed = {world.animal(holding=far).ref for _ in range(4)}
    gone = world.animal()
    world.at_market(gone)
    told: dict[str, Any] = {"regions": [HERE, THERE], "quotas": {"household": 3, "farm": 2}}

    plan, again = planned(world, **told), planned(world, **told)
    other = planned(world, **told, seed="另一个种子")

    assert plan.drawn == again.drawn
    assert len({*plan.drawn} & homely) == 3
    assert len({*plan.drawn} & farmed) == 2
    assert gone.ref not in plan.drawn
    assert {*plan.drawn} & homely == {*plans.draw(homely, seed=plan.seed, count=3)}
    assert other.seed != plan.seed
    assert set(plan.drawn.values()) == {world.home.ref, far.ref}


def test_a_failed_sample_stays_open_until_something_was_done(world: World) -> None:
    animal = world.animal()
    sample = taken(world, planned(world), animal)
    reported(world, sample)
    with pytest.raises(RuleViolation) as too_soon:
        taking.close(world.session, sample, words="没事", at=world.at, by=world.vet)

    taking.follow_up(world.session, sample, words="隔离，复检采样", at=world.at, by=world.vet)
    world.later(days=9)
    taking.close(world.session, sample, words="复检阳性，已扑杀", at=world.at, by=world.vet)

    assert too_soon.value.code == "sample.not_followed_up"
    assert sample.state is SampleState.CLOSED
    assert [step["words"] for step in sample.steps] == ["隔离，复检采样", "复检阳性，已扑杀"]
    assert not [damage for _, batch in columns.check(world.session) for damage in batch]
    for act in (taking.follow_up, taking.close):
        with pytest.raises(Conflict) as late:
            act(world.session, sample, words="再来", at=world.at, by=world.vet)
        assert late.value.code == "sample.out_of_step"


def test_a_passed_sample_is_finished(world: World) -> None:
    animal = world.animal()
    sample = taken(world, planned(world), animal)
    reported(world, sample, passed=True, nonconformity="")

    assert sample.state is SampleState.PASSED
    with pytest.raises(Conflict):
        reported(world, sample)
    assert [each.ref for each in taking.of_plans(world.session, [sample.plan])] == [sample.ref]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"name": " "}, "sampling.unsaid"),
        ({"risk": " "}, "sampling.unsaid"),
        ({"seed": " "}, "sampling.unsaid"),
        ({"days": -1}, "sampling.bad_period"),
        ({"regions": []}, "sampling.no_regions"),
        ({"quotas": {}}, "sampling.no_quota"),
        ({"quotas": {"checkpoint": 3}}, "sampling.no_quota"),
        ({"quotas": {"abattoir": 3}}, "sampling.none_found"),
    ],
)
def test_a_plan_says_what_why_where_and_how_many(
    world: World, change: dict[str, Any], code: str
) -> None:
    world.animal()
    if "days" in change:
        change = {"last_on": world.today + change["days"] * DAY}

    with pytest.raises(RuleViolation) as refusal:
        planned(world, **change)

    assert refusal.value.code == code


def test_a_plan_of_too_many_is_divided(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plans, "DRAWN_MAX", 1)
    world.animal()
    world.animal()

    with pytest.raises(RuleViolation) as refusal:
        planned(world)
    with pytest.raises(NotFound):
        planned(world, regions=["520526999"])

    assert refusal.value.code == "sampling.too_many"


def test_a_sample_is_of_an_animal_drawn_in_time_under_a_seal_of_its_own(world: World) -> None:
    first, second = world.animal(), world.animal()
    plan = planned(world)
    stranger = world.animal()
    one = taken(world, plan, first)

    refused: dict[str, tuple[Animal, dict[str, Any]]] = {
        "sample.unsaid": (second, {"seal_no": " "}),
        "sample.outside_period": (second, {"taken_on": world.today + DAY}),
        "sample.off_plan": (stranger, {}),
        "sample.seal_used": (second, {"seal_no": one.seal_no}),
        "sample.taken_twice": (first, {"seal_no": "FQ-999"}),
    }
    for code, (animal, change) in refused.items():
        with pytest.raises((RuleViolation, Conflict)) as refusal:
            taken(world, plan, animal, **change)
        assert refusal.value.code == code
    instead = taken(world, plan, stranger, off_plan="抽中的牛昨天卖了")
    world.certified(second)
    movements.depart(world.session, second, to=world.market, at=world.at, by=second.owner)
    with pytest.raises(RuleViolation) as away:
        taken(world, plan, second)

    assert instead.off_plan == "抽中的牛昨天卖了"
    assert away.value.code == "sample.on_the_road"


def test_a_report_follows_its_sample_and_names_what_failed(world: World) -> None:
    animal = world.animal()
    sample = taken(world, planned(world), animal)

    wrong: dict[str, dict[str, Any]] = {
        "sample.unsaid": {"nonconformity": " "},
        "sample.report_before_sample": {"tested_on": world.today - DAY},
    }
    for code, change in wrong.items():
        with pytest.raises(RuleViolation) as refusal:
            reported(world, sample, **change)
        assert refusal.value.code == code
    reported(world, sample)
    with pytest.raises(RuleViolation) as silent:
        taking.follow_up(world.session, sample, words=" ", at=world.at, by=world.vet)
    sample.steps = [{"on": "2026-11-22", "words": "看过"}] * taking.STEPS_MAX
    world.session.flush()
    with pytest.raises(RuleViolation) as endless:
        taking.follow_up(world.session, sample, words="又一步", at=world.at, by=world.vet)

    assert silent.value.code == "sample.unsaid"
    assert endless.value.code == "sample.too_many_steps"


def test_what_does_not_exist_is_not_found(world: World) -> None:
    for get, code in ((plans.get, "sampling.not_found"), (taking.get, "sample.not_found")):
        with pytest.raises(NotFound) as refusal:
            get(world.session, "sample:" + "0" * 32)
        assert refusal.value.code == code
