"""The stock of ear tags, from the county's store to the ear."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
from sqlalchemy import func, select, true, update
from sqlalchemy.exc import IntegrityError

from tests.world import World
from traceability import amendments, animals, rules
from traceability.amendments import Change
from traceability.audit import columns
from traceability.audit.report import verify_chain
from traceability.base.db import transaction
from traceability.base.errors import Conflict, NotFound, Refusal, RuleViolation
from traceability.chain import events
from traceability.chain.kinds import Kind
from traceability.identifiers.refusals import IdentifierError
from traceability.identifiers.tag_runs import TagRun, parse_run
from traceability.parties import Party, PartyKind
from traceability.tag_stock import counting, handing, ranges
from traceability.tag_stock.ranges import RangeKind, TagRange

ON_BOTH = True
COUNTY, TOWN, VILLAGE, ELSEWHERE = "520526", "520526104", "520526104001", "520526105"


def run(first: int, last: int) -> TagRun:
    return parse_run(f"2520526{first:08d}", f"{last:08d}")


def received(world: World, first: int = 1, last: int = 1000, **changes: Any) -> TagRange:
    """A batch in the county's store."""
    told: dict[str, Any] = {
        "region_code": COUNTY,
        "document_no": "调拨 2026-11",
        "evidence": world.paper("单据"),
    }
    return handing.receive(
        world.session,
        run(first, last),
        **{**told, **changes},
        at=world.at,
        by=world.vet,
    )


def issued(
    world: World,
    source: TagRange,
    first: int,
    last: int,
    *,
    to: Party | None = None,
    region: str = TOWN,
    by: Party | None = None,
) -> TagRange:
    """A part handed on and confirmed by whoever got it."""
    part = handing.issue(
        world.session,
        source,
        run(first, last),
        to=to or world.village_vet,
        region_code=region,
        at=world.at,
        by=by or world.vet,
    )
    handing.confirm(world.session, part, at=world.at, by=part.holder)
    return part


def code_of(refusal: pytest.ExceptionInfo[Refusal]) -> str:
    return refusal.value.code


def warned(world: World, animal: animals.Animal) -> list[dict[str, str]]:
    """What the newest tagging of an animal was warned of."""
    told = [
        each
        for each in events.history(world.session, animal.ref)
        if each.kind in {Kind.ANIMAL_REGISTERED, Kind.ANIMAL_RETAGGED}
    ]
    found: list[dict[str, str]] = told[-1]["warnings"]
    return found


def written_off(world: World, source: TagRange, numbers: TagRun, kind: RangeKind) -> TagRange:
    return handing.write_off(
        world.session,
        source,
        numbers,
        kind=kind,
        reason="下乡途中",
        evidence=world.photo("剪断的耳标") if kind is RangeKind.DESTROYED else None,
        at=world.at,
        by=source.holder,
    )


def test_tags_go_from_the_county_to_the_ear(world: World) -> None:
    batch, officer = received(world), world.party("乡镇兽医", kind=PartyKind.PERSON)
    town = issued(world, batch, 1, 300, to=officer)
    village = issued(world, town, 1, 100, by=officer)
    world.later(minutes=1)
    world.animal(ear_tag="252052600000001")
    world.animal(ear_tag="252052600000002")

    written_off(world, village, run(99, 100), RangeKind.LOST)
    written_off(world, village, run(98, 98), RangeKind.DESTROYED)
    told: dict[str, Any] = {"reason": "用不完", "at": world.at, "by": world.village_vet}
    back = handing.give_back(world.session, village, run(90, 97), **told)
    handing.confirm(world.session, back, at=world.at, by=officer)

    known = counting.counts(world.session, [batch, town, village, back])
    assert (known[batch.id].issued, known[batch.id].left, known[batch.id].worn) == (300, 700, 0)
    assert (known[town.id].issued, known[town.id].left) == (100, 200)
    mine = known[village.id]
    assert (mine.worn, mine.lost, mine.destroyed, mine.returned, mine.left) == (2, 2, 1, 8, 87)
    assert back.holder == officer, "what is given back can be issued again"
    assert counting.worn_of(world.session, batch) == 2
    held = {each.holder.name: each for each in counting.tallies(world.session, true())}
    assert (held["乡镇兽医"].count.size, held["乡镇兽医"].count.left) == (308, 208)


