"""Attacks on proofs and checkpoints, as files whose names say the attack."""

import json
from pathlib import Path
from typing import Any

import pytest

from app.conformance.__main__ import answer
from app.conformance.suites import SUITES
from tests.inspector import verify

FILES = sorted(Path(__file__).with_name("merkle").glob("*.json"))
# github.com/google/certificate-transparency, merkle_tree_test: roots of its first n leaves.
REFERENCE = {
    0: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    1: "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    2: "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    3: "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    7: "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    8: "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
}


def load(path: Path) -> dict[str, Any]:
    return dict(json.loads(path.read_text("utf-8")))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_platform_gives_the_expected_answer(path: Path) -> None:
    vector = load(path)

    assert (
        answer(SUITES[vector["suite"]], json.dumps(vector["line"]).encode()) == vector["expected"]
    )


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_inspector_agrees(path: Path) -> None:
    vector = load(path)
    line, expected = vector["line"], vector["expected"]

    match vector["suite"]:
        case "merkle-inclusion":
            assert included(line) is expected["ok"]
        case "merkle-root":
            leaves = [verify.leaf_hash(bytes.fromhex(each)) for each in line["leaves"]]
            assert verify.root_of(leaves).hex() == expected["root"] == REFERENCE[len(leaves)]
        case "checkpoint-verify":
            assert signed(line) is expected["ok"]
        case suite:
            assert suite == "merkle-consistency", "the inspector reads bundles, not two logs"


def included(line: dict[str, Any]) -> bool:
    leaf, *path, root = (
        bytes.fromhex(each) for each in (line["leaf_hash"], *line["proof"], line["root"])
    )
    if any(len(each) != 32 for each in (leaf, *path, root)):
        return False
    try:
        return verify.climb(leaf, line["leaf_index"], line["tree_size"], path) == root
    except verify.Wrong:
        return False


def signed(line: dict[str, Any]) -> bool:
    try:
        verify.read_checkpoint(line["note"], [line["vkey"]])
    except verify.Wrong:
        return False
    return True
