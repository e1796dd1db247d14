"""盖章密钥 · the key that signs checkpoints; only the sequencer reads it.

The file holds a line `PRIVATE+KEY+origin+key id+base64(type ‖ seed)`, as the signed-note tools
write it, and a second such line for SM2 where checkpoints carry that signature too; nobody but its
owner may read it. Beside the witness file lies the list of verifier keys, one a line with its term;
retired keys stay in it, and of two lines on one key the later counts.
"""

import os
import secrets
from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from traceability.checkpoints import sm2
from traceability.checkpoints.notes import (
    ED25519,
    KEY_BYTES,
    SM2,
    SM2_TYPE,
    BadNote,
    Head,
    Note,
    Signature,
    Verifier,
    decode,
    encode,
    is_name,
    parse_head,
    parse_key_line,
    parse_note,
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
    sm2_seed: bytes | None = None

    @property
    def verifier(self) -> Verifier:
        """The public half of the first key."""
        public = Ed25519PrivateKey.from_private_bytes(self.seed).public_key()
        return Verifier(self.origin, ED25519, public.public_bytes_raw())

    @property
    def verifiers(self) -> list[Verifier]:
        """Every public half."""
        if self.sm2_seed is None:
            return [self.verifier]
        return [self.verifier, Verifier(self.origin, SM2, sm2.public_key(self.sm2_seed))]

    def signatures(self, head: Head) -> list[Signature]:
        """A line by each key."""
        assert head.origin == self.origin, "a key signs for its own log"
        text = head.text.encode()
        made = [Ed25519PrivateKey.from_private_bytes(self.seed).sign(text)]
        if self.sm2_seed is not None:
            made.append(sm2.sign(self.sm2_seed, text))
        return [
            Signature(self.origin, verifier.key_id, each)
            for verifier, each in zip(self.verifiers, made, strict=True)
        ]

    def sign(self, head: Head) -> str:
        """The checkpoint that says so, signed."""
        return Note(head.text, tuple(self.signatures(head))).written

    def under(self, origin: str) -> "Signer":
        """The same keys under the name of a later epoch."""
        return replace(self, origin=origin)

    @property
    def lines(self) -> str:
        """As the key file keeps it."""
        seeds = [bytes([ED25519]) + self.seed, SM2_TYPE + (self.sm2_seed or b"")]
        return "".join(
            f"{PREFIX}{self.origin}+{verifier.key_id.hex()}+{encode(seed)}\n"
            for verifier, seed in zip(self.verifiers, seeds, strict=False)
        )


def new_signer(origin: str) -> Signer:
    """A signer with an Ed25519 key of its own."""
    if not is_name(origin):
        raise KeyRefused(f"追溯链名称“{origin}”不能含空格或加号")
    return Signer(origin, secrets.token_bytes(KEY_BYTES))


def new_signers(origin: str) -> Signer:
    """A signer with an Ed25519 and an SM2 key of its own."""
    number = secrets.randbelow(sm2.N - 2) + 1
    return replace(new_signer(origin), sm2_seed=number.to_bytes(sm2.WIDTH))


def load(path: Path, *, origin: str | None = None) -> Signer:
    """The signer of a key file; with `origin`, only one of that name.

    Raises:
        KeyRefused: no such file, others may read it, not a key, or another log's key.
    """
    if not path.is_file():
        raise KeyRefused(f"追溯链签名密钥文件 {path} 不存在")
    if path.stat().st_mode & 0o077:
        raise KeyRefused(f"密钥文件 {path} 他人可读，请执行 chmod 600 {path}")
    signer = _parse(path.read_text("utf-8").split("\n"), path)
    if origin is not None and signer.origin != origin:
        raise KeyRefused(f"密钥文件 {path} 属于“{signer.origin}”，不是“{origin}”")
    return signer


def _parse(lines: Sequence[str], path: Path) -> Signer:
    read = [_seed(line, path) for line in lines if line.strip()]
    names, typed = {name for name, _, _ in read}, [seed for _, _, seed in read]
    refused = KeyRefused(f"密钥文件 {path} 不是追溯链签名密钥")
    if len(names) != 1 or not 1 <= len(typed) <= 2:  # noqa: PLR2004 # Ed25519, and SM2 perhaps
        raise refused
    first, second = typed[0], typed[1] if len(typed) > 1 else None
    if len(first) != 1 + KEY_BYTES or first[0] != ED25519:
        raise refused
    if second is not None and not second.startswith(SM2_TYPE):
        raise refused
    signer = Signer(names.pop(), first[1:], second and second.removeprefix(SM2_TYPE))
    try:
        found = [each.key_id.hex() for each in signer.verifiers]
    except ValueError as error:
        raise refused from error
    if found != [identity for _, identity, _ in read]:
        raise KeyRefused(f"密钥文件 {path} 已损坏：编号与密钥不符")
    return signer


def _seed(line: str, path: Path) -> tuple[str, str, bytes]:
    """Name, key id and typed seed of a line."""
    try:
        name, identity, coded = line.strip().removeprefix(PREFIX).split("+", 2)
        seed = decode(coded)
    except (ValueError, BadNote) as error:
        raise KeyRefused(f"密钥文件 {path} 不是追溯链签名密钥") from error
    if not line.startswith(PREFIX) or not is_name(name):
        raise KeyRefused(f"密钥文件 {path} 不是追溯链签名密钥")
    return name, identity, seed


def load_or_make_demo(path: Path) -> Signer:
    """The signer of a demonstration; made at the first call, safe for two processes at once."""
    if not path.exists():
        save(new_signers(DEMO_MARK + secrets.token_hex(4)), path)
    return load(path)


def save(signer: Signer, path: Path) -> None:
    """Write a key file that only its owner reads, unless there is one already."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, KEY_MODE)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(signer.lines)
        file.flush()
        os.fsync(file.fileno())
    with suppress(FileExistsError):  # another process was quicker; its key counts
        path.hardlink_to(draft)
    draft.unlink()


def known_keys(path: Path) -> list[Verifier]:
    """The verifier keys of a list with their terms; none if there is no list yet."""
    if not path.exists():
        return []
    lines = (line.strip() for line in path.read_text("utf-8").splitlines())
    read = [parse_key_line(line) for line in lines if line and not line.startswith("#")]
    return list({each.vkey: each for each in read}.values())


def in_term(path: Path, written: str | None) -> list[Verifier]:
    """The keys of a list that may vouch for a checkpoint of that size; all before the first."""
    known = known_keys(path)
    if written is None:
        return known
    size = parse_head(parse_note(written).text).size
    return [each for each in known if each.may_sign(size)]


def make_known(path: Path, verifiers: Sequence[Verifier]) -> None:
    """Add keys to the list, durably; those on it stay as they are."""
    known = {each.vkey for each in known_keys(path)}
    write_down(path, [each for each in verifiers if each.vkey not in known])


def write_down(path: Path, verifiers: Sequence[Verifier]) -> None:
    """Add lines to the list, durably: keys, or other terms of keys that stand on it."""
    if not verifiers:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        file.writelines(f"{each.line}\n" for each in verifiers)
        file.flush()
        os.fsync(file.fileno())


def retire(path: Path, keys: Collection[bytes], *, until: int) -> None:
    """Let keys vouch for no tree larger than that, whatever names they signed under."""
    ended = [
        replace(each, until=until)
        for each in known_keys(path)
        if each.key in keys and (each.until is None or each.until > until)
    ]
    write_down(path, ended)