def test_a_range_tells_what_became_of_it(world: World) -> None:
    mine = issued(world, received(world), 1, 10)
    written_off(world, mine, run(1, 2), RangeKind.LOST)
    written_off(world, mine, run(3, 3), RangeKind.DESTROYED)

    kinds = [each.kind for each in events.history(world.session, mine.ref)]

    assert kinds == [
        Kind.TAG_RANGE_ISSUED,
        Kind.TAG_RANGE_CONFIRMED,
        Kind.TAG_RANGE_LOST,
        Kind.TAG_RANGE_DESTROYED,
    ]
    assert [each.run.size for each in ranges.parts(world.session, mine)] == [2, 1]
    assert verify_chain(world.session).damage == []


def test_what_is_left_is_the_same_in_a_list_and_of_one_range(world: World) -> None:
    batch = received(world)
    mine = issued(world, batch, 1, 10)
    world.later(minutes=1)
    world.animal(ear_tag="252052600000004")
    world.animal(ear_tag="252052600000500")
    written_off(world, mine, run(9, 10), RangeKind.LOST)
    of_both = TagRange.id.in_([batch.id, mine.id])

    whole = world.session.scalar(select(func.sum(counting.left())).where(of_both))
    known = counting.counts(world.session, [batch, mine])
    runs = counting.runs_left(world.session, mine, ranges.parts(world.session, mine))

    assert whole == known[batch.id].left + known[mine.id].left
    assert (known[batch.id].left, known[mine.id].left) == (989, 7)
    assert [str(each) for each in runs] == [
        "2 520526 00000001—00000003",
        "2 520526 00000005—00000008",
    ]


def test_a_range_that_grew_behind_the_platforms_back_is_found(world: World) -> None:
    mine = issued(world, received(world), 1, 10)
    declined = handing.issue(
        world.session,
        mine.parent or mine,
        run(11, 20),
        to=world.village_vet,
        region_code=TOWN,
        at=world.at,
        by=world.vet,
    )
    handing.decline(world.session, declined, reason="少了", at=world.at, by=world.village_vet)
    clean = [damage for _, batch in columns.check(world.session) for damage in batch]

    world.session.execute(
        update(TagRange).where(TagRange.id == mine.id).values(last_tag="252052600000099")
    )
    found = [damage for _, batch in columns.check(world.session) for damage in batch]

    assert clean == []
    assert ["止号" in each.sentence for each in found] == [True]


def test_no_two_batches_have_a_number_in_common(world: World) -> None:
    received(world, 1, 100)

    with pytest.raises(Conflict) as refusal:
        received(world, 100, 100)
    next_one = received(world, 101, 200)

    assert code_of(refusal) == "tag_range.overlaps"
    assert next_one.run.size == 100


def test_the_database_itself_refuses_an_overlap(world: World) -> None:
    batch = received(world)
    issued(world, batch, 1, 10)
    facts: dict[str, Any] = {"kind": RangeKind.ISSUED, "region_code": TOWN, "moved_at": world.at}

    with pytest.raises(IntegrityError), world.session.begin_nested():
        world.session.add(
            TagRange(
                parent=batch,
                first_tag="252052600000010",
                last_tag="252052600000020",
                holder=world.village_vet,
                by=world.vet,
                **facts,
            )
        )
        world.session.flush()


