"""The inspector's verifier agrees with the platform, and imports nothing of it."""

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, select

from tests.inspector import verify
from tests.traceability.checkpoints.ground import database, grow, signer, stamp
from traceability.base.db import reading
from traceability.base.refs import new_ref
from traceability.chain import events
from traceability.chain.tables import EventPrivate
from traceability.checkpoints import keys, stamps
from traceability.checkpoints.notes import Head

SIGNER = signer()
VKEYS = [SIGNER.verifier.vkey]
CALF, COW = new_ref("animal"), new_ref("animal")
PROGRAM = Path(verify.__file__)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = database(tmp_path)
    for minutes in range(4):
        grow(engine, CALF, COW, minutes=minutes)
    stamp(engine, SIGNER, minutes=5)
    yield engine
    engine.dispose()


@pytest.fixture
def bundle(engine: Engine) -> dict[str, Any]:
    """The whole small chain, exported."""
    with reading(engine) as session:
        line = events.history(session, CALF) + events.history(session, COW)
        return json.loads(json.dumps(stamps.bundle(session, line)))  # type: ignore[no-any-return] # as a file brings it


def test_the_inspector_knows_nothing_of_the_platform() -> None:
    tree = ast.parse(PROGRAM.read_text("utf-8"))
    imported = {
        name.split(".")[0]
        for node in ast.walk(tree)
        for name in (
            [each.name for each in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }

    assert imported <= set(sys.stdlib_module_names)


def test_a_clean_chain_is_well(bundle: dict[str, Any]) -> None:
    assert len(bundle["events"]) == 8
    assert verify.faults(bundle, VKEYS) == []


def test_it_runs_alone_from_the_command_line(bundle: dict[str, Any], tmp_path: Path) -> None:
    file, program = tmp_path / "bundle.json", tmp_path / "verify.py"
    program.write_bytes(PROGRAM.read_bytes())

    def run() -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-I", str(program), str(file), "--vkey", *VKEYS],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )

    file.write_text(json.dumps(bundle), "utf-8")
    good = run()
    bundle["events"][2]["position"] += 1
    file.write_text(json.dumps(bundle), "utf-8")
    bad = run()

    assert (good.returncode, bad.returncode) == (0, 1)
    assert "8 条事件" in good.stdout
    assert "第 3 条事件" in bad.stdout


def test_every_bit_of_an_exported_event_is_watched(bundle: dict[str, Any]) -> None:
    good = bundle["events"][5]["event"].encode()

    for position in range(len(good)):
        changed = bytearray(good)
        changed[position] ^= 1 << position % 7
        bundle["events"][5]["event"] = changed.decode()
        assert verify.faults(bundle, VKEYS), position


def forked(bundle: dict[str, Any]) -> None:
    bundle["events"][2]["event"] = bundle["events"][1]["event"]


def moved(bundle: dict[str, Any]) -> None:
    bundle["events"][0]["position"] = 1


def swapped(bundle: dict[str, Any]) -> None:
    first, second = bundle["events"][:2]
    first["event"], second["event"] = second["event"], first["event"]


def shortened(bundle: dict[str, Any]) -> None:
    bundle["events"][0]["path"].pop()


def lengthened(bundle: dict[str, Any]) -> None:
    bundle["events"][0]["path"].append("00" * 32)


def resized(bundle: dict[str, Any]) -> None:
    bundle["checkpoint"] = bundle["checkpoint"].replace("\n8\n", "\n9\n", 1)


def spaced(bundle: dict[str, Any]) -> None:
    bundle["events"][0]["event"] = bundle["events"][0]["event"].replace(",", ", ")


def unsigned(bundle: dict[str, Any]) -> None:
    bundle["checkpoint"] = bundle["checkpoint"].split("\n\n")[0] + "\n"


def resigned(bundle: dict[str, Any]) -> None:
    head = Head(SIGNER.origin, 8, bytes(32))
    bundle["checkpoint"] = keys.new_signer(SIGNER.origin).sign(head)


NAMED = {
    "moved": "位置（position）",
    "shortened": "路径过短",
    "lengthened": "路径过长",
    "spaced": "规范形式",
    "resized": "检查点（checkpoint）",
    "unsigned": "检查点没有签名",
    "resigned": "已知公钥",
}
"""What the answer to an attack must name."""

ATTACKS = (forked, moved, swapped, shortened, lengthened, resized, spaced, unsigned, resigned)


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.__name__)
def test_a_tampered_export_is_found(bundle: dict[str, Any], attack: Any) -> None:
    attack(bundle)

    found = verify.faults(bundle, VKEYS)

    assert found
    assert NAMED.get(attack.__name__, "") in found[0]


def test_a_private_part_is_shown_to_whom_it_concerns(
    engine: Engine, bundle: dict[str, Any]
) -> None:
    with reading(engine) as session:
        secret = session.scalars(select(EventPrivate).order_by(EventPrivate.event_id)).first()
    assert secret is not None
    opening = {"salt": secret.salt.hex(), "private": secret.canonical.decode()}
    bundle["events"][0]["opening"] = opening
    assert "王大明" in opening["private"]
    assert verify.faults(bundle, VKEYS) == []

    opening["private"] = opening["private"].replace("王大明", "王小明")

    assert verify.faults(bundle, VKEYS) == ["第 1 条事件：出示的私有部分与承诺不符"]


@pytest.mark.parametrize("given", [None, [], {}, {"format": "x"}, {"format": verify.FORMAT}])
def test_what_is_no_bundle_is_said_to_be_none(given: Any) -> None:
    assert verify.faults(given, VKEYS)
