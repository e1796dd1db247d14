"""What the format document shows as examples is so."""

import json
import re
from hashlib import sha256
from pathlib import Path

from tests.inspector import verify

DOCUMENT = (Path(__file__).parents[2] / "docs" / "chain-format.md").read_text("utf-8")


def shown(language: str) -> str:
    found = re.findall(rf"```{language}\n(.*?)```", DOCUMENT, re.DOTALL)
    assert len(found) == 1
    return str(found[0])


def test_the_events_example_is_an_event() -> None:
    text = shown("event").strip()
    body = verify.read_event(text)
    salt = re.search(r"它的盐是 `([0-9a-f]{64})`", DOCUMENT)

    assert f"指纹 `{sha256(text.encode()).hexdigest()}`" in DOCUMENT
    assert salt is not None
    assert verify.opens(body, bytes.fromhex(salt[1]), shown("private").strip().encode())


def test_the_checkpoints_example_is_signed() -> None:
    origin, size, _root = verify.read_checkpoint(shown("note"), [shown("vkey")])

    assert (origin, size) == ("weining.example/chain", 11)


def test_the_trees_example_is_so() -> None:
    told = json.loads(shown("tree"))
    leaves = [verify.leaf_hash(bytes.fromhex(each)) for each in told["leaves"]]
    old, new = (bytes.fromhex(told[name]) for name in ("root3", "root7"))
    one, two = told["inclusion"], told["consistency"]
    path, proof = ([bytes.fromhex(each) for each in row] for row in (one["path"], two["proof"]))

    assert (verify.root_of(leaves[:3]), verify.root_of(leaves)) == (old, new)
    assert verify.climb(leaves[4], one["position"], one["size"], path) == new
    assert verify.grows(two["size1"], two["size2"], proof, (old, new))


def test_the_second_signature_of_the_example_fits_too() -> None:
    *_, line, vkey, _ = (each.strip() for each in shown("sm2").split("\n"))
    text = shown("note").rpartition("\n\n")[0] + "\n"

    _, [key] = verify.checked(f"{text}\n{line}\n", verify.read_keys([vkey]))

    assert (key.kind, key.name) == ("SM2", "weining.example/chain")
