"""What the format document shows as examples is so."""

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
