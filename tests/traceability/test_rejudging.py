"""What was done is judged again: by a proposed change, and by the rules of another day."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

from sqlalchemy import event, true

from market.sales.acts import of_sales
from tests import selling
from tests.world import World
from traceability import animals, instruments, movements, rules
from traceability.amendments import Change
from traceability.quarantine import certificates
from traceability.quarantine.declarations import Purpose
from traceability.rejudging import acts
from traceability.rejudging.turns import Act, Effect, Turn, amended, of_day, turns
from traceability.rules import RuleCard, Severity

ON_BOTH = True
LAST_DAY_OF_2010 = date(2022, 11, 30)
QUESTIONS_MAX = 8


def card(world: World, code: str) -> RuleCard:
    return rules.card_of(rules.of_code(world.session, code)[-1])


def revised(world: World, done: Sequence[Act], new: RuleCard) -> list[Turn]:
    """What acts become when a rule says something else."""
    book = rules.cards(world.session)
    return list(turns(done, book, amended(book, Change.REVISE, new, card(world, new.code))))


def declared(world: World, *, days_ahead: int, purpose: Purpose = Purpose.TRADE) -> None:
    leaves_on = world.today + timedelta(days=days_ahead)
    world.declared(world.animal(), leaves_on=leaves_on, purpose=purpose)


def test_a_longer_lead_time_would_have_warned_of_a_declaration(world: World) -> None:
    declared(world, days_ahead=3)
    done = acts.of_declarations(world.session, true(), 10)
    known = card(world, "declaration.lead_time")
    longer = replace(known, params={"days": 4})

    (warned,) = revised(world, done, longer)
    (stopped,) = revised(world, done, replace(longer, severity=Severity.BLOCK))

    assert (warned.before, warned.after) == (Effect.ALLOWED, Effect.WARNED)
    assert "4" in warned.outcome.sentence
    assert stopped.after is Effect.STOPPED
    assert revised(world, done, replace(known, citation="另一份文件")) == []


def test_breeding_stock_in_time_today_is_late_by_the_order_of_2010(world: World) -> None:
    declared(world, days_ahead=5, purpose=Purpose.BREEDING)
    declared(world, days_ahead=5)
    done = acts.of_declarations(world.session, true(), 10)
    book = rules.cards(world.session)

    (turn,) = turns(done, book, of_day(book, LAST_DAY_OF_2010))

    assert (turn.code, turn.act.facts.purpose) == ("declaration.lead_time", "breeding")
    assert (turn.before, turn.after) == (Effect.ALLOWED, Effect.WARNED)
    assert list(turns(done, book, of_day(book, world.today))) == []


def test_a_rule_given_up_or_new_turns_what_it_warned_of(world: World) -> None:
    declared(world, days_ahead=1)
    done = acts.of_declarations(world.session, true(), 10)
    book, known = rules.cards(world.session), card(world, "declaration.lead_time")

    (given_up,) = turns(done, book, amended(book, Change.CLOSE, known, known))
    others = [each for each in book if each.code != known.code]
    from_then = replace(known, effective_from=world.today + timedelta(days=30))
    (new,) = turns(done, others, amended(others, Change.OPEN, from_then, None))

    assert (given_up.before, given_up.after) == (Effect.WARNED, Effect.ALLOWED)
    assert (new.before, new.after) == (Effect.ALLOWED, Effect.WARNED)


def test_every_act_of_a_market_day_passes_the_rules_it_passed(world: World) -> None:
    animal = world.at_market(world.animal(), leaves_on=world.today + timedelta(days=3))
    selling.sold(world, world.weighed(animal, world.scale()))
    book = rules.cards(world.session)

    done = [
        act
        for read in (
            acts.of_declarations,
            acts.of_certificates,
            acts.of_departures,
            acts.of_arrivals,
            of_sales,
        )
        for act in read(world.session, true(), 10)
    ]

    assert [act.stage for act in done] == [
        "declaration.file",
        "certificate.issue",
        "movement.depart",
        "movement.arrive",
        "sale.agree",
    ]
    for act in done:
        assert rules.failed(rules.judged(book, act.stage, act.facts, at=act.at)) == [], act.stage


def test_what_was_revoked_or_died_since_stood_when_it_was_done(world: World) -> None:
    animal = world.animal()
    paper = world.certified(animal)
    movements.depart(world.session, animal, to=world.market, at=world.at, by=world.farmer)
    certificates.revoke(world.session, paper, reason="写错", at=world.at, by=world.vet)
    animals.report_death(
        world.session, animal, cause="途中死亡", disposal="深埋", at=world.at, by=world.farmer
    )
    book = rules.cards(world.session)

    (issued,) = acts.of_certificates(world.session, true(), 10)
    (gone,) = acts.of_departures(world.session, true(), 10)

    for act in (issued, gone):
        assert rules.failed(rules.judged(book, act.stage, act.facts, at=act.at)) == []
        assert act.label == animal.ear_tag


def test_a_scale_verified_anew_since_was_verified_when_it_weighed(world: World) -> None:
    scale = world.scale()
    selling.sold(world, world.weighed(world.at_market(world.animal()), scale))
    instruments.verify(
        world.session,
        scale,
        certificate_no="黔计检 2027-0001",
        verified_on=world.today + timedelta(days=30),
        valid_until=world.today + timedelta(days=395),
        at=world.later(days=30),
        by=world.office,
    )

    (sold,) = of_sales(world.session, true(), 10)

    found = rules.judged(rules.cards(world.session), sold.stage, sold.facts, at=sold.at)
    assert "instrument.verified" in {each.code for each in found}
    assert rules.failed(found) == []


def test_a_dose_entered_later_counts_from_its_day(world: World) -> None:
    animal = world.animal(vaccinated_days_ago=None)
    world.certified(animal)
    warns = card(world, "immunisation.fmd")
    stops = replace(warns, severity=Severity.BLOCK)

    def turned() -> list[Turn]:
        return revised(world, acts.of_certificates(world.session, true(), 10), stops)

    (before,) = turned()
    world.vaccinate(animal, days_ago=60)

    assert (before.before, before.after) == (Effect.WARNED, Effect.STOPPED)
    assert turned() == []


def test_twelve_animals_are_read_in_as_many_questions_as_two(world: World) -> None:
    asked: list[str] = []
    world.certified(*[world.animal() for _ in range(2)])
    counted = []
    for more in (0, 10):
        if more:
            world.certified(*[world.animal() for _ in range(more)])
        world.session.flush()
        world.session.expire_all()
        asked.clear()
        event.listen(
            world.engine, "before_cursor_execute", hear := lambda *told: asked.append(told[2])
        )
        found = acts.of_certificates(world.session, true(), 100)
        event.remove(world.engine, "before_cursor_execute", hear)
        counted.append((len(found), len(asked)))

    (few, for_few), (many, for_many) = counted
    assert (few, many) == (2, 12)
    assert for_few == for_many <= QUESTIONS_MAX