def test_nobody_hands_on_what_is_not_in_hand(world: World) -> None:
    batch = received(world)
    mine = issued(world, batch, 1, 100)
    other = world.party("别村防疫员", kind=PartyKind.PERSON)

    with pytest.raises(RuleViolation) as not_mine:
        issued(world, mine, 1, 10, to=other, by=world.vet)
    with pytest.raises(RuleViolation) as beyond:
        issued(world, mine, 100, 101, to=other, by=world.village_vet)
    with pytest.raises(Conflict) as gone:
        issued(world, batch, 100, 101, to=other)
    with pytest.raises(RuleViolation) as outside:
        issued(world, mine, 1, 10, to=other, region=ELSEWHERE, by=world.village_vet)
    with pytest.raises(RuleViolation) as to_myself:
        issued(world, mine, 1, 10, to=world.village_vet, by=world.village_vet)

    assert code_of(not_mine) == "tag_range.not_holder"
    assert code_of(beyond) == "tag_range.not_within"
    assert code_of(gone) == "tag_range.not_left"
    assert code_of(outside) == "tag_range.bad_region"
    assert code_of(to_myself) == "tag_range.to_oneself"


def test_what_is_not_confirmed_is_not_in_hand_and_what_is_declined_comes_back(
    world: World,
) -> None:
    batch, vet = received(world), world.village_vet
    told: dict[str, Any] = {"to": vet, "region_code": TOWN, "at": world.at, "by": world.vet}
    part = handing.issue(world.session, batch, run(1, 10), **told)

    with pytest.raises(RuleViolation) as unconfirmed:
        handing.give_back(world.session, part, run(1, 10), reason="多了", at=world.at, by=vet)
    with pytest.raises(RuleViolation) as stranger:
        handing.confirm(world.session, part, at=world.at, by=world.farmer)
    with pytest.raises(RuleViolation) as early:
        handing.confirm(world.session, part, at=world.at - timedelta(minutes=1), by=vet)
    with pytest.raises(RuleViolation) as unexplained:
        handing.decline(world.session, part, reason=" ", at=world.at, by=vet)
    handing.decline(world.session, part, reason="数目不对", at=world.at, by=vet)
    with pytest.raises(Conflict) as answered:
        handing.confirm(world.session, part, at=world.at, by=vet)
    again = handing.issue(world.session, batch, run(1, 10), **told)

    assert code_of(unconfirmed) == "tag_range.not_held"
    assert code_of(stranger) == "tag_range.not_holder"
    assert code_of(early) == "tag_range.too_early"
    assert code_of(unexplained) == "tag_range.no_reason"
    assert code_of(answered) == "tag_range.answered"
    assert again.is_waiting
    assert counting.counts(world.session, [batch])[batch.id].issued == 10


def test_a_worn_tag_is_neither_lost_nor_handed_on(world: World) -> None:
    mine = issued(world, received(world), 1, 10)
    world.later(minutes=1)
    world.animal(ear_tag="252052600000005")
    world.later(minutes=1)
    told: dict[str, Any] = {
        "reason": "找不到",
        "evidence": None,
        "at": world.at,
        "by": world.village_vet,
    }

    with pytest.raises(RuleViolation) as worn:
        handing.write_off(world.session, mine, run(1, 10), kind=RangeKind.LOST, **told)
    with pytest.raises(RuleViolation) as unseen:
        handing.write_off(world.session, mine, run(1, 4), kind=RangeKind.DESTROYED, **told)
    handing.write_off(world.session, mine, run(6, 10), kind=RangeKind.LOST, **told)

    assert code_of(worn) == "tag_range.worn"
    assert code_of(unseen) == "tag_range.no_photograph"
    assert counting.counts(world.session, [mine])[mine.id].left == 4


