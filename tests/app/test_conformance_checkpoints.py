"""Anybody's checkpoints, through the conformance command."""

import json
from typing import Any

import pytest

from app.conformance.__main__ import answer
from app.conformance.suites import SUITES
from tests.traceability.checkpoints.ground import AT
from traceability.checkpoints import keys
from traceability.checkpoints.notes import Head

SIGNER = keys.new_signer("weining.example/chain")
NOTE = SIGNER.sign(Head(SIGNER.origin, 7, bytes(32), AT))
VKEY = SIGNER.verifier.vkey


def ask(**line: Any) -> dict[str, Any]:
    return answer(SUITES["checkpoint-verify"], json.dumps(line).encode())


def test_a_signed_checkpoint_is_read_out() -> None:
    assert ask(note=NOTE, vkey=VKEY, id=3) == {
        "id": 3,
        "ok": True,
        "origin": "weining.example/chain",
        "size": 7,
        "root": "00" * 32,
    }


def test_another_size_under_the_same_signature_is_not_ok() -> None:
    found = ask(note=NOTE.replace("\n7\n", "\n8\n"), vkey=VKEY)

    assert (found["ok"], found["size"]) == (False, 8)


@pytest.mark.parametrize("note", ["", "x", "a\n1\nAAAA\n\n— a AAAAAAAA\n", "\ud800"])
def test_what_is_no_checkpoint_is_not_ok(note: str) -> None:
    assert ask(note=note, vkey=VKEY)["ok"] is False


@pytest.mark.parametrize(("line", "code"), [({"note": 7}, "bad_input"), ({"note": ""}, "bad_vkey")])
def test_what_cannot_be_asked_is_answered_with_an_error(line: dict[str, Any], code: str) -> None:
    assert ask(vkey="?", **line)["error"] == code
