"""Photographs of animals: kept as evidence, public only while somebody says so."""

from pathlib import Path

import pytest

from tests.world import World
from traceability import evidence, photographs
from traceability.base.errors import Conflict, RuleViolation
from traceability.chain import events
from traceability.evidence import Evidence

ON_BOTH = True
JPEG = b"\xff\xd8\xff\xe0 a photograph"


def kept(world: World, folder: Path, data: bytes = JPEG) -> Evidence:
    return evidence.store(world.session, folder, data, title="照片", at=world.at, by=world.farmer)


def taken(world: World, folder: Path, *, is_public: bool) -> tuple:  # type: ignore[type-arg] # a pair
    animal, picture = world.animal(), kept(world, folder)
    photographs.take(
        world.session, animal, picture, is_public=is_public, at=world.at, by=world.farmer
    )
    return animal, picture


def test_a_photograph_is_private_unless_its_taker_says_otherwise(
    world: World, tmp_path: Path
) -> None:
    animal, picture = taken(world, tmp_path, is_public=False)

    found = photographs.of(world.session, animal)

    assert [each.evidence for each in found] == [picture.ref]
    assert photographs.public_of(world.session, animal) is None


def test_what_the_public_reads_of_it_is_only_that_it_may_be_seen(
    world: World, tmp_path: Path
) -> None:
    animal, picture = taken(world, tmp_path, is_public=True)

    event = events.history(world.session, animal.ref)[-1]

    assert event.public == {"shown": True}
    assert picture.ref.encode() not in event.canonical
    assert picture.sha256.hex().encode() not in event.canonical


def test_a_public_photograph_can_be_taken_back_and_shown_again(
    world: World, tmp_path: Path
) -> None:
    animal, picture = taken(world, tmp_path, is_public=True)
    said = {"at": world.at, "by": world.farmer}

    photographs.show(world.session, animal, picture.ref, is_public=False, **said)  # type: ignore[arg-type] # when and by whom
    hidden = photographs.public_of(world.session, animal)
    photographs.show(world.session, animal, picture.ref, is_public=True, **said)  # type: ignore[arg-type] # when and by whom

    shown = photographs.public_of(world.session, animal)
    assert hidden is None
    assert shown is not None
    assert shown.evidence == picture.ref
    assert len(photographs.of(world.session, animal)) == 1


def test_saying_the_same_again_is_refused(world: World, tmp_path: Path) -> None:
    animal, picture = taken(world, tmp_path, is_public=True)

    with pytest.raises(Conflict) as refusal:
        photographs.show(
            world.session, animal, picture.ref, is_public=True, at=world.at, by=world.farmer
        )

    assert refusal.value.code == "photograph.as_it_is"


def test_a_picture_of_another_animal_is_not_its(world: World, tmp_path: Path) -> None:
    _, picture = taken(world, tmp_path, is_public=True)

    with pytest.raises(RuleViolation) as refusal:
        photographs.show(
            world.session,
            world.animal(),
            picture.ref,
            is_public=False,
            at=world.at,
            by=world.farmer,
        )

    assert refusal.value.code == "photograph.not_found"


def test_the_same_picture_is_registered_once(world: World, tmp_path: Path) -> None:
    animal, picture = taken(world, tmp_path, is_public=False)

    with pytest.raises(Conflict) as refusal:
        photographs.take(
            world.session, animal, picture, is_public=True, at=world.at, by=world.farmer
        )

    assert refusal.value.code == "photograph.already_there"


def test_a_paper_is_no_photograph(world: World, tmp_path: Path) -> None:
    paper = kept(world, tmp_path, b"%PDF-1.7")

    with pytest.raises(RuleViolation) as refusal:
        photographs.take(
            world.session, world.animal(), paper, is_public=False, at=world.at, by=world.farmer
        )

    assert refusal.value.code == "photograph.not_a_picture"
