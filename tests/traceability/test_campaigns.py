"""A campaign of vaccination: what is due, a village dosed at once, the count by village."""

from datetime import date, timedelta

import pytest
from sqlalchemy import event, true

from tests.world import World
from traceability import animals, due_lists, movements, rules, treatments
from traceability.animals import Animal
from traceability.audit.report import verify_chain
from traceability.base.clock import start_of
from traceability.base.errors import Conflict, NotFound, RuleViolation
from traceability.campaigns import coverage, dosing, records
from traceability.campaigns.coverage import Covered
from traceability.campaigns.dosing import Entry, Line, Result
from traceability.campaigns.records import Campaign, CampaignKind, OmissionReason
from traceability.chain import events
from traceability.checks import Facts
from traceability.checks import Result as Judged
from traceability.due_lists import Due
from traceability.holdings import Holding, HoldingKind
from traceability.treatments import Disease

ON_BOTH = True
TOWNSHIP, VILLAGE, ANOTHER = "520526104", "520526104001", "520526105"


def opened(world: World, **changes: object) -> Campaign:
    told: dict[str, object] = {
        "kind": CampaignKind.AUTUMN,
        "name": "小海镇秋防",
        "disease": Disease.FMD,
        "vaccine": "口蹄疫 O 型、A 型二价灭活疫苗",
        "regions": [TOWNSHIP],
        "first_on": world.today - timedelta(days=20),
        "last_on": world.today + timedelta(days=10),
        **changes,
    }
    return records.open_campaign(world.session, **told, at=world.at, by=world.vet)  # type: ignore[arg-type]  # told by name


def record(world: World, campaign: Campaign, *entries: Entry) -> list[Line]:
    return dosing.record(
        world.session,
        campaign,
        entries,
        batch_no="20261001",
        within=true(),
        at=world.at,
        by=world.village_vet,
    )


def dosed(world: World, animal: Animal, **changes: object) -> Entry:
    told: dict[str, object] = {"given_on": world.today, **changes}
    return Entry(animal.ref, **told)  # type: ignore[arg-type]  # told by name


def left(world: World, animal: Animal, reason: OmissionReason, note: str = "") -> Entry:
    return Entry(animal.ref, world.today, reason, note, is_dosed=False)


def elsewhere(world: World, region: str = ANOTHER) -> Holding:
    return world.holding(HoldingKind.HOUSEHOLD, "别处一家", region=region)


def covered(world: World, campaign: Campaign) -> list[Covered]:
    return coverage.by_village(world.session, campaign, today=world.today, within=true())


def due_of(world: World, **life: object) -> Due | None:
    """Why a dose is due today for an animal of such a life."""
    animal = world.animal(**life)
    day = world.today
    listed = due_lists.listed(world.session, Disease.FMD, day=day, within=true())
    return {each.ref: each.due for each in listed}.get(animal.ref)


# What is due


@pytest.mark.parametrize(
    ("age", "dosed_days_ago", "due"),
    [
        (89, None, None),
        (90, None, Due.FIRST),
        (150, 29, None),
        (150, 30, Due.BOOSTER),
        (180, 30, None),
        (540, 180, None),
        (540, 181, Due.LAPSED),
        (540, None, Due.FIRST),
    ],
)
def test_a_dose_is_due_at_first_for_a_calf_again_and_when_it_wears_off(
    world: World, age: int, dosed_days_ago: int | None, due: Due | None
) -> None:
    born_on = world.today - timedelta(days=age)

    assert due_of(world, born_on=born_on, vaccinated_days_ago=dosed_days_ago) is due

    doses = () if dosed_days_ago is None else (world.today - timedelta(days=dosed_days_ago),)
    facts = Facts(born_on=born_on, fmd_doses=doses)
    [rule] = rules.outcomes(world.session, due_lists.DUE_STAGE, facts, at=world.at)
    assert (rule.result is Judged.WARNED) is (due is not None)


def test_the_dead_and_the_held_are_on_no_list_and_a_disease_without_a_rule_lists_the_undosed(
    world: World,
) -> None:
    gone = world.animal(vaccinated_days_ago=None)
    calf = world.animal(born_on=world.today, vaccinated_days_ago=None)
    animals.report_death(
        world.session, gone, cause="不明", disposal="深埋", at=world.at, by=world.farmer
    )
    day = world.today

    by_fmd = due_lists.listed(world.session, Disease.FMD, day=day, within=true())
    by_lsd = due_lists.listed(world.session, Disease.LSD, day=day, within=true())

    assert by_fmd == []
    assert [each.ref for each in by_lsd] == [calf.ref]
    assert due_lists.schedule(world.session, Disease.LSD, day).citation is None


