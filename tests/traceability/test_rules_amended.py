"""A rule is changed by two people, from a day on, and the past stays what it was judged by."""

from collections import defaultdict
from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.world import World
from traceability import amendments, evidence, rule_file, rules
from traceability.amendments import Amendment, AmendmentState, Change
from traceability.audit import columns
from traceability.base.clock import end_of, start_of
from traceability.base.errors import Conflict, NotFound, RuleViolation
from traceability.chain import events
from traceability.chain.kinds import Kind
from traceability.checks import Facts, Result
from traceability.evidence import Evidence
from traceability.rules import Rule, RuleCard, Severity

ON_BOTH = True
ONE_DAY = timedelta(days=1)
CODE = "declaration.lead_time"


@pytest.fixture
def order(world: World, tmp_path: Path) -> Evidence:
    """The document that a change rests on."""
    pdf = b"%PDF-1.7 an order"
    return evidence.store(world.session, tmp_path, pdf, title="文件", at=world.at, by=world.office)


def newest(world: World, code: str = CODE) -> Rule:
    return rules.of_code(world.session, code)[-1]


def proposed(
    world: World,
    change: Change,
    card: RuleCard,
    *,
    order: Evidence | None,
    rule: Rule | None = None,
    reason: str = "上级通知",
) -> Amendment:
    return amendments.propose(
        world.session,
        change,
        card,
        rule=rule,
        reason=reason,
        evidence=order,
        at=world.at,
        by=world.office,
    )


def raised(world: World, on: date) -> RuleCard:
    """The lead time as a block, five days, from a day on."""
    known = rules.card_of(newest(world))
    return replace(
        known, effective_from=on, effective_to=None, params={"days": 5}, severity=Severity.BLOCK
    )


def approved(world: World, amendment: Amendment) -> Rule:
    return amendments.approve(world.session, amendment, at=world.at, by=world.vet)


def result(world: World, day: date, *, days_ahead: int) -> Result:
    facts = Facts(purpose="trade", leaves_on=day + timedelta(days=days_ahead))
    [found] = [
        each
        for each in rules.outcomes(world.session, "declaration.file", facts, at=start_of(day))
        if each.code == CODE
    ]
    return found.result


def undamaged(world: World) -> bool:
    world.session.flush()
    return not [damage for _, batch in columns.check(world.session) for damage in batch]


def test_a_change_applies_from_its_day_and_the_days_before_keep_their_rule(
    world: World, order: Evidence
) -> None:
    old, day = newest(world), world.today + timedelta(days=10)

    amendment = proposed(world, Change.REVISE, raised(world, day), order=order, rule=old)
    assert result(world, day, days_ahead=4) is Result.PASSED
    new = approved(world, amendment)

    assert (old.effective_to, new.effective_from) == (day - ONE_DAY, day)
    assert result(world, day - ONE_DAY, days_ahead=4) is Result.PASSED
    assert result(world, day, days_ahead=4) is Result.FAILED
    assert result(world, day, days_ahead=5) is Result.PASSED
    assert undamaged(world)


def test_what_is_judged_turns_at_midnight_in_china(world: World, order: Evidence) -> None:
    day = world.today + timedelta(days=10)
    amendment = proposed(world, Change.REVISE, raised(world, day), order=order, rule=newest(world))
    approved(world, amendment)
    late = Facts(purpose="trade", leaves_on=day)

    def at_instant(at: object) -> set[Result]:
        found = rules.outcomes(world.session, "declaration.file", late, at=at)  # type: ignore[arg-type]  # an instant
        return {each.result for each in found if each.code == CODE}

    assert at_instant(end_of(day - ONE_DAY) - timedelta(seconds=1)) == {Result.WARNED}
    assert at_instant(start_of(day)) == {Result.FAILED}


