"""An animal that failed: held, its keeper told, set apart, then let go or destroyed; no door leads
on meanwhile, and none leads back from the end."""

from collections.abc import Callable
from itertools import product
from pathlib import Path

import pytest

from market.sales import closing
from tests import selling
from tests.world import World
from traceability import animals, evidence, movements, rules, treatments
from traceability.animals import Animal, AnimalState
from traceability.audit.report import verify_chain
from traceability.base.errors import Conflict, Refusal, RuleViolation
from traceability.chain import events
from traceability.checks import Facts
from traceability.evidence import Evidence
from traceability.quarantine import certificates, declarations, isolations
from traceability.quarantine.declarations import Purpose
from traceability.quarantine.disposal import DisposalMethod
from traceability.quarantine.isolations import Isolation, IsolationState

ON_BOTH = True
JPEG = b"\xff\xd8\xff\xe0"


def opened(world: World, animal: Animal) -> Isolation:
    return isolations.open_case(
        world.session, animal, reason="临床检查：高热、流涎", at=world.at, by=world.vet
    )


def photograph(world: World, folder: Path) -> Evidence:
    return evidence.store(
        world.session,
        folder,
        JPEG,
        title="深埋现场",
        at=world.at,
        by=world.vet,
    )


def told(world: World, case: Isolation) -> Isolation:
    isolations.notify(
        world.session, case, requirement="就地隔离观察 14 天，不得移动", at=world.at, by=world.vet
    )
    return case


def apart(world: World, case: Isolation) -> Isolation:
    isolations.isolate(
        world.session, told(world, case), where="本场东侧隔离圈", at=world.at, by=world.vet
    )
    return case


def condemned(world: World, animal: Animal) -> Isolation:
    case = apart(world, opened(world, animal))
    isolations.condemn(world.session, case, finding="口蹄疫核酸阳性", at=world.at, by=world.vet)
    return case


def disposed(world: World, case: Isolation, folder: Path, **changes: object) -> Isolation:
    facts = {
        "method": DisposalMethod.DEEP_BURIAL,
        "where": "小海镇无害化处理点",
        "witness": "村委会李主任",
        "weight_g": 410_000,
        "photographs": [photograph(world, folder)],
        **changes,
    }
    isolations.dispose(world.session, case, **facts, at=world.at, by=world.vet)  # type: ignore[arg-type]  # told by name
    return case


def test_a_sick_animal_is_held_told_set_apart_healed_and_let_go(world: World) -> None:
    animal = world.animal()

    case = apart(world, opened(world, animal))
    held = animal.state
    treatments.treat(
        world.session,
        animal,
        drug="土霉素注射液",
        dose="20 毫升",
        given_on=world.today,
        at=world.at,
        by=world.vet,
    )
    isolations.release(
        world.session, case, finding="观察 14 天，复检阴性", at=world.at, by=world.vet
    )
    isolations.close(world.session, case, at=world.at, by=world.vet)

    assert held is AnimalState.HELD
    assert animal.state is AnimalState.ALIVE
    assert case.state is IsolationState.CLOSED
    kinds = [event.kind.value for event in events.history(world.session, case.ref)]
    assert kinds == [
        "isolation.opened",
        "isolation.notified",
        "isolation.begun",
        "isolation.released",
        "isolation.closed",
    ]


def test_a_condemned_animal_is_destroyed_before_a_witness_and_the_case_closed(
    world: World, tmp_path: Path
) -> None:
    case = disposed(world, condemned(world, world.animal()), tmp_path)
    isolations.close(world.session, case, at=world.at, by=world.vet)

    assert case.animal.state is AnimalState.DEAD
    assert case.animal.ended_on == world.today
    assert case.closed_on == world.today
    assert len(case.photographs or []) == 1


def test_an_animal_that_dies_while_it_is_held_is_disposed_of_all_the_same(
    world: World, tmp_path: Path
) -> None:
    animal = world.animal()
    case = told(world, opened(world, animal))
    animals.report_death(
        world.session, animal, cause="不明", disposal="等防疫员处理", at=world.at, by=world.farmer
    )

    with pytest.raises(Conflict, match="请登记无害化处理") as gone:
        isolations.condemn(world.session, case, finding="疑似", at=world.at, by=world.vet)
    world.session.refresh(case)
    disposed(world, case, tmp_path)

    assert gone.value.code == "isolation.animal_gone"
    assert case.state is IsolationState.DISPOSED
    assert animal.ended_on == world.today


