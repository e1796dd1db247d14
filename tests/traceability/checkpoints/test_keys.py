"""The signing key: one owner, one log, never somebody else's."""

from pathlib import Path

import pytest

from traceability.checkpoints import keys
from traceability.checkpoints.keys import KeyRefused


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
        (keys.new_signer("a").line, 0o644, "他人可读"),
        ("demo-0123456789abcdef", 0o600, "不是追溯链签名密钥"),
        ("", 0o600, "不是追溯链签名密钥"),
        ("PRIVATE+KEY+a+00000000+AAAA", 0o600, "不是追溯链签名密钥"),
        (keys.new_signer("a").line.replace("+a+", "+b+"), 0o600, "已损坏"),
        (keys.new_signer("a").line, 0o600, "属于“a”"),
    ],
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