def test_nobody_approves_his_own_change(world: World, order: Evidence) -> None:
    day = world.today + ONE_DAY
    amendment = proposed(world, Change.REVISE, raised(world, day), order=order, rule=newest(world))

    with pytest.raises(RuleViolation) as refusal:
        amendments.approve(world.session, amendment, at=world.at, by=world.office)

    assert refusal.value.code == "amendment.same_person"
    assert newest(world).effective_to is None


def test_a_change_is_returned_with_a_reason_and_then_closed(world: World, order: Evidence) -> None:
    day = world.today + ONE_DAY
    amendment = proposed(world, Change.REVISE, raised(world, day), order=order, rule=newest(world))
    told = {"at": world.at, "by": world.vet}

    with pytest.raises(RuleViolation) as silent:
        amendments.send_back(world.session, amendment, reason=" ", **told)  # type: ignore[arg-type]  # as told
    amendments.send_back(world.session, amendment, reason="文号不对", **told)  # type: ignore[arg-type]  # as told
    with pytest.raises(Conflict) as closed:
        approved(world, amendment)

    assert silent.value.code == "amendment.return_without_reason"
    assert closed.value.code == "amendment.closed"
    assert amendment.state is AmendmentState.RETURNED
    assert newest(world).effective_to is None
    assert undamaged(world)


@pytest.mark.parametrize("days", [-400, -1, 0])
def test_no_change_reaches_into_days_gone_by(world: World, order: Evidence, days: int) -> None:
    card = raised(world, world.today + timedelta(days=days))

    with pytest.raises(RuleViolation) as refusal:
        proposed(world, Change.REVISE, card, order=order, rule=newest(world))

    assert refusal.value.code == "amendment.not_to_come"


def test_a_change_approved_too_late_is_refused(world: World, order: Evidence) -> None:
    amendment = proposed(
        world, Change.REVISE, raised(world, world.today + ONE_DAY), order=order, rule=newest(world)
    )
    world.later(days=2)

    with pytest.raises(RuleViolation) as refusal:
        approved(world, amendment)

    assert refusal.value.code == "amendment.not_to_come"


def test_the_second_of_two_changes_of_one_rule_is_proposed_anew(
    world: World, order: Evidence
) -> None:
    old, day = newest(world), world.today + timedelta(days=5)
    first, second = (
        proposed(world, Change.REVISE, raised(world, day), order=order, rule=old) for _ in range(2)
    )
    approved(world, first)

    with pytest.raises(Conflict) as refusal:
        approved(world, second)

    assert refusal.value.code == "amendment.rule_changed"


def test_a_rule_is_closed_and_one_day_opened_again(world: World, order: Evidence) -> None:
    rule, last = newest(world), world.today + timedelta(days=3)
    closing = replace(rules.card_of(rule), effective_to=last)
    approved(world, proposed(world, Change.CLOSE, closing, order=order, rule=rule))
    gap = rules.in_force(world.session, "declaration.file", last + ONE_DAY)

    again = raised(world, last + timedelta(days=30))
    approved(world, proposed(world, Change.OPEN, again, order=order))

    assert CODE not in {card.code for card in gap}
    assert newest(world).effective_from == again.effective_from
    assert undamaged(world)


def test_a_correction_names_its_reason_and_keeps_the_period(world: World, order: Evidence) -> None:
    rule = rules.of_code(world.session, CODE)[0]
    card = replace(rules.card_of(rule), params={"days": 3, "days_breeding": 14})

    approved(world, proposed(world, Change.CORRECT, card, order=order, rule=rule, reason="录错"))

    [event] = [
        each for each in events.history(world.session, rule.ref) if each.kind is Kind.RULE_APPROVED
    ]
    assert (event["change"], event["reason"]) == ("correct", "录错")
    assert rule.params["days_breeding"] == 14
    assert rule.effective_to == date(2022, 11, 30)
    assert undamaged(world)


