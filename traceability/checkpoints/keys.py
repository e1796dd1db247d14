"""盖章密钥 · the key that signs checkpoints; only the sequencer reads it.

The file holds one line, `PRIVATE+KEY+origin+key id+base64(type ‖ seed)`, as the signed-note tools
write it, and nobody but its owner may read it. Beside the witness file lies the list of verifier
keys, one a line; retired keys stay in it.
"""

import os
import secrets
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from traceability.checkpoints.notes import (
    ED25519,
    KEY_BYTES,
    BadNote,
    Head,
    Note,
    Signature,
    Verifier,
    decode,
    encode,
    is_name,
    parse_vkey,
)

PREFIX = "PRIVATE+KEY+"
DEMO_MARK = "demo-"
KEY_MODE = 0o600


class KeyRefused(Exception):
    """密钥不可用 · why a key may not sign, in words for whoever starts the platform."""


@dataclass(frozen=True, slots=True, repr=False)
class Signer:
    """盖章人 · an origin and its private key."""

    origin: str
    seed: bytes

    @property
    def verifier(self) -> Verifier:
        """The public half."""
        public = Ed25519PrivateKey.from_private_bytes(self.seed).public_key()
        return Verifier(self.origin, ED25519, public.public_bytes_raw())

    def sign(self, head: Head) -> str:
        """The checkpoint that says so, signed."""
        assert head.origin == self.origin, "a key signs for its own log"
        signature = Ed25519PrivateKey.from_private_bytes(self.seed).sign(head.text.encode())
        line = Signature(self.origin, self.verifier.key_id, signature)
        return Note(head.text, (line,)).written

    def under(self, origin: str) -> "Signer":
        """The same key under the name of a later epoch."""
        return replace(self, origin=origin)

    @property
    def line(self) -> str:
        """As the key file keeps it."""
        name = f"{self.origin}+{self.verifier.key_id.hex()}"
        return f"{PREFIX}{name}+{encode(bytes([ED25519]) + self.seed)}\n"


def new_signer(origin: str) -> Signer:
    """A signer with a key of its own."""
    if not is_name(origin):
        raise KeyRefused(f"追溯链名称“{origin}”不能含空格或加号")
    return Signer(origin, secrets.token_bytes(KEY_BYTES))


def load(path: Path, *, origin: str | None = None) -> Signer:
    """The signer of a key file; with `origin`, only one of that name.

    Raises:
        KeyRefused: no such file, others may read it, not a key, or another log's key.
    """
    if not path.is_file():
        raise KeyRefused(f"追溯链签名密钥文件 {path} 不存在")
    if path.stat().st_mode & 0o077:
        raise KeyRefused(f"密钥文件 {path} 他人可读，请执行 chmod 600 {path}")
    signer = _parse(path.read_text("utf-8").strip(), path)
    if origin is not None and signer.origin != origin:
        raise KeyRefused(f"密钥文件 {path} 属于“{signer.origin}”，不是“{origin}”")
    return signer


def _parse(line: str, path: Path) -> Signer:
    parts = line.removeprefix(PREFIX).split("+", 2)
    try:
        name, identity, coded = parts
        typed_seed = decode(coded)
    except (ValueError, BadNote) as error:
        raise KeyRefused(f"密钥文件 {path} 不是追溯链签名密钥") from error
    good = line.startswith(PREFIX) and is_name(name) and len(typed_seed) == 1 + KEY_BYTES
    if not good or typed_seed[0] != ED25519:
        raise KeyRefused(f"密钥文件 {path} 不是追溯链签名密钥")
    signer = Signer(name, typed_seed[1:])
    if signer.verifier.key_id.hex() != identity:
        raise KeyRefused(f"密钥文件 {path} 已损坏：编号与密钥不符")
    return signer


def load_or_make_demo(path: Path) -> Signer:
    """The signer of a demonstration; made at the first call, safe for two processes at once."""
    if not path.exists():
        save(new_signer(DEMO_MARK + secrets.token_hex(4)), path)
    return load(path)


def save(signer: Signer, path: Path) -> None:
    """Write a key file that only its owner reads, unless there is one already."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, KEY_MODE)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(signer.line)
        file.flush()
        os.fsync(file.fileno())
    with suppress(FileExistsError):  # another process was quicker; its key counts
        path.hardlink_to(draft)
    draft.unlink()


def known_keys(path: Path) -> list[Verifier]:
    """The verifier keys of a list, one a line; none if there is no list yet."""
    if not path.exists():
        return []
    lines = (line.strip() for line in path.read_text("utf-8").splitlines())
    return [parse_vkey(line) for line in lines if line and not line.startswith("#")]


def make_known(path: Path, verifiers: Sequence[Verifier]) -> None:
    """Add keys to the list, durably; those on it stay."""
    missing = [each for each in verifiers if each not in known_keys(path)]
    if not missing:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        file.writelines(f"{each.vkey}\n" for each in missing)
        file.flush()
        os.fsync(file.fileno())
