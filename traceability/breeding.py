"""繁育 · the pedigree: who descends from whom, and how closely the parents were related."""

import heapq
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

Pedigree = Mapping[str, tuple[str | None, str | None]]


@dataclass(frozen=True)
class Flaw:
    """系谱疑误 · what is impossible about one animal of a pedigree."""

    id: str
    code: str
    detail: str


def flaws(rows: Sequence[tuple[str, str | None, str | None]]) -> list[Flaw]:
    """Everything impossible in (id, sire, dam) rows: twice, own parent, both sexes, a circle.

    >>> [flaw.code for flaw in flaws([("a", "a", None), ("b", "c", "c")])]
    ['own_parent', 'sex_conflict']
    """
    found: list[Flaw] = []
    seen: set[str] = set()
    for animal, sire, dam in rows:
        if animal in seen:
            found.append(Flaw(animal, "duplicate", "同一编号出现两次"))
        seen.add(animal)
        if animal in (sire, dam):
            found.append(Flaw(animal, "own_parent", "自己不能是自己的父母"))
    sires = {sire for _, sire, _ in rows if sire is not None}
    dams = {dam for _, _, dam in rows if dam is not None}
    found += [Flaw(both, "sex_conflict", "同一编号既作父又作母") for both in sorted(sires & dams)]
    own = {flaw.id for flaw in found if flaw.code == "own_parent"}
    parents = {animal: (sire, dam) for animal, sire, dam in rows if animal not in own}
    found += [
        Flaw(animal, "cycle", "系谱成环：是自己的后代") for animal in _descends_from_itself(parents)
    ]
    return found


def _descends_from_itself(pedigree: Pedigree) -> list[str]:
    """The animals on a circle: those left when all without ancestors, or offspring, are gone."""
    upward = {animal: {p for p in both if p and p in pedigree} for animal, both in pedigree.items()}
    left = upward.keys() - set(_eldest_first(upward))
    downward: dict[str, set[str]] = {animal: set() for animal in left}
    for animal in left:
        for parent in upward[animal] & left:
            downward[parent].add(animal)
    return sorted(left - set(_eldest_first(downward)))


def _eldest_first(before: Mapping[str, set[str]]) -> list[str]:
    """Each key after all the keys it waits for; what waits for itself is left out."""
    waiting = {name: len(others) for name, others in before.items()}
    after: dict[str, list[str]] = {}
    for name, others in before.items():
        for other in others:
            after.setdefault(other, []).append(name)
    ready = deque(name for name, count in waiting.items() if not count)
    order: list[str] = []
    while ready:
        name = ready.popleft()
        order.append(name)
        for later in after.get(name, ()):
            waiting[later] -= 1
            if not waiting[later]:
                ready.append(later)
    return order


def inbreeding(pedigree: Pedigree) -> dict[str, float]:
    """Wright's coefficient of each animal; parents unknown or not listed are unrelated founders.

    Source: Meuwissen & Luo 1992, Computing inbreeding coefficients in large populations,
    Genetics Selection Evolution 24:305-313. The pedigree must be without `flaws`.

    >>> full_siblings = {"x": ("s", "d"), "y": ("s", "d"), "z": ("x", "y")}
    >>> inbreeding(full_siblings)["z"]
    0.25
    """
    known = dict.fromkeys(parent for both in pedigree.values() for parent in both if parent)
    whole = {**dict.fromkeys(known, (None, None)), **pedigree}
    order = _eldest_first({animal: {p for p in both if p} for animal, both in whole.items()})
    assert len(order) == len(whole)
    rank = {animal: number for number, animal in enumerate(order)}
    parents = [[rank[p] for p in whole[animal] if p] for animal in order]
    found = _coefficients(parents)
    return {animal: found[rank[animal]] for animal in pedigree}


def _coefficients(parents: Sequence[Sequence[int]]) -> list[float]:
    found: list[float] = []
    variances: list[float] = []
    of_parents: dict[tuple[int, ...], float] = {}
    for mine in parents:
        variances.append(1 - sum(0.25 + 0.25 * found[parent] for parent in mine))
        couple = tuple(mine)
        if len(couple) < 2:  # noqa: PLR2004 - an animal has two parents
            of_parents[couple] = 0.0
        elif couple not in of_parents:
            of_parents[couple] = _half_kinship(couple, parents, variances)
        found.append(of_parents[couple])
    return found


def _half_kinship(
    couple: tuple[int, ...], parents: Sequence[Sequence[int]], variances: Sequence[float]
) -> float:
    """Half the relationship of two parents, summed over the ancestors they share."""
    sides: list[dict[int, float]] = [{couple[0]: 1.0}, {couple[1]: 1.0}]
    heap = [-parent for parent in set(couple)]
    heapq.heapify(heap)
    shared = 0.0
    while heap:
        ancestor = -heapq.heappop(heap)
        shares = [side.pop(ancestor, 0.0) for side in sides]
        shared += shares[0] * shares[1] * variances[ancestor]
        for parent in parents[ancestor]:
            if all(parent not in side for side in sides):
                heapq.heappush(heap, -parent)
            for side, share in zip(sides, shares, strict=True):
                if share:
                    side[parent] = side.get(parent, 0.0) + share / 2
    return shared / 2