def test_every_column_of_a_case_and_its_animal_follows_from_the_events(
    world: World, tmp_path: Path
) -> None:
    case = disposed(world, condemned(world, world.animal()), tmp_path)
    isolations.close(world.session, case, at=world.at, by=world.vet)
    world.session.commit()

    assert not verify_chain(world.session).damage


def test_notices_are_numbered_by_year_within_the_county(world: World) -> None:
    first, second = (told(world, opened(world, world.animal())) for _ in range(2))

    assert [first.notice_no, second.notice_no] == ["2026000001", "2026000002"]


def test_what_is_done_wrong_is_refused_and_nothing_is_half_done(
    world: World, tmp_path: Path
) -> None:
    animal = world.animal()
    with pytest.raises(RuleViolation, match="不合格的原因") as silent:
        isolations.open_case(world.session, animal, reason=" ", at=world.at, by=world.vet)
    case = opened(world, animal)
    with pytest.raises(Conflict, match="不能再留置") as twice:
        opened(world, animal)
    with pytest.raises(Conflict, match="现在是“已留置”") as early:
        isolations.release(world.session, case, finding="好了", at=world.at, by=world.vet)
    with pytest.raises(Conflict) as destroyed:
        disposed(world, case, tmp_path)

    assert silent.value.code == "isolation.without_reason"
    assert twice.value.code == "isolation.not_alive"
    assert early.value.code == destroyed.value.code == "isolation.out_of_step"
    assert len(events.history(world.session, case.ref)) == 1


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"where": ""}, "isolation.without_place"),
        ({"witness": " "}, "isolation.without_witness"),
        ({"weight_g": 0}, "isolation.bad_weight"),
        ({"weight_g": 2_000_001}, "isolation.bad_weight"),
        ({"photographs": []}, "isolation.without_photograph"),
    ],
)
def test_a_disposal_needs_place_witness_weight_and_photograph(
    world: World, tmp_path: Path, changes: dict[str, object], code: str
) -> None:
    case = condemned(world, world.animal())

    with pytest.raises(RuleViolation) as refused:
        disposed(world, case, tmp_path, **changes)

    assert refused.value.code == code


@pytest.mark.parametrize(
    "step",
    ["notify", "isolate", "release", "condemn"],
)
def test_each_step_says_on_what_ground(world: World, step: str) -> None:
    case = opened(world, world.animal())
    if step != "notify":
        told(world, case)
    if step in {"release", "condemn"}:
        isolations.isolate(world.session, case, where="隔离圈", at=world.at, by=world.vet)
    word = {"notify": "requirement", "isolate": "where"}.get(step, "finding")

    with pytest.raises(RuleViolation) as refused:
        getattr(isolations, step)(world.session, case, at=world.at, by=world.vet, **{word: " "})

    assert refused.value.code in {
        "isolation.without_requirement",
        "isolation.without_place",
        "isolation.without_finding",
    }


def test_an_animal_on_the_road_is_held_where_it_arrives(world: World) -> None:
    animal = world.animal()
    world.certified(animal)
    movements.depart(world.session, animal, to=world.market, at=world.at, by=world.farmer)

    with pytest.raises(RuleViolation, match="先登记到达") as refused:
        opened(world, animal)

    assert refused.value.code == "isolation.on_the_road"


# Every state, every door -------------------------------------------------------------------------

Act = Callable[[], object]


def _declare(world: World, animal: Animal) -> Act:
    return lambda: declarations.file(
        world.session,
        [animal],
        declarant=animal.owner,
        destination=world.market,
        purpose=Purpose.TRADE,
        leaves_on=world.today,
        at=world.at,
        by=animal.owner,
    )


def _certify(world: World, animal: Animal) -> Act:
    ready = world.inspected(world.declared(animal))
    return lambda: certificates.issue(world.session, ready, at=world.at, by=world.vet)


def _depart(world: World, animal: Animal) -> Act:
    world.certified(animal)
    return lambda: movements.depart(
        world.session, animal, to=world.market, at=world.at, by=animal.owner
    )