def test_a_batch_is_the_countys_own_and_of_its_day(world: World) -> None:
    old = parse_run("252242700000001", "252242700000010")
    paper: dict[str, Any] = {
        "region_code": COUNTY,
        "document_no": "旧账",
        "evidence": None,
        "by": world.vet,
    }
    world.record_at(world.at, late_reason="补录旧账")

    kept = handing.receive(world.session, old, at=datetime(2009, 5, 1, 4, tzinfo=UTC), **paper)
    with pytest.raises(RuleViolation) as too_late:
        handing.receive(world.session, parse_run("252242700000011", "20"), at=world.at, **paper)
    with pytest.raises(RuleViolation) as strange:
        handing.receive(world.session, parse_run("252052400000001", "9"), at=world.at, **paper)
    with pytest.raises(RuleViolation) as nameless:
        received(world, document_no=" ")
    with pytest.raises(RuleViolation) as a_town:
        received(world, region_code=TOWN)
    with pytest.raises(RuleViolation) as above:
        handing.give_back(world.session, kept, old, reason="退", at=world.at, by=world.vet)

    assert kept.run.county == "522427"
    assert code_of(too_late) == "tag_range.county_not_then"
    assert code_of(strange) == "tag_range.other_county"
    assert code_of(nameless) == "tag_range.no_document"
    assert code_of(a_town) == "tag_range.not_a_county"
    assert code_of(above) == "tag_range.nobody_above"


@pytest.mark.parametrize(
    ("first", "last", "size"),
    [
        ("252052600000001", "252052600000001", 1),
        ("252052600000099", "101", 3),  # no check digit: the next number is the next tag
        ("252052600000009", "10", 2),
        ("2 520526 99999998", "2 520526 99999999", 2),
    ],
)
def test_every_number_between_the_ends_is_in_a_run(first: str, last: str, size: int) -> None:
    assert parse_run(first, last).size == size


@pytest.mark.parametrize(
    ("first", "last", "refusal"),
    [
        ("252052600000002", "1", "tag_run.order"),
        ("252052600000001", "252242700000009", "tag_run.two_counties"),
        ("252052600000001", "99999999", "tag_run.too_long"),
        ("252052600000001", "一百", "ear_tag.not_digits"),
        ("152052600000001", "9", "ear_tag.species"),
        ("25205260000001", "9", "ear_tag.length"),
    ],
)
def test_a_run_that_cannot_be_is_refused(first: str, last: str, refusal: str) -> None:
    with pytest.raises(IdentifierError) as caught:
        parse_run(first, last)

    assert caught.value.code == refusal


def test_a_range_of_one_tag_runs_its_whole_course(world: World) -> None:
    batch = received(world, 7, 7)

    one = issued(world, batch, 7, 7)
    world.later(minutes=1)
    animal = world.animal(ear_tag="252052600000007")

    known = counting.counts(world.session, [batch, one])
    assert (known[batch.id].left, known[one.id].left, known[one.id].worn) == (0, 0, 1)
    assert warned(world, animal) == []


def test_a_tag_from_elsewhere_is_put_on_with_a_warning(world: World) -> None:
    batch = received(world)
    issued(world, batch, 1, 100)
    issued(world, batch, 101, 200, to=world.party("别处", kind=PartyKind.PERSON), region=ELSEWHERE)
    world.later(minutes=1)

    outside = world.animal(ear_tag="252052600009999")
    in_store = world.animal(ear_tag="252052600000500")
    of_others = world.animal(ear_tag="252052600000150")
    right = world.animal(ear_tag="252052600000050")

    assert [each["code"] for each in warned(world, outside)] == ["tag.issued"]
    assert "不在任何已入库的号段里" in warned(world, outside)[0]["sentence"]
    assert "还没有发放" in warned(world, in_store)[0]["sentence"]
    assert "不是发给这里的" in warned(world, of_others)[0]["sentence"]
    assert warned(world, right) == []


def test_a_vet_may_put_on_elsewhere_what_he_holds(world: World) -> None:
    issued(world, received(world), 1, 10, region=ELSEWHERE)
    world.later(minutes=1)

    by_him = world.animal(ear_tag="252052600000001", by=world.village_vet)
    by_another = world.animal(ear_tag="252052600000002")

    assert warned(world, by_him) == []
    assert len(warned(world, by_another)) == 1


