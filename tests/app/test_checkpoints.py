"""Heads, keys, tree and programs for anybody; a whole bundle for those who oversee."""

import json
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from app import outside
from app.auth.roles import Role
from app.factory import Platform, settings_of
from tests.app.programs import ProgramOf, code
from tests.inspector import cosign, verify
from tests.world import World
from traceability import animals, merkle
from traceability.chain import events
from traceability.checkpoints import cosigning, notes, stamps
from traceability.checkpoints.keys import Signer

ROOT = Path(__file__).parents[2]


@pytest.fixture
def calf(world: World, signer: Signer) -> str:
    """An animal whose events are stamped in two batches."""
    animal = world.animal()
    stamps.sequence(world.session, signer, at=world.at)
    world.vaccinate(animal, days_ago=1)
    stamps.sequence(world.session, signer, at=world.at)
    return animal.ref


def sizes(client: FlaskClient) -> list[int]:
    rows = client.get("/api/chain/checkpoints").get_json()["rows"]
    return [row["tree_size"] for row in rows]


@pytest.mark.usefixtures("calf")
def test_heads_are_at_addresses_that_stay(client: FlaskClient, signer: Signer) -> None:
    new, old = sizes(client)

    newest, older = client.get("/checkpoint"), client.get(f"/checkpoint/{old}")

    assert notes.verify(newest.text, signer.verifiers).size == new
    assert notes.verify(older.text, signer.verifiers).size == old
    assert newest.content_type == "text/plain; charset=utf-8"
    assert newest.headers["Cache-Control"] == "public, max-age=1"
    again = client.get("/checkpoint", headers={"If-None-Match": newest.headers["ETag"]})
    assert again.status_code == 304
    assert client.get("/checkpoint/987654321").status_code == 404
    assert (
        client.get("/api/chain/checkpoints", query_string={"before": new}).get_json()["rows"][0][
            "tree_size"
        ]
        == old
    )
    page = client.get("/checkpoints").text
    assert f"/checkpoint/{old}" in page
    assert signer.verifier.vkey in page.replace("&#43;", "+")
    assert client.get("/checkpoint/keys").text == f"{signer.verifier.vkey}\n"


def test_before_the_first_stamp_there_is_no_head(client: FlaskClient) -> None:
    assert client.get("/checkpoint").status_code == 404
    assert client.get("/checkpoint/keys").text == ""
    assert "还没有盖过章" in client.get("/checkpoints").text
    assert code(client.get("/api/chain/consistency?from=0")) == (404, "checkpoint.not_found")


@pytest.mark.usefixtures("calf")
def test_anybody_sees_that_the_log_only_grew(client: FlaskClient) -> None:
    new, old = sizes(client)

    told = client.get(f"/api/chain/consistency?from={old}&to={new}").get_json()

    assert merkle.verify_consistency(
        old,
        new,
        [bytes.fromhex(each) for each in told["proof"]],
        old_root=bytes.fromhex(told["root1"]),
        new_root=bytes.fromhex(told["root2"]),
    )
    assert client.get("/api/chain/consistency?from=0").get_json()["proof"] == []
    beyond = client.get(f"/api/chain/consistency?from=0&to={new + 1}")
    backwards = client.get(f"/api/chain/consistency?from={new}&to={old}")
    assert code(beyond) == code(backwards) == (422, "checkpoint.no_such_size")


def test_anybody_sees_where_an_event_stands(client: FlaskClient, calf: str, world: World) -> None:
    new, old = sizes(client)
    first, *_, last = events.history(world.session, calf)

    told = client.get(f"/api/chain/inclusion?digest={first.digest.hex()}&size={old}").get_json()

    assert merkle.verify_inclusion(
        bytes.fromhex(told["leaf_hash"]),
        told["leaf_index"],
        old,
        proof=[bytes.fromhex(each) for each in told["proof"]],
        root=bytes.fromhex(told["root"]),
    )
    late = client.get(f"/api/chain/inclusion?digest={last.digest.hex()}&size={old}")
    assert code(late) == (422, "checkpoint.not_in_tree")
    assert code(client.get("/api/chain/inclusion?digest=zz")) == (404, "event.not_found")
    whole = client.get(f"/api/chain/inclusion?digest={last.digest.hex()}").get_json()
    assert whole["tree_size"] == new


@pytest.mark.usefixtures("calf")
def test_the_tree_can_be_mirrored(client: FlaskClient) -> None:
    new, old = sizes(client)

    tile = client.get(f"/tile/0/000.p/{new}").data

    hashes = [tile[at : at + 32] for at in range(0, len(tile), 32)]
    head = notes.parse_head(notes.parse_note(client.get("/checkpoint").text).text)
    assert merkle.root_of(hashes) == head.root
    assert client.get(f"/tile/0/000.p/{old}").data == tile[: 32 * old]
    for wrong in (f"0/000.p/{new + 1}", "0/000", "0/001.p/1", "9/000.p/1", "0/0", "0/x/000.p/1"):
        assert client.get(f"/tile/{wrong}").status_code == 404, wrong


