"""The chain as JSON: a proof for anybody, a whole history for those who oversee."""

from hashlib import sha256

import pytest
from flask.testing import FlaskClient

from app.auth.roles import Role
from tests.app.programs import ProgramOf, code
from tests.world import World
from traceability import merkle
from traceability.chain import events
from traceability.checkpoints import keys, notes, stamps
from traceability.holdings import HoldingKind


def test_anybody_checks_an_event_without_us(client: FlaskClient, world: World) -> None:
    digest = events.history(world.session, world.animal().ref)[0].digest
    signer = keys.new_signer("demo-test")
    stamps.sequence(world.session, signer, at=world.at)

    proof = client.get(f"/api/chain/events/{digest.hex()}/proof").get_json()
    newest = client.get("/api/chain/checkpoint").get_json()

    (entry,) = proof["events"]
    head = stamps.newest(world.session)
    assert head is not None
    assert proof["checkpoint"] == newest["note"] == head.note
    assert sha256(entry["event"].encode()).digest() == digest
    assert merkle.verify_inclusion(
        merkle.leaf_hash(digest),
        entry["position"],
        newest["tree_size"],
        proof=[bytes.fromhex(each) for each in entry["path"]],
        root=head.root,
    )
    assert "王大明" not in entry["event"]


def test_before_the_first_stamp_nothing_is_claimed(client: FlaskClient, world: World) -> None:
    digest = events.history(world.session, world.animal().ref)[0].digest

    proof = client.get(f"/api/chain/events/{digest.hex()}/proof").get_json()

    assert proof["events"] == []
    assert proof["checkpoint"] is None
    assert code(client.get("/api/chain/checkpoint")) == (404, "checkpoint.not_found")


@pytest.mark.parametrize("digest", ["0" * 64, "z" * 64, "é" * 64])
def test_an_event_nobody_knows_is_not_found(client: FlaskClient, digest: str) -> None:
    assert code(client.get(f"/api/chain/events/{digest}/proof")) == (404, "event.not_found")


def test_a_regulator_reads_a_whole_history_in_pages(program_of: ProgramOf, world: World) -> None:
    animal = world.animal()
    regulator = program_of(Role.REGULATOR)

    whole = regulator.get("/api/chain/events", subject=animal.ref).get_json()
    rest = regulator.get("/api/chain/events", subject=animal.ref, after=1).get_json()

    assert [each["kind"] for each in whole["events"]] == ["animal.registered", "immunisation.given"]
    assert whole["events"][0]["private"]["by"] == world.farmer.ref
    assert rest == {**whole, "events": whole["events"][1:]}


def test_a_regulator_reads_nothing_beyond_the_county(program_of: ProgramOf, world: World) -> None:
    stranger = world.party("赫章县养牛户")
    far = world.holding(HoldingKind.HOUSEHOLD, "远处", keeper=stranger, region="520527")
    animal = world.animal(holding=far, owner=stranger, by=stranger)
    regulator = program_of(Role.REGULATOR)

    beyond = regulator.get("/api/chain/events", subject=animal.ref)
    missing = regulator.get("/api/chain/events", subject="weighing:" + "0" * 32)

    assert code(beyond) == (404, "animal.not_found")
    assert code(missing) == (404, "event.no_subject")


def test_a_note_is_what_others_can_parse(client: FlaskClient, world: World) -> None:
    world.animal()
    stamps.sequence(world.session, keys.new_signer("demo-test"), at=world.at)

    note = client.get("/api/chain/checkpoint").get_json()["note"]

    assert notes.parse_note(note).signatures