def test_a_lost_tag_that_turns_up_on_an_animal_is_warned_of(world: World) -> None:
    mine = issued(world, received(world), 1, 10)
    told: dict[str, Any] = {
        "reason": "丢了",
        "evidence": None,
        "at": world.at,
        "by": world.village_vet,
    }
    handing.write_off(world.session, mine, run(1, 5), kind=RangeKind.LOST, **told)
    world.later(minutes=1)

    found = world.animal(ear_tag="252052600000003")

    assert "已登记丢失" in warned(world, found)[0]["sentence"]
    assert counting.counts(world.session, [mine])[mine.id].left == 5


def test_a_county_without_stock_is_not_asked(world: World) -> None:
    before = world.animal(ear_tag="252052600000001")
    world.later(minutes=1)
    received(world)
    elsewhere = world.animal(ear_tag="252052400000001")

    assert warned(world, before) == []
    assert warned(world, elsewhere) == []


def test_a_new_tag_is_asked_for_as_the_first_was(world: World) -> None:
    issued(world, received(world), 1, 100)
    world.later(minutes=1)
    animal = world.animal(ear_tag="252052600000001")

    world.retagged(animal, "252052600009999")
    first = warned(world, animal)
    world.retagged(animal, "252052600000002")

    assert [each["code"] for each in first] == ["tag.issued"]
    assert warned(world, animal) == []


def test_a_county_may_make_the_rule_stop_the_tag(world: World) -> None:
    issued(world, received(world), 1, 100)
    world.later(minutes=1)
    [row] = rules.of_code(world.session, "tag.issued")
    card = rules.card_of(row)
    assert (card.severity, card.certainty) == (rules.Severity.WARN, "K-med")
    amended(world, row)

    with pytest.raises(RuleViolation) as refusal:
        world.animal(ear_tag="252052600009999")

    assert code_of(refusal) == "tag.issued"
    assert world.animal(ear_tag="252052600000001").ear_tag == "252052600000001"


def amended(world: World, row: rules.Rule) -> None:
    """One proposes that the rule blocks from tomorrow, another approves; the morning after."""
    tomorrow = world.today + timedelta(days=1)
    card = replace(rules.card_of(row), severity=rules.Severity.BLOCK, effective_from=tomorrow)
    proposed = amendments.propose(
        world.session,
        Change.REVISE,
        card,
        rule=row,
        reason="县里通知",
        evidence=world.paper("通知"),
        at=world.at,
        by=world.operator,
    )
    amendments.approve(world.session, proposed, at=world.at, by=world.office)
    world.later(days=1)


def test_of_two_officers_who_issue_one_range_at_once_one_is_refused(world: World) -> None:
    batch, other = received(world), world.party("另一位兽医", kind=PartyKind.PERSON)
    world.session.commit()
    start = Barrier(2)
    answers: list[str] = []

    def hand_out(by: int) -> None:
        start.wait()
        try:
            with transaction(world.engine, recorded_at=world.at) as session:
                handing.issue(
                    session,
                    ranges.get(session, batch.ref),
                    run(1, 50),
                    to=session.get_one(Party, world.village_vet.id),
                    region_code=TOWN,
                    at=world.at,
                    by=session.get_one(Party, by),
                )
            answers.append("done")
        except Refusal as refusal:
            answers.append(refusal.code)

    officers = [Thread(target=hand_out, args=(each.id,)) for each in (world.vet, other)]
    for officer in officers:
        officer.start()
    for officer in officers:
        officer.join()

    assert sorted(answers) == ["done", "tag_range.not_left"]


def test_what_is_nowhere_is_not_found(world: World) -> None:
    with pytest.raises(NotFound) as refusal:
        ranges.get(world.session, "tag_range:" + "0" * 32)

    assert code_of(refusal) == "tag_range.not_found"