def _weigh(world: World, animal: Animal) -> Act:
    scale = world.scale()
    return lambda: world.weighed(animal, scale)


def _sell(world: World, animal: Animal) -> Act:
    weighing = world.weighed(world.at_market(animal), world.scale())
    return lambda: selling.sold(world, weighing)


def _pay(world: World, animal: Animal) -> Act:
    sale = selling.sold(world, world.weighed(world.at_market(animal), world.scale()))
    return lambda: closing.receive_cash(world.session, sale, at=world.at, by=world.operator)


def _hand_over(world: World, animal: Animal) -> Act:
    sale = selling.sold(world, world.weighed(world.at_market(animal), world.scale()))
    closing.receive_cash(world.session, sale, at=world.at, by=world.operator)
    return lambda: closing.hand_over(world.session, sale, at=world.at, by=world.operator)


def _immunise(world: World, animal: Animal) -> Act:
    return lambda: world.vaccinate(animal, days_ago=1)


def _retag(world: World, animal: Animal) -> Act:
    return lambda: world.retagged(animal, "252052699999999")


def _hold(world: World, animal: Animal) -> Act:
    return lambda: opened(world, animal)


DOORS = {
    "declare": _declare,
    "certify": _certify,
    "depart": _depart,
    "weigh": _weigh,
    "sell": _sell,
    "pay": _pay,
    "hand over": _hand_over,
    "immunise": _immunise,
    "retag": _retag,
    "hold again": _hold,
}


def _held(world: World, animal: Animal) -> None:
    opened(world, animal)


def _condemned(world: World, animal: Animal) -> None:
    condemned(world, animal)


def _dead(world: World, animal: Animal) -> None:
    animals.report_death(
        world.session, animal, cause="不明", disposal="深埋", at=world.at, by=world.farmer
    )


STATES = {
    AnimalState.HELD: _held,
    AnimalState.CONDEMNED: _condemned,
    AnimalState.DEAD: _dead,
}


@pytest.mark.parametrize(("state", "door"), list(product(STATES, DOORS)))
def test_no_door_leads_on_from_a_state_that_is_not_alive(
    world: World, state: AnimalState, door: str
) -> None:
    animal = world.animal()
    act = DOORS[door](world, animal)
    STATES[state](world, animal)
    before = len(events.history(world.session, animal.ref))

    with pytest.raises(Refusal) as refused:
        act()

    assert refused.value.sentence
    assert len(events.history(world.session, animal.ref)) == before


@pytest.mark.parametrize("door", list(DOORS))
def test_every_door_is_open_to_a_living_healthy_animal(world: World, door: str) -> None:
    act = DOORS[door](world, world.animal())

    act()


STAGES = (
    "certificate.issue",
    "movement.depart",
    "movement.arrive",
    "sale.agree",
    "sale.proceed",
    "slaughter",
)


@pytest.mark.parametrize(("state", "stage"), list(product(AnimalState, STAGES)))
def test_at_every_stage_the_rules_ask_for_the_living_state(
    world: World, state: AnimalState, stage: str
) -> None:
    found = rules.outcomes(world.session, stage, Facts(state=state.value), at=world.at)
    codes = {outcome.code for outcome in rules.failed(found)}

    assert ("animal.fit_state" in codes) is (state is not AnimalState.ALIVE)


LEADS_TO = {
    (AnimalState.ALIVE, AnimalState.HELD),
    (AnimalState.ALIVE, AnimalState.DEAD),
    (AnimalState.ALIVE, AnimalState.SLAUGHTERED),
    (AnimalState.HELD, AnimalState.ALIVE),
    (AnimalState.HELD, AnimalState.CONDEMNED),
    (AnimalState.HELD, AnimalState.DEAD),
    (AnimalState.CONDEMNED, AnimalState.DEAD),
}


@pytest.mark.parametrize(("state", "to"), list(product(AnimalState, AnimalState)))
def test_a_state_leads_where_the_law_lets_it_and_nowhere_else(
    state: AnimalState, to: AnimalState
) -> None:
    assert (to in animals.NEXT_STATES[state]) is ((state, to) in LEADS_TO)
