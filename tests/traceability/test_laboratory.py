"""A laboratory's report: entered, counted, withdrawn, and what it does to a certificate."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from tests.world import World
from traceability import rules
from traceability.animals import Animal
from traceability.base.clock import legal_day, start_of
from traceability.base.errors import Conflict, RuleViolation
from traceability.checks import Facts, Result
from traceability.holdings import HoldingKind
from traceability.quarantine import certificates, diseases, laboratory
from traceability.quarantine.declarations import Purpose
from traceability.quarantine.diseases import Stage
from traceability.quarantine.laboratory import LabResult

ON_BOTH = True
BRUCELLOSIS, TUBERCULOSIS = "布鲁氏菌病", "牛结核病"
CENTRE = "威宁县动物疫病预防控制中心"


def reported(world: World, animal: Animal, **changes: Any) -> LabResult:
    told: dict[str, Any] = {
        "tested_for": BRUCELLOSIS,
        "positive": False,
        "report_no": "2026-117",
        "laboratory": CENTRE,
        "tested_on": world.today,
        "at": world.at,
        "by": world.vet,
        **changes,
    }
    return laboratory.record(world.session, animal, **told)


def test_a_positive_result_stops_the_certificate_with_its_article(world: World) -> None:
    animal = world.animal()
    declaration = world.inspected(world.declared(animal))
    reported(world, animal, positive=True, declaration=declaration)

    with pytest.raises(RuleViolation) as refusal:
        certificates.issue(world.session, declaration, at=world.at, by=world.vet)

    [outcome] = refusal.value.outcomes
    assert outcome.code == "laboratory.negative"
    assert "布鲁氏菌病检测阳性" in outcome.sentence
    assert "第十四条" in (refusal.value.source or "")


def test_a_newer_negative_report_of_the_same_disease_lets_it_pass(world: World) -> None:
    animal = world.animal()
    reported(world, animal, positive=True, tested_on=world.today - timedelta(days=30))
    reported(world, animal, tested_for=TUBERCULOSIS, report_no="2026-118")
    declaration = world.inspected(world.declared(animal))
    with pytest.raises(RuleViolation):
        certificates.issue(world.session, declaration, at=world.at, by=world.vet)

    reported(world, animal, report_no="2026-119")

    assert certificates.issue(world.session, declaration, at=world.at, by=world.vet).number


def test_on_one_day_a_positive_report_outweighs_a_negative_one(world: World) -> None:
    animal = world.animal()
    reported(world, animal, positive=True, report_no="2026-1")
    reported(world, animal, positive=False, report_no="2026-2")

    found = laboratory.Reports(world.session, [animal.id])

    facts = found.facts(animal.id, at=world.at, purpose="trade")
    assert facts["lab_positive"] == (BRUCELLOSIS,)


def test_a_withdrawn_entry_counts_no_more_and_is_still_shown(world: World) -> None:
    animal = world.animal()
    row = reported(world, animal, positive=True)

    laboratory.withdraw(world.session, row, reason="登记到了别的牛", at=world.at, by=world.vet)

    assert world.certified(animal).number
    [shown] = laboratory.of_animal(world.session, animal)
    assert shown.withdrawn == "登记到了别的牛"
    with pytest.raises(Conflict) as again:
        laboratory.withdraw(world.session, row, reason="再撤", at=world.at, by=world.vet)
    assert again.value.code == "laboratory.withdrawn"


def test_breeding_stock_without_its_tests_is_warned_of_by_name(world: World) -> None:
    animal = world.animal()
    farm = world.holding(HoldingKind.FARM, "种牛场")
    reported(world, animal)

    world.certified(animal, to=farm, purpose=Purpose.BREEDING)

    facts = laboratory.Reports(world.session, [animal.id]).facts(
        animal.id, at=world.at, purpose="breeding"
    )
    told = rules.outcomes(world.session, "certificate.issue", Facts(**facts), at=world.at)
    [missing] = [each for each in told if each.code == "laboratory.tested"]
    assert missing.result is Result.WARNED
    assert missing.sentence.startswith("种用、乳用牛缺少牛结核病的检测结果")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"tested_for": "感冒"}, "laboratory.unknown_disease"),
        ({"report_no": " "}, "laboratory.without_number"),
        ({"laboratory": ""}, "laboratory.without_name"),
        ({"tested_on": date(2026, 11, 23)}, "laboratory.in_future"),
        ({"tested_on": date(2020, 1, 1)}, "laboratory.before_birth"),
    ],
)
def test_a_result_that_cannot_be_is_refused(
    world: World, changes: dict[str, Any], code: str
) -> None:
    animal = world.animal()

    with pytest.raises(RuleViolation) as refusal:
        reported(world, animal, **changes)

    assert refusal.value.code == code
    assert laboratory.of_animal(world.session, animal) == []


def test_a_result_for_a_declaration_names_an_animal_of_it(world: World) -> None:
    declaration = world.declared(world.animal())

    with pytest.raises(RuleViolation) as refusal:
        reported(world, world.animal(), declaration=declaration)

    assert refusal.value.code == "laboratory.not_declared"


def test_the_same_report_is_entered_once_and_withdrawn_with_a_reason(world: World) -> None:
    animal = world.animal()
    row = reported(world, animal)

    with pytest.raises(Conflict) as twice:
        reported(world, animal, positive=True)
    with pytest.raises(RuleViolation) as silent:
        laboratory.withdraw(world.session, row, reason=" ", at=world.at, by=world.vet)

    assert twice.value.code == "laboratory.entered"
    assert silent.value.code == "laboratory.withdrawn_without_reason"


@pytest.mark.parametrize(
    ("at", "skin", "lung"),
    [
        (start_of(date(2023, 4, 1)) - timedelta(seconds=1), False, True),
        (start_of(date(2023, 4, 1)), True, False),
    ],
)
def test_the_diseases_are_those_of_the_procedure_in_force(
    at: datetime, *, skin: bool, lung: bool
) -> None:
    names = {row.name for row in diseases.named(Stage.ORIGIN, legal_day(at))}

    assert ("牛结节性皮肤病" in names, "牛传染性胸膜肺炎" in names) == (skin, lung)
    assert names <= set(diseases.names_on(legal_day(at)))


def test_every_row_says_how_certain_it_is() -> None:
    assert {row.certainty for row in diseases.listed()} <= rules.CERTAINTY_LABELS.keys()
    assert {row.dates_certainty for row in diseases.listed()} <= rules.CERTAINTY_LABELS.keys()
