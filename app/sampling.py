"""抽样办理 · the plans that touch one's own area, how far they are, and the samples one may see."""

import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import campaigning, herd, whoami
from app.auth import scopes
from traceability.animals import Animal
from traceability.base.errors import NotFound, RuleViolation
from traceability.campaigns.records import touches
from traceability.holdings import TOWNSHIP_DIGITS, Holding, HoldingKind
from traceability.samples import plans, taking
from traceability.samples.plans import SamplingPlan, Wanted
from traceability.samples.taking import Sample, SampleState

SEED_BYTES = 8
BAD = (SampleState.FAILED, SampleState.CLOSED)


def _is_mine(plan: SamplingPlan) -> bool:
    scope = whoami.scope()
    return scope.everywhere or touches(plan.regions, scope.regions)


def plan(session: Session, ref: str) -> SamplingPlan:
    """The plan of that reference, if it touches one's own area.

    Raises:
        NotFound: `sampling.not_found`, as for one that does not exist.
    """
    found = plans.get(session, ref)
    if not _is_mine(found):
        raise NotFound("sampling.not_found", "没有找到这份抽样计划")
    return found


def make(session: Session, given: Mapping[str, Any]) -> SamplingPlan:
    """Make a plan within one's own area; without a seed, one is drawn and recorded.

    Raises:
        RuleViolation: `sampling.beyond_area`, or the plan's own refusals.
    """
    told = dict(given)
    scope = whoami.scope()
    if not scope.everywhere and not all(code.startswith(scope.regions) for code in told["regions"]):
        raise RuleViolation("sampling.beyond_area", "只能在自己管辖的范围内抽样")
    quotas = {kind.value: told.pop(kind.value) for kind in plans.CLASSES}
    seed = told.pop("seed").strip() or secrets.token_hex(SEED_BYTES)
    return plans.make(session, Wanted(**told, quotas=quotas, seed=seed), **whoami.acted())


@dataclass(frozen=True, slots=True)
class Stratum:
    """一类场所 · of one township: how many are wanted, drawn, taken, and what was found."""

    region_code: str
    place_kind: HoldingKind
    wanted: int
    drawn: int
    taken: int
    passed: int
    failed: int
    open: int


@dataclass(frozen=True, slots=True)
class Target:
    """抽中的牛 · and its sample, once it is taken."""

    animal: Animal
    place: Holding
    sample: Sample | None


@dataclass(frozen=True, slots=True)
class Progress:
    """抽样进度 · in one's own area."""

    plan: SamplingPlan
    strata: Sequence[Stratum]
    targets: Sequence[Target]
    samples: Sequence[Sample]
    names: Mapping[str, str]


def progress(session: Session, found: Sequence[SamplingPlan]) -> list[Progress]:
    """How far some plans are in one's own area: as many questions for one as for all."""
    samples = _seen(session, taking.of_plans(session, found))
    refs = {ref for each in found for pair in each.drawn.items() for ref in pair}
    places = {
        place.ref: place
        for place in session.scalars(
            select(Holding).where(Holding.ref.in_(refs), scopes.within(whoami.scope()))
        )
    }
    cows = {cow.ref: cow for cow in session.scalars(select(Animal).where(Animal.ref.in_(refs)))}
    codes = {plans.township_of(place) for place in places.values()}
    codes |= {plans.township_of(each.holding) for each in samples}
    names = campaigning.names_of(session, codes)
    return [
        _progress(each, [one for one in samples if one.plan is each], (places, cows), names)
        for each in found
    ]


def _seen(session: Session, samples: Sequence[Sample]) -> list[Sample]:
    if whoami.scope().everywhere:
        return list(samples)
    ids = {each.holding_id for each in samples}
    mine = select(Holding.id).where(Holding.id.in_(ids), scopes.within(whoami.scope()))
    seen = {*session.scalars(mine)}
    return [each for each in samples if each.holding_id in seen]


def _progress(
    found: SamplingPlan,
    samples: Sequence[Sample],
    known: tuple[Mapping[str, Holding], Mapping[str, Animal]],
    names: Mapping[str, str],
) -> Progress:
    places, cows = known
    of_animal = {each.animal.ref: each for each in samples}
    targets = [
        Target(cows[animal], places[place], of_animal.get(animal))
        for animal, place in found.drawn.items()
        if place in places
    ]
    targets.sort(key=lambda each: (each.place.region_code, each.place.name, each.animal.ear_tag))
    return Progress(found, _strata(found, targets, samples), targets, samples, names)


def _strata(
    found: SamplingPlan, targets: Iterable[Target], samples: Iterable[Sample]
) -> list[Stratum]:
    drawn = [_key(each.place) for each in targets]
    taken = [(_key(each.holding), each.state) for each in samples]
    return [
        Stratum(
            region_code=key[0],
            place_kind=key[1],
            wanted=found.quotas.get(key[1].value, 0),
            drawn=drawn.count(key),
            taken=sum(place == key for place, _ in taken),
            passed=taken.count((key, SampleState.PASSED)),
            failed=sum(place == key and state in BAD for place, state in taken),
            open=taken.count((key, SampleState.FAILED)),
        )
        for key in sorted({*drawn, *(place for place, _ in taken)})
    ]


def _key(place: Holding) -> tuple[str, HoldingKind]:
    return place.region_code[:TOWNSHIP_DIGITS], place.kind


def listed(session: Session) -> list[Progress]:
    """The plans that touch one's own area, the newest first, with how far they are."""
    return progress(session, [each for each in plans.listed(session) if _is_mine(each)])


def sample(session: Session, ref: str) -> Sample:
    """The sample of that reference, if its place lies within one's own area.

    Raises:
        NotFound: `sample.not_found`, as for one that does not exist.
    """
    found = taking.get(session, ref)
    if not scopes.covers(whoami.scope(), found.holding):
        raise NotFound("sample.not_found", "没有找到这份样品")
    return found


def take(session: Session, found: SamplingPlan, given: Mapping[str, Any]) -> Sample:
    """Record a sample of an animal that one may see.

    Raises:
        RuleViolation: `sample.unknown_animal`, or what `taking.take` refuses.
    """
    told = dict(given)
    try:
        animal = herd.by_text(session, str(told.pop("ear_tag")))
    except NotFound as missing:
        raise RuleViolation("sample.unknown_animal", missing.sentence) from missing
    return taking.take(session, found, animal, **told, **whoami.acted())


def report(session: Session, found: Sample, given: Mapping[str, Any]) -> Sample:
    """Record what the laboratory's report says."""
    taking.report(session, found, **given, **whoami.acted())
    return found


def follow_up(session: Session, found: Sample, given: Mapping[str, Any]) -> Sample:
    """Record a step about a failed sample."""
    taking.follow_up(session, found, **given, **whoami.acted())
    return found


def close(session: Session, found: Sample, given: Mapping[str, Any]) -> Sample:
    """Close a failed sample."""
    taking.close(session, found, **given, **whoami.acted())
    return found
