"""One vehicle, one certificate: loaded, sent, stamped, lost from, unloaded, reported."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.world import World
from traceability import movements
from traceability.animals import Animal, AnimalState
from traceability.audit import columns
from traceability.base.clock import end_of, legal_day
from traceability.base.errors import Conflict, Refusal, RuleViolation
from traceability.chain import events
from traceability.consignments import landing, loading, records, road
from traceability.consignments.landing import Gaps
from traceability.consignments.records import (
    Consignment,
    ConsignmentState,
    Disinfecting,
    LossKind,
    ReportEnd,
)
from traceability.counts import Count
from traceability.quarantine import certificates

ON_BOTH = True
PLATE = "贵F12345"
BOTTLE: dict[str, Any] = {"agent": "过氧乙酸", "place": "小海洗消点", "done_by": "周师傅"}


def told(world: World) -> dict[str, Any]:
    return {"at": world.at, "by": world.farmer}


def opened(world: World, *herd: Animal, plate: str = PLATE, **changes: Any) -> Consignment:
    paper = world.certified(*herd, plate=plate, **changes)
    return loading.open_one(world.session, paper, plate=None, **told(world))


def sent(world: World, *herd: Animal, **changes: Any) -> Consignment:
    found = opened(world, *herd, **changes)
    loading.load(world.session, found, tags(*herd), **told(world))
    loading.depart(world.session, found, **told(world))
    return found


def tags(*herd: Animal) -> list[str]:
    return [each.ear_tag for each in herd]


def lost(world: World, found: Consignment, animal: Animal, kind: LossKind) -> None:
    road.report_loss(
        world.session,
        found,
        kind,
        ear_tag=animal.ear_tag,
        place="威水高速 K12",
        words="车门松开",
        evidence=world.photo("现场"),
        **told(world),
    )


def sound(world: World) -> bool:
    """Whether every row is what its events tell."""
    return not [damage for _, batch in columns.check(world.session) for damage in batch]


def test_a_vehicle_is_disinfected_loaded_sent_stamped_unloaded_and_reported(world: World) -> None:
    herd = [world.animal(), world.animal()]
    found = opened(world, *herd)
    loading.disinfect(world.session, found, Disinfecting.BEFORE_LOADING, **BOTTLE, **told(world))
    compared = loading.load(world.session, found, tags(*herd), **told(world))
    gone = loading.depart(world.session, found, **told(world))
    world.later(hours=3)
    road.stamp(
        world.session,
        found,
        place="草海检查站",
        entry_point=True,
        passed=True,
        words="",
        at=world.at,
        by=world.vet,
    )
    left = landing.unload(world.session, found, tags(*herd), **told(world))
    loading.disinfect(world.session, found, Disinfecting.AFTER_UNLOADING, **BOTTLE, **told(world))
    for end in ReportEnd:
        landing.report(world.session, found, end, **told(world))

    assert compared.agrees
    assert {each.plate for each in gone} == {PLATE}
    assert left == Gaps((), {}, ())
    assert {each.holding_id for each in herd} == {world.market.id}
    assert found.state is ConsignmentState.ARRIVED
    assert [step["disinfecting"] for step in found.disinfections] == [
        "before_loading",
        "after_unloading",
    ]
    assert found.stamps[0]["entry_point"] is True
    assert sound(world)


def test_the_tags_on_the_vehicle_stand_beside_certificate_and_sale(world: World) -> None:
    first, second, stranger = world.animal(), world.animal(), world.animal()
    found = opened(world, first, second)

    loading.load(world.session, found, tags(first, stranger), **told(world))
    compared = loading.of_loading(world.session, found, tags(first, second))

    named = {each.tag: (each.seen, each.unseen) for each in compared.odd}
    assert named[second.ear_tag] == ((Count.CERTIFICATE, Count.SOLD), (Count.LOADED,))
    assert named[stranger.ear_tag] == ((Count.LOADED,), (Count.CERTIFICATE, Count.SOLD))
    assert first.ear_tag not in named


def test_a_vehicle_with_an_animal_beyond_its_certificate_does_not_leave(world: World) -> None:
    mine, stranger = world.animal(), world.animal()
    found = opened(world, mine)
    loading.load(world.session, found, tags(mine, stranger), **told(world))

    with pytest.raises(RuleViolation) as refusal:
        loading.depart(world.session, found, **told(world))

    assert refusal.value.code == "consignment.beyond_certificate"
    assert stranger.ear_tag in refusal.value.sentence
    assert mine.holding is world.home
    assert found.state is ConsignmentState.LOADING


def test_nothing_leaves_unscanned(world: World) -> None:
    found = opened(world, world.animal())

    with pytest.raises(RuleViolation) as unscanned:
        loading.depart(world.session, found, **told(world))
    with pytest.raises(RuleViolation) as empty:
        loading.load(world.session, found, ["", " "], **told(world))

    assert unscanned.value.code == "consignment.not_loaded"
    assert empty.value.code == "consignment.nothing_scanned"


def test_a_vehicle_carries_one_certificate(world: World) -> None:
    sent(world, world.animal())
    second = world.certified(world.animal())

    with pytest.raises(Conflict) as refusal:
        loading.open_one(world.session, second, plate=PLATE, **told(world))

    assert refusal.value.code == "consignment.vehicle_busy"
    assert "一车一证" in refusal.value.sentence
    assert records.of_certificate(world.session, second) is None


def test_a_certificate_is_used_once(world: World) -> None:
    animal = world.animal()
    found = sent(world, animal)
    alone = world.animal()
    paper = world.certified(alone)
    movements.depart(world.session, alone, to=world.market, at=world.at, by=world.farmer)

    for used in (found.certificate, paper):
        with pytest.raises(Conflict) as refusal:
            loading.open_one(
                world.session, used, plate="贵F54321" if used is paper else None, **told(world)
            )
        assert refusal.value.code == "consignment.certificate_used"


@pytest.mark.parametrize(
    ("plate", "code"),
    [("贵F99999", "consignment.other_vehicle"), ("威F1", "plate.form")],
)
def test_a_certificate_serves_the_vehicle_it_names(world: World, plate: str, code: str) -> None:
    paper = world.certified(world.animal(), plate=PLATE)

    with pytest.raises(Refusal) as refusal:
        loading.open_one(world.session, paper, plate=plate, **told(world))

    assert refusal.value.code == code


def test_a_certificate_without_a_vehicle_asks_for_one_and_a_dead_one_serves_none(
    world: World,
) -> None:
    bare, gone = world.certified(world.animal()), world.certified(world.animal())
    certificates.revoke(world.session, gone, reason="货主取消", at=world.at, by=world.vet)
    codes = []
    for paper, plate in ((bare, None), (gone, PLATE)):
        with pytest.raises(RuleViolation) as refusal:
            loading.open_one(world.session, paper, plate=plate, **told(world))
        codes.append(refusal.value.code)
    world.later(days=1)
    with pytest.raises(RuleViolation) as late:
        loading.open_one(world.session, bare, plate=PLATE, **told(world))

    assert codes == ["consignment.no_plate", "consignment.certificate_revoked"]
    assert late.value.code == "consignment.certificate_expired"


def test_a_certificate_that_ends_on_the_road_lets_nobody_off(world: World) -> None:
    herd = [world.animal(), world.animal()]
    found = sent(world, *herd)
    world.later(days=1)

    with pytest.raises(RuleViolation) as refusal:
        landing.unload(world.session, found, tags(*herd), **told(world))

    assert refusal.value.code == "certificate.in_force"
    assert [each.holding_id for each in herd] == [None, None]
    assert found.state is ConsignmentState.ON_ROAD
    assert found.unloaded == []


def test_losses_are_told_with_evidence_and_the_animal_follows(world: World) -> None:
    dead, hurt, away, whole = (world.animal() for _ in range(4))
    found = sent(world, dead, hurt, away, whole)
    lost(world, found, dead, LossKind.DEATH)
    lost(world, found, hurt, LossKind.INJURY)
    lost(world, found, away, LossKind.ESCAPE)

    left = landing.unload(world.session, found, tags(hurt, whole), **told(world))

    assert dead.state is AnimalState.DEAD
    assert {away.holding_id} == {None}
    assert left == Gaps((), {dead.ear_tag: LossKind.DEATH, away.ear_tag: LossKind.ESCAPE}, ())
    assert all(step["evidence"].startswith("evidence:") for step in found.losses)
    assert movements.expected_at(world.session, world.market) == []
    again = landing.unload(world.session, found, tags(away), **told(world))
    assert again.lost == {dead.ear_tag: LossKind.DEATH}
    assert away.holding_id == world.market.id
    assert sound(world)


def test_a_loss_is_told_once_and_of_an_animal_aboard(world: World) -> None:
    animal, home = world.animal(), world.animal()
    found = sent(world, animal)
    lost(world, found, animal, LossKind.INJURY)
    lost(world, found, animal, LossKind.DEATH)

    with pytest.raises(Conflict) as twice:
        lost(world, found, animal, LossKind.ESCAPE)
    with pytest.raises(RuleViolation) as elsewhere:
        lost(world, found, home, LossKind.DEATH)

    assert twice.value.code == "consignment.lost_already"
    assert elsewhere.value.code == "consignment.not_aboard"
    assert home.state is AnimalState.ALIVE


def test_who_is_missing_without_a_word_is_named(world: World) -> None:
    came, missing = world.animal(), world.animal()
    found = sent(world, came, missing)

    left = landing.unload(world.session, found, [came.ear_tag, "252052699999999"], **told(world))

    assert left == Gaps((missing.ear_tag,), {}, ("252052699999999",))
    assert missing.holding is None


def test_the_report_is_due_at_both_ends_within_three_days(world: World) -> None:
    animal = world.animal()
    found = sent(world, animal)
    landing.unload(world.session, found, tags(animal), **told(world))

    assert found.report_due_at == end_of(legal_day(world.at) + timedelta(days=3))
    assert found.origin_report_due
    landing.report(world.session, found, ReportEnd.ORIGIN, **told(world))
    world.later(days=4)
    late = landing.report(world.session, found, ReportEnd.DESTINATION, **told(world))
    with pytest.raises(Conflict) as twice:
        landing.report(world.session, found, ReportEnd.ORIGIN, **told(world))

    assert [each.code for each in late] == ["arrival.reported"]
    assert twice.value.code == "consignment.reported"
    assert sound(world)


def test_hours_without_feed_run_from_the_loading_to_the_arrival(world: World) -> None:
    animal = world.animal()
    found = opened(world, animal)
    before = road.hours_unfed(found, at=world.at)
    loading.load(world.session, found, tags(animal), **told(world))
    loading.depart(world.session, found, **told(world))
    world.later(hours=5, minutes=59)
    landing.unload(world.session, found, tags(animal), **told(world))

    assert before is None
    assert road.hours_unfed(found, at=world.at + timedelta(hours=9)) == 5


def test_a_refusal_at_a_checkpoint_says_why_and_stands_until_the_next_stamp(world: World) -> None:
    found = sent(world, world.animal())
    act: dict[str, Any] = {"place": "草海检查站", "entry_point": False, "at": world.at}

    with pytest.raises(RuleViolation) as silent:
        road.stamp(world.session, found, passed=False, words=" ", by=world.vet, **act)
    road.stamp(world.session, found, passed=False, words="耳标不符", by=world.vet, **act)
    stopped = road.refused(found)
    road.stamp(world.session, found, passed=True, words="已更正", by=world.vet, **act)

    assert silent.value.code == "consignment.unsaid"
    assert stopped == "草海检查站：耳标不符"
    assert road.refused(found) is None


def test_no_step_is_taken_out_of_turn(world: World) -> None:
    animal = world.animal()
    found = opened(world, animal)
    session, act = world.session, told(world)

    with pytest.raises(Conflict) as early:
        landing.unload(session, found, tags(animal), **act)
    with pytest.raises(Conflict) as unloaded:
        loading.disinfect(session, found, Disinfecting.AFTER_UNLOADING, **BOTTLE, **act)
    loading.cancel(session, found, reason="车坏了", **act)
    with pytest.raises(Conflict) as given_up:
        loading.load(session, found, tags(animal), **act)
    anew = loading.open_one(session, found.certificate, plate=None, **act)

    codes = {each.value.code for each in (early, unloaded, given_up)}
    assert codes == {"consignment.out_of_step"}
    assert anew.state is ConsignmentState.LOADING
    assert len(events.history(session, found.ref)) == 2
    assert sound(world)


def test_a_step_does_not_happen_before_the_one_before_it(world: World) -> None:
    animal = world.animal()
    found = sent(world, animal)

    with pytest.raises(RuleViolation) as refusal:
        landing.unload(
            world.session,
            found,
            tags(animal),
            at=world.at - timedelta(minutes=5),
            by=world.operator,
        )

    assert refusal.value.code == "consignment.before_last_step"
    assert found.state is ConsignmentState.ON_ROAD


def test_an_animal_with_a_newer_certificate_leaves_under_that_one_only(world: World) -> None:
    animal = world.animal()
    found = opened(world, animal, plate=PLATE)
    loading.load(world.session, found, tags(animal), **told(world))
    world.later(days=1)
    world.certified(animal)

    with pytest.raises(Conflict) as refusal:
        loading.depart(world.session, found, **told(world))

    assert refusal.value.code == "consignment.other_certificate"
    assert animal.holding_id == world.home.id


def test_the_order_of_2010_asked_for_no_report_of_a_journey_within_the_province(
    world: World,
) -> None:
    world.at = datetime(2021, 6, 1, 1, tzinfo=UTC)
    world.record_at(world.at)
    animal = world.animal()
    found = sent(world, animal)
    landing.unload(world.session, found, tags(animal), **told(world))

    with pytest.raises(RuleViolation) as refusal:
        landing.report(world.session, found, ReportEnd.ORIGIN, **told(world))

    assert found.report_due_at is None
    assert refusal.value.code == "consignment.report_not_asked"


def test_a_vehicle_holds_so_many_and_an_animal_is_lost_once(world: World) -> None:
    animal = world.animal()
    found = opened(world, animal)
    many = [f"2520526{serial:08d}" for serial in range(501)]

    with pytest.raises(RuleViolation) as crowded:
        loading.load(world.session, found, many, **told(world))
    loading.load(world.session, found, tags(animal), **told(world))
    loading.depart(world.session, found, **told(world))
    movements.lose(world.session, animal, how="escape", **told(world))
    with pytest.raises(Conflict) as twice:
        movements.lose(world.session, animal, how="escape", **told(world))

    assert crowded.value.code == "consignment.too_many"
    assert twice.value.code == "movement.lost"