def test_a_village_is_counted_and_listed_with_as_many_questions_however_large(
    world: World,
) -> None:
    asked: list[str] = []
    event.listen(world.engine, "before_cursor_execute", lambda *told: asked.append(told[2]))
    campaign = opened(world)

    def questions() -> int:
        asked.clear()
        day = world.today + timedelta(days=200)
        due_lists.listed(world.session, Disease.FMD, day=day, within=true())
        due_lists.by_village(world.session, Disease.FMD, day=day, within=true())
        covered(world, campaign)
        return len(asked)

    world.animal()
    questions()  # the rules are read once a transaction
    few = questions()
    for _ in range(8):
        world.animal(holding=world.holding(HoldingKind.HOUSEHOLD, "又一家", region=VILLAGE))

    assert questions() == few
    counted = due_lists.by_village(
        world.session, Disease.FMD, day=world.today + timedelta(days=200), within=true()
    )
    assert [(each.region_code, each.heads, each.lapsed) for each in counted] == [
        (TOWNSHIP, 1, 1),
        (VILLAGE, 8, 8),
    ]


# A village at once


def mixed(world: World) -> list[Animal]:
    """Six animals: well, dead, on the road, well, under a withdrawal period, well."""
    herd = [world.animal() for _ in range(6)]
    _, dead, gone, _, ill, _ = herd
    animals.report_death(
        world.session, dead, cause="不明", disposal="深埋", at=world.at, by=world.farmer
    )
    world.certified(gone)
    movements.depart(world.session, gone, to=world.market, at=world.at, by=world.farmer)
    by, at = world.vet, world.at
    treatments.treat(
        world.session, ill, drug="土霉素片", dose="一片", given_on=world.today, at=at, by=by
    )
    return herd


def test_one_submission_gives_every_animal_its_own_result_and_none_stops_another(
    world: World,
) -> None:
    campaign = opened(world)
    well, dead, gone, tomorrow, ill, absent = mixed(world)

    lines = record(
        world,
        campaign,
        dosed(world, well),
        dosed(world, dead),
        dosed(world, gone),
        dosed(world, tomorrow, given_on=world.today + timedelta(days=1)),
        dosed(world, ill),
        left(world, absent, OmissionReason.ABSENT),
        Entry("animal:" + "0" * 32, world.today),
    )

    assert [(line.result, line.code) for line in lines] == [
        (Result.GIVEN, ""),
        (Result.REFUSED, "animal.not_alive"),
        (Result.REFUSED, "campaign.outside_area"),
        (Result.REFUSED, "treatment.in_future"),
        (Result.WARNED, "immunisation.well"),
        (Result.OMITTED, ""),
        (Result.REFUSED, "animal.not_found"),
    ]
    assert "休药期还有" in lines[4].sentence
    assert [len(treatments.doses(world.session, each)) for each in (well, dead, ill)] == [2, 1, 2]
    dose = events.history(world.session, well.ref)[-1]
    assert dose.group == campaign.ref
    assert verify_chain(world.session).damage == []


def test_the_same_submission_sent_again_changes_nothing(world: World) -> None:
    campaign = opened(world)
    one, other = world.animal(), world.animal()
    entries = (dosed(world, one), left(world, other, OmissionReason.REFUSED))
    record(world, campaign, *entries)
    before = events.count(world.session)

    again = record(world, campaign, *entries, dosed(world, one))

    assert {line.result for line in again} == {Result.ALREADY}
    assert events.count(world.session) == before


def test_a_reason_changes_and_a_dose_outweighs_it(world: World) -> None:
    campaign, animal = opened(world), world.animal(vaccinated_days_ago=None)
    record(world, campaign, left(world, animal, OmissionReason.ABSENT))

    [unsaid] = record(world, campaign, left(world, animal, OmissionReason.OTHER))
    [silent] = record(world, campaign, Entry(animal.ref, world.today, is_dosed=False))
    [both] = record(world, campaign, dosed(world, animal, reason=OmissionReason.SICK))
    [changed] = record(world, campaign, left(world, animal, OmissionReason.OTHER, "在山上放"))
    [before] = covered(world, campaign)
    [given] = record(world, campaign, dosed(world, animal))
    [after] = covered(world, campaign)

    assert {unsaid.code, silent.code} == {"campaign.omission_unsaid"}
    assert both.code == "campaign.both_said"
    assert (changed.result, given.result) == (Result.OMITTED, Result.GIVEN)
    assert (before.reasons[OmissionReason.OTHER], before.waiting) == (1, 1)
    assert (after.omitted, after.waiting, after.done_percent) == (0, 0, 100)
    [late] = record(world, campaign, left(world, animal, OmissionReason.SICK))
    assert late.result is Result.ALREADY
    assert verify_chain(world.session).damage == []


