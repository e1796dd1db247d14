"""The file of contacts follows the chain, and is checked against the register."""

from pathlib import Path

from tests.world import World
from traceability import movements
from traceability.animals import Animal
from traceability.base.clock import legal_day
from traceability.chain import log
from traceability.holdings import Holding, HoldingKind
from traceability.tracing import columns
from traceability.tracing.companions import companions

ON_BOTH = True


def travelled(world: World, animal: Animal, to: Holding, plate: str | None = None) -> Animal:
    world.certified(animal, to=to)
    movements.depart(world.session, animal, to=to, at=world.at, by=world.farmer, plate=plate)
    movements.arrive(world.session, animal, at=world.at, by=world.operator)
    log.integrate_all(world.session)
    return animal


def test_a_new_departure_is_added_without_making_the_file_anew(
    world: World, tmp_path: Path
) -> None:
    file = tmp_path / "contacts"
    first = travelled(world, world.animal(), world.market)
    before = columns.current(world.session, file)

    second = travelled(world, world.animal(), world.market)
    after = columns.current(world.session, file)

    assert before.contacts.animal.tolist() == [first.id]
    assert after.contacts.animal.tolist() == [first.id, second.id]
    assert after.contacts.source.tolist() == [world.home.id] * 2
    assert after.contacts.destination.tolist() == [world.market.id] * 2
    assert after.contacts.day.tolist() == [world.today.toordinal()] * 2
    assert columns.current(world.session, file).table.tolist() == after.table.tolist()
    assert columns.differences(world.session, file) == (0, 0)


def test_what_is_not_yet_in_the_log_comes_once_it_is(world: World, tmp_path: Path) -> None:
    file = tmp_path / "contacts"
    assert len(columns.current(world.session, file).contacts) == 0

    world.at_market(world.animal())
    waiting = len(columns.current(world.session, file).contacts)
    log.integrate_all(world.session)

    assert (waiting, len(columns.current(world.session, file).contacts)) == (0, 1)


def test_a_rebuilt_file_equals_the_one_kept_up_to_date(world: World, tmp_path: Path) -> None:
    kept, anew = tmp_path / "kept", tmp_path / "anew"
    for _ in range(3):
        travelled(world, world.animal(), world.market)
        columns.current(world.session, kept)

    built = columns.rebuild(world.session, anew)

    assert kept.read_bytes() == anew.read_bytes()
    assert len(built.contacts) == 3


def test_a_file_that_was_cut_or_belongs_to_another_log_is_made_anew(
    world: World, tmp_path: Path
) -> None:
    file = tmp_path / "contacts"
    travelled(world, world.animal(), world.market)
    right = columns.rebuild(world.session, file).table.tolist()
    whole = file.read_bytes()

    for wrong in (whole[:-1], b"", b"x" * len(whole), whole[:24] + b"\xff" * 32 + whole[56:]):
        file.write_bytes(wrong)
        assert columns.current(world.session, file).table.tolist() == right
        assert file.read_bytes() == whole


def test_a_wrong_row_is_found_by_the_check(world: World, tmp_path: Path) -> None:
    file = tmp_path / "contacts"
    travelled(world, world.animal(), world.market)
    columns.rebuild(world.session, file)
    whole = bytearray(file.read_bytes())
    whole[-1] ^= 1
    file.write_bytes(whole)

    assert columns.differences(world.session, file) == (1, 1)


def test_animals_meet_in_a_place_or_on_a_vehicle(world: World, tmp_path: Path) -> None:
    elsewhere = world.holding(HoldingKind.FARM, "远处养殖场")
    neighbour, far_away = world.animal(), world.animal(holding=elsewhere)
    sick = travelled(world, world.animal(), world.market)
    before = travelled(world, world.animal(), world.market)
    day = legal_day(world.at).toordinal()
    contacts = columns.current(world.session, tmp_path / "contacts").contacts

    found = companions(world.session, contacts, sick, begin=day - 30, end=day)
    later = companions(world.session, contacts, sick, begin=day + 1, end=day + 9)

    at = {(each.animal, each.holding) for each in found}
    assert at == {
        (neighbour.id, world.home.id),
        (before.id, world.home.id),
        (before.id, world.market.id),
    }
    assert {each.animal for each in later} == {before.id}
    assert far_away.id not in {each.animal for each in found}