def test_a_change_needs_a_reason_a_source_and_a_row_that_a_check_can_read(
    world: World, order: Evidence
) -> None:
    rule, day = newest(world), world.today + ONE_DAY
    good = raised(world, day)
    nonsense = [
        replace(good, params={"days": -1}),
        replace(good, params={"weeks": 1}),
        replace(good, params={"days": "5"}),
        replace(good, text=" "),
        replace(good, citation=""),
        replace(good, stages=()),
        replace(good, stages=("moon.landing",)),
        replace(good, code="animal.sings"),
        replace(good, certainty="sure"),
        replace(good, species="9"),
        replace(good, effective_to=day - ONE_DAY),
    ]
    codes = []
    for card in nonsense:
        with pytest.raises(RuleViolation) as refusal:
            proposed(world, Change.REVISE, card, order=order, rule=rule)
        codes.append(refusal.value.code)
    with pytest.raises(RuleViolation) as unexplained:
        proposed(world, Change.REVISE, good, order=order, rule=rule, reason=" ")
    with pytest.raises(RuleViolation) as unsourced:
        proposed(world, Change.REVISE, good, order=None, rule=rule)

    assert set(codes) == {"amendment.bad_card"}
    assert unexplained.value.code == "amendment.no_reason"
    assert unsourced.value.code == "amendment.no_source"


def test_a_change_that_changes_nothing_or_overlaps_is_refused(
    world: World, order: Evidence
) -> None:
    rule, day = newest(world), world.today + ONE_DAY
    same = replace(rules.card_of(rule), effective_from=day)

    with pytest.raises(RuleViolation) as idle:
        proposed(world, Change.REVISE, same, order=order, rule=rule)
    with pytest.raises(RuleViolation) as twice:
        proposed(world, Change.OPEN, raised(world, day), order=order)

    assert idle.value.code == "amendment.nothing_changed"
    assert twice.value.code == "amendment.overlap"


def test_loading_the_file_again_keeps_what_people_approved_and_tells_the_difference(
    world: World, order: Evidence
) -> None:
    rule, day = newest(world), world.today + ONE_DAY
    assert rule_file.differences(world.session) == []
    new = approved(
        world, proposed(world, Change.REVISE, raised(world, day), order=order, rule=rule)
    )

    assert rule_file.load(world.session) == 0

    [found] = rule_file.differences(world.session)
    assert found.rule is rule
    assert (rule.effective_to, new.params) == (day - ONE_DAY, {"days": 5})


def test_every_row_of_the_table_has_its_event(world: World) -> None:
    for rule in rules.rows(world.session):
        [event] = events.history(world.session, rule.ref)
        assert event.kind is Kind.RULE_LOADED
    assert undamaged(world)


def test_an_unknown_rule_or_change_is_not_found(world: World) -> None:
    with pytest.raises(NotFound) as rule:
        rules.get(world.session, "rule:" + "0" * 32)
    with pytest.raises(NotFound) as amendment:
        amendments.get(world.session, "amendment:" + "0" * 32)

    assert (rule.value.code, amendment.value.code) == ("rule.not_found", "amendment.not_found")


moves = st.lists(
    st.tuples(st.sampled_from(sorted(Change)), st.integers(-2, 40), st.integers(1, 9)), max_size=6
)


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=moves)
def test_whatever_people_approve_no_day_has_two_rules_of_one_code(
    world: World, order: Evidence, steps: list[tuple[Change, int, int]]
) -> None:
    with world.session.begin_nested() as trial:
        for change, days, wanted in steps:
            rule, day = newest(world), world.today + timedelta(days=days)
            card = replace(raised(world, day), params={"days": wanted})
            if change is Change.CLOSE:
                card = replace(rules.card_of(rule), effective_to=day)
            source = None if change is Change.OPEN else rule
            try:
                amendment = proposed(world, change, card, order=order, rule=source)
                approved(world, amendment)
            except RuleViolation:
                continue

        periods = defaultdict(list)
        for row in rules.rows(world.session):
            periods[row.code].append((row.effective_from, row.effective_to))
        for spans in periods.values():
            for (_, ends), (begins, _) in pairwise(spans):
                assert ends is not None
                assert ends < begins
        assert undamaged(world)
        trial.rollback()