@pytest.mark.parametrize("name", ["verify.py", "cosign.py"])
def test_the_programs_are_those_of_the_repository(client: FlaskClient, name: str) -> None:
    assert client.get(f"/{name}").data == (ROOT / "tests" / "inspector" / name).read_bytes()


def test_an_overseer_exports_a_whole_line(program_of: ProgramOf, calf: str, signer: Signer) -> None:
    bundle = program_of(Role.REGULATOR).get(f"/api/chain/{calf}/bundle").get_json()

    assert verify.faults(bundle, [signer.verifier.vkey]) == []
    assert bundle["subject"] == calf
    assert all(entry["opening"]["private"] for entry in bundle["events"])
    bundle["events"][1]["opening"]["salt"] = "00" * 32
    assert verify.faults(bundle, bundle["vkeys"]) == ["第 2 条事件：出示的私有部分与承诺不符"]
    assert code(program_of(Role.FARMER).get(f"/api/chain/{calf}/bundle")) == (
        403,
        "permission.denied",
    )


def test_each_altered_field_of_an_animals_bundle_is_named(
    program_of: ProgramOf, calf: str, signer: Signer
) -> None:
    given = program_of(Role.REGULATOR).get(f"/api/chain/{calf}/bundle").get_data()
    note = json.loads(given)["checkpoint"]
    origin, size, root, time, *_ = note.split("\n")

    def answer(*way: object, to: object) -> str:
        bundle = json.loads(given)
        *folders, name = way
        place: Any = bundle
        for each in folders:
            place = place[each]
        place[name] = to
        return verify.faults(bundle, [signer.verifier.vkey])[0]

    event = json.loads(given)["events"][0]["event"]
    assert "（format）" in answer("format", to="other")
    assert "（events）" in answer("events", to=None)
    assert "（subject）" in answer("subject", to="animal:" + "0" * 32)
    for line in (origin, size, root, time):
        changed = note.replace(line, line[:-1] + ("1" if line[-1] != "1" else "2"), 1)
        assert "检查点（checkpoint）" in answer("checkpoint", to=changed), line
    assert "内容（event）" in answer(
        "events", 0, "event", to=event.replace('"sex":"male"', '"sex":"female"')
    )
    assert "位置（position）" in answer("events", 0, "position", to=1)
    assert "路径（path）" in answer("events", 0, "path", 0, to="00" * 32)
    assert "第 2 条事件：出示的私有部分" in answer("events", 1, "opening", "salt", to="00" * 32)
    assert "第 1 条事件：出示的私有部分" in answer("events", 0, "opening", "private", to="{}")


def _require_told_in_proof(client: FlaskClient, world: World, calf: str, vkey: str) -> None:
    """The public proof carries the co-signature, and the inspector's program checks it."""
    code_of_calf = animals.get(world.session, calf).short_code
    bundle = client.get(f"/t/{code_of_calf}/proof.json").get_json()
    known = [*bundle["vkeys"], vkey]
    line = next(each for each in bundle["checkpoint"].split("\n") if "nync.example" in each)
    forged = line[:-8] + ("AAAAAAAA" if not line.endswith("AAAAAAAA") else "BBBBBBBB")

    assert verify.faults(bundle, known) == []
    assert any("签的就是这个目录" in each for each in verify.report(bundle, known))
    bundle["checkpoint"] = bundle["checkpoint"].replace(line, forged)
    assert "cosignature 签名不符" in verify.faults(bundle, known)[0]


def test_a_regulator_hands_a_cosignature_back(
    app: Platform,
    program_of: ProgramOf,
    client: FlaskClient,
    world: World,
    calf: str,
    tmp_path: Path,
) -> None:
    vkey = cosign.make_key("nync.example/witness", tmp_path / "witness.key")
    book = outside.keepers(settings_of(app)).book
    cosigning.add_cosigner(book, vkey)
    key, seconds = cosign.read_key(tmp_path / "witness.key"), int(world.at.timestamp())
    signed = cosign.cosigned(client.get("/checkpoint").text, *key, seconds)
    regulator = program_of(Role.REGULATOR)

    answer = regulator.post("/api/chain/cosignatures", {"note": signed})

    assert answer.status_code == 201, answer.text
    assert answer.get_json()["rows"][0]["name"] == "nync.example/witness"
    whole = client.get("/checkpoint").text
    assert notes.signers(notes.parse_note(whole), [notes.parse_vkey(vkey)])
    assert "共同签名：nync.example/witness" in client.get("/checkpoints").text
    _require_told_in_proof(client, world, calf, vkey)
    assert code(regulator.post("/api/chain/cosignatures", {"note": "?"})) == (
        422,
        "cosignature.unreadable",
    )
