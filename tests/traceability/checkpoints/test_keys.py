"""The signing key: one owner, one log, never somebody else's."""

from pathlib import Path
from typing import Any

import pytest

from traceability.checkpoints import keys, notes
from traceability.checkpoints.keys import KeyRefused
from traceability.checkpoints.notes import BadNote, Head


def test_a_key_is_kept_for_its_owner_alone(tmp_path: Path) -> None:
    path, signer = tmp_path / "keys" / "chain.key", keys.new_signer("weining.example/chain")

    keys.save(signer, path)

    assert path.stat().st_mode & 0o777 == 0o600
    assert keys.load(path, origin="weining.example/chain") == signer
    assert "seed" not in repr(signer)


def test_a_key_is_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "chain.key"
    first = keys.load_or_make_demo(path)

    keys.save(keys.new_signer("other"), path)

    assert keys.load(path) == first == keys.load_or_make_demo(path)
    assert first.origin.startswith("demo-")


@pytest.mark.parametrize(
    ("content", "mode", "sentence"),
    [
        (None, 0o600, "不存在"),
        (keys.new_signer("a").lines, 0o644, "他人可读"),
        ("demo-0123456789abcdef", 0o600, "不是追溯链签名密钥"),
        ("", 0o600, "不是追溯链签名密钥"),
        ("PRIVATE+KEY+a+00000000+AAAA", 0o600, "不是追溯链签名密钥"),
        (keys.new_signer("a").lines.replace("+a+", "+b+"), 0o600, "已损坏"),
        (keys.new_signer("a").lines, 0o600, "属于“a”"),
    ],
    ids=["none", "open", "another thing", "empty", "short", "renamed", "another log's"],
)
def test_production_refuses_a_key_that_is_not_its_own(
    tmp_path: Path, content: str | None, mode: int, sentence: str
) -> None:
    path = tmp_path / "chain.key"
    if content is not None:
        path.write_text(content)
        path.chmod(mode)

    with pytest.raises(KeyRefused, match=sentence):
        keys.load(path, origin="weining.example/chain")


def test_a_name_with_a_space_or_a_plus_is_refused() -> None:
    for origin in ("wei ning", "wei+ning", ""):
        with pytest.raises(KeyRefused, match="名称"):
            keys.new_signer(origin)


def test_retired_keys_stay_on_the_list(tmp_path: Path) -> None:
    path = tmp_path / "witness" / "vkeys.txt"
    first, second = keys.new_signer("a").verifier, keys.new_signer("b").verifier

    for known in ([first], [first, second], [second]):
        keys.make_known(path, known)

    assert keys.known_keys(path) == [first, second]
    assert keys.known_keys(tmp_path / "none.txt") == []


def test_the_later_line_on_a_key_counts(tmp_path: Path) -> None:
    path = tmp_path / "vkeys.txt"
    first, second = keys.new_signer("a"), keys.new_signers("a")
    keys.make_known(path, [*first.verifiers, *second.verifiers])

    keys.retire(path, {first.verifier.key}, until=9)
    keys.retire(path, {first.verifier.key}, until=12)

    assert [each.until for each in keys.known_keys(path)] == [9, None, None]
    assert first.verifier.vkey + " until=9" in path.read_text().splitlines()
    early, late = (first.sign(Head("a", size, bytes(32))) for size in (9, 10))
    assert keys.in_term(path, early) == keys.known_keys(path) == keys.in_term(path, None)
    assert keys.in_term(path, late) == second.verifiers


@pytest.mark.parametrize("term", ["until=x", "since=-1", "until=1 since=1", "forever", "until=１"])
def test_a_crooked_term_is_no_key(tmp_path: Path, term: str) -> None:
    path = tmp_path / "vkeys.txt"
    path.write_text(f"{keys.new_signer('a').verifier.vkey} {term}\n")

    with pytest.raises(BadNote):
        keys.known_keys(path)


def test_a_key_file_holds_both_algorithms(tmp_path: Path) -> None:
    path, signer = tmp_path / "chain.key", keys.new_signers("weining.example/chain")
    head = Head(signer.origin, 5, bytes(32))

    keys.save(signer, path)

    assert keys.load(path) == signer
    one, other = signer.verifiers
    assert notes.verify(signer.sign(head), [one]) == head
    assert notes.verify(signer.sign(head), [notes.parse_vkey(other.vkey)]) == head
    assert len(path.read_text().splitlines()) == 2


def test_a_spoilt_signature_of_the_second_algorithm_spoils_the_checkpoint() -> None:
    signer = keys.new_signers("weining.example/chain")
    written = signer.sign(Head(signer.origin, 5, bytes(32))).replace("\n5\n", "\n6\n")

    for verifier in signer.verifiers:
        with pytest.raises(BadNote, match="does not fit"):
            notes.verify(written, [verifier])


@pytest.mark.parametrize(
    "spoil",
    [
        lambda lines: lines[::-1],
        lambda lines: [lines[1]],
        lambda lines: [lines[0], lines[0]],
        lambda lines: [*lines, lines[1]],
        lambda lines: [lines[0], keys.new_signers("b").lines.splitlines()[1]],
        lambda lines: [lines[0], lines[1][:-12] + "AAAAAAAAAAA="],
    ],
)
def test_a_key_file_with_other_lines_is_refused(tmp_path: Path, spoil: Any) -> None:
    path, lines = tmp_path / "chain.key", keys.new_signers("a").lines.splitlines()
    path.write_text("\n".join(spoil(lines)) + "\n")
    path.chmod(0o600)

    with pytest.raises(KeyRefused):
        keys.load(path)