def test_too_many_none_and_days_outside_the_campaign_are_refused(world: World) -> None:
    campaign, animal = opened(world), world.animal()

    [outside] = record(world, campaign, dosed(world, animal, given_on=date(2026, 10, 1)))
    with pytest.raises(RuleViolation) as nothing:
        record(world, campaign)
    with pytest.raises(RuleViolation) as many:
        record(world, campaign, *[dosed(world, animal)] * 501)

    assert outside.code == "campaign.outside_days"
    assert nothing.value.code == "campaign.nothing_entered"
    assert many.value.code == "campaign.too_many"


# Opening, counting, closing


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"name": " "}, "campaign.no_name"),
        ({"last_on": date(2026, 1, 1)}, "campaign.bad_period"),
        ({"regions": []}, "campaign.no_regions"),
    ],
)
def test_a_campaign_has_a_name_days_and_a_place(
    world: World, changes: dict[str, object], code: str
) -> None:
    with pytest.raises(RuleViolation) as refusal:
        opened(world, **changes)

    assert refusal.value.code == code


def test_no_two_campaigns_of_a_kind_share_ground_while_open(world: World) -> None:
    first = opened(world)

    with pytest.raises(Conflict) as refusal:
        opened(world, regions=[VILLAGE])
    with pytest.raises(NotFound):
        opened(world, regions=["520526999"])
    opened(world, kind=CampaignKind.MAKE_UP)
    opened(world, regions=[ANOTHER])

    assert refusal.value.code == "campaign.overlaps"
    assert records.listed(world.session)[-1].ref == first.ref
    with pytest.raises(NotFound) as missing:
        records.get(world.session, "campaign:" + "0" * 32)
    assert missing.value.code == "campaign.not_found"


def test_a_campaign_is_counted_by_village_and_closed_with_what_it_missed(world: World) -> None:
    campaign = opened(world)
    village = world.holding(HoldingKind.FARM, "村里养殖场", region=VILLAGE)
    done = [world.animal(holding=village, vaccinated_days_ago=200) for _ in range(3)]
    absent = world.animal(holding=village, vaccinated_days_ago=200)
    world.animal()  # protected: no dose is due
    world.animal(holding=elsewhere(world), vaccinated_days_ago=None)  # not of this campaign
    record(world, campaign, *(dosed(world, each) for each in done))
    record(world, campaign, left(world, absent, OmissionReason.ABSENT))

    whole = coverage.total(covered(world, campaign))
    warned = records.close(
        world.session,
        campaign,
        figures=coverage.figures(whole),
        facts=coverage.facts(whole, antibody_percent=None),
        note="一头外出",
        at=world.at,
        by=world.vet,
    )

    assert [
        (each.region_code, each.heads, each.due, each.done) for each in covered(world, campaign)
    ] == [
        (TOWNSHIP, 1, 0, 0),
        (VILLAGE, 4, 4, 3),
    ]
    assert (whole.density_percent, whole.done_percent, whole.omitted) == (80, 75, 1)
    assert [each.code for each in warned] == ["campaign.density", "campaign.done"]
    assert "群体免疫密度 80%，应不低于 90%" in warned[0].sentence
    assert campaign.figures == {"heads": 5, "due": 4, "done": 3, "omitted": 1, "protected": 4}
    with pytest.raises(Conflict) as refusal:
        record(world, campaign, dosed(world, absent))
    assert refusal.value.code == "campaign.closed"
    assert verify_chain(world.session).damage == []


@pytest.mark.parametrize(
    ("reached", "result"),
    [(89, Judged.WARNED), (90, Judged.PASSED), (None, Judged.NOT_APPLICABLE)],
)
def test_the_targets_stand_in_the_rule_table(
    world: World, reached: int | None, result: Judged
) -> None:
    facts = Facts(density_percent=reached)
    found = rules.outcomes(world.session, records.CLOSE_STAGE, facts, at=world.at)
    told = {each.code: each.result for each in found}

    assert told["campaign.density"] is result
    before = rules.outcomes(
        world.session, records.CLOSE_STAGE, facts, at=start_of(date(2021, 12, 31))
    )
    assert before == []
