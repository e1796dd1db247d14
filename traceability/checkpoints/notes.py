"""签名文本 · C2SP signed notes and tlog checkpoints: parse, write and verify; pure.

Sources: c2sp.org/signed-note, c2sp.org/tlog-checkpoint, c2sp.org/tlog-cosignature. A note is a
text, an empty line, and signature lines `— name base64(key id ‖ signature)`. The first three lines
of a checkpoint's text are origin, tree size and root; ours has one extension line, the time.
"""

import base64
import binascii
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from traceability.base import clock
from traceability.checkpoints import sm2
from traceability.merkle import HASH_BYTES

ED25519 = 1  # signature type of a log's own key
COSIGNATURE = 4  # signature type of a witness: the time is part of what it signs
SM2 = 0xFF  # the type of what has no number of its own; its name follows
SM2_TYPE = bytes([SM2]) + b"SM2-with-SM3/v1"
SM2_KEY_BYTES = 65
KEY_ID_BYTES = 4
KEY_BYTES = 32
TIME_BYTES = 8
SIGNATURES_MAX = 100
NOTE_CHARS_MAX = 1_000_000
SIZE = re.compile(r"0|[1-9][0-9]{0,18}")
TIME = re.compile(r"signed (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)")
DASH = "— "


class BadNote(ValueError):
    """签名文本有误 · not a note, not a checkpoint, or not signed by a known key."""


class OutOfTerm(BadNote):
    """签名密钥不在有效范围 · signed, but by a key that was retired or revoked for such a size."""


@dataclass(frozen=True, slots=True)
class Signature:
    """A signature line: whose, with which key, and the bytes."""

    name: str
    key_id: bytes
    signature: bytes

    @property
    def line(self) -> str:
        """As it stands in a note."""
        return f"{DASH}{self.name} {encode(self.key_id + self.signature)}\n"


@dataclass(frozen=True, slots=True)
class Note:
    """A text and the signatures below it; nothing is verified yet."""

    text: str
    signatures: tuple[Signature, ...]

    @property
    def written(self) -> str:
        """The whole note."""
        return self.text + "\n" + "".join(each.line for each in self.signatures)


@dataclass(frozen=True, slots=True)
class Head:
    """What a checkpoint says: whose log, how many leaves, which root, and when (ours only)."""

    origin: str
    size: int
    root: bytes
    signed_at: datetime | None = None

    @property
    def text(self) -> str:
        """As a checkpoint writes it."""
        lines = [self.origin, str(self.size), encode(self.root)]
        if self.signed_at is not None:
            lines.append(f"signed {clock.stamp(self.signed_at)}")
        return "\n".join(lines) + "\n"


@dataclass(frozen=True, slots=True)
class Verifier:
    """A key that signatures are checked with, written `name+key id+base64(type ‖ key)`.

    Of a log's key: the tree sizes it may sign, both included; `until` None is without an end.
    """

    name: str
    algorithm: int
    key: bytes
    since: int = 0
    until: int | None = None

    @property
    def typed_key(self) -> bytes:
        """The key behind what says its type."""
        return (SM2_TYPE if self.algorithm == SM2 else bytes([self.algorithm])) + self.key

    @property
    def key_id(self) -> bytes:
        """The first four bytes of SHA-256(name ‖ LF ‖ type ‖ key)."""
        return key_id(self.name, self.typed_key)

    @property
    def vkey(self) -> str:
        """As it is published."""
        return f"{self.name}+{self.key_id.hex()}+{encode(self.typed_key)}"

    @property
    def line(self) -> str:
        """As the list of keys keeps it: the key, and its term where it has one."""
        since = f" since={self.since}" if self.since else ""
        until = "" if self.until is None else f" until={self.until}"
        return f"{self.vkey}{since}{until}"

    def may_sign(self, size: int) -> bool:
        """Whether a head of that size lies in its term."""
        return self.since <= size and (self.until is None or size <= self.until)

    def accepts(self, text: str, signature: bytes) -> bool:
        """Whether this key made that signature over the text."""
        message = text.encode()
        if self.algorithm == SM2:
            return sm2.verify(self.key, message, signature)
        if self.algorithm == COSIGNATURE:
            seconds, signature = int.from_bytes(signature[:TIME_BYTES]), signature[TIME_BYTES:]
            message = f"cosignature/v1\ntime {seconds}\n".encode() + message
        try:
            Ed25519PublicKey.from_public_bytes(self.key).verify(signature, message)
        except (InvalidSignature, ValueError):
            return False
        return True


def key_id(name: str, typed_key: bytes) -> bytes:
    """How signature lines name a key."""
    return sha256(name.encode() + b"\n" + typed_key).digest()[:KEY_ID_BYTES]


def encode(data: bytes) -> str:
    """Base64 as notes write it: standard alphabet, padded."""
    return base64.b64encode(data).decode("ascii")


def decode(text: str) -> bytes:
    """Base64 in its one right spelling.

    Raises:
        BadNote: another alphabet, no padding, or bits set that belong to no byte.
    """
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadNote("not base64") from error
    if encode(data) != text:
        raise BadNote("base64 with loose bits")
    return data


def is_name(name: str) -> bool:
    """Whether a key may be called that: no space, no plus.

    >>> is_name("weining.example/chain"), is_name("a b"), is_name("a+b"), is_name("")
    (True, False, False, False)
    """
    return bool(name) and "+" not in name and not any(char.isspace() for char in name)


def parse_vkey(vkey: str) -> Verifier:
    """The key that a vkey line describes.

    >>> parse_vkey("PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW").name
    'PeterNeumann'

    Raises:
        BadNote: another form, an unknown type, or a key id that is not this key's.
    """
    parts = vkey.strip().split("+", 2)
    if len(parts) != 3 or not is_name(parts[0]) or not re.fullmatch("[0-9a-f]{8}", parts[1]):  # noqa: PLR2004 # name, id, key
        raise BadNote("not a verifier key")
    verifier = Verifier(parts[0], *_typed(decode(parts[2])))
    if verifier.key_id.hex() != parts[1]:
        raise BadNote("the key id is not that of the key")
    return verifier


def _typed(typed_key: bytes) -> tuple[int, bytes]:
    """Type and key of a typed key."""
    if typed_key.startswith(SM2_TYPE) and len(typed_key) == len(SM2_TYPE) + SM2_KEY_BYTES:
        return SM2, typed_key.removeprefix(SM2_TYPE)
    if len(typed_key) == 1 + KEY_BYTES and typed_key[0] in {ED25519, COSIGNATURE}:
        return typed_key[0], typed_key[1:]
    raise BadNote("unknown type of key")


def parse_key_line(line: str) -> Verifier:
    """A key and its term, as the list of keys has them.

    Raises:
        BadNote: not a verifier key, or a term of another form.
    """
    vkey, *terms = line.split()
    found = re.fullmatch(r"(?:since=(\d{1,18}))? ?(?:until=(\d{1,18}))?", " ".join(terms), re.ASCII)
    if found is None:
        raise BadNote("not the term of a key")
    since, until = found.groups()
    return replace(
        parse_vkey(vkey), since=int(since or 0), until=None if until is None else int(until)
    )


def parse_note(written: str) -> Note:
    """A note's text and signatures.

    Raises:
        BadNote: control characters, no empty line, no signature, or a crooked signature line.
    """
    if len(written) > NOTE_CHARS_MAX or any(char < " " and char != "\n" for char in written):
        raise BadNote("not the text of a note")
    text, found, tail = written.rpartition("\n\n")
    if not found or not tail.endswith("\n"):
        raise BadNote("no signatures")
    lines = tail[:-1].split("\n")
    if len(lines) > SIGNATURES_MAX:
        raise BadNote("too many signatures")
    return Note(text + "\n", tuple(parse_signature(line) for line in lines))


def parse_signature(line: str) -> Signature:
    """One signature line, without its line feed.

    Raises:
        BadNote: another form.
    """
    name, _, coded = line.removeprefix(DASH).partition(" ")
    if not line.startswith(DASH) or not is_name(name):
        raise BadNote("not a signature line")
    data = decode(coded)
    if len(data) <= KEY_ID_BYTES:
        raise BadNote("a signature without content")
    return Signature(name, data[:KEY_ID_BYTES], data[KEY_ID_BYTES:])


def signers(note: Note, verifiers: Sequence[Verifier]) -> list[Verifier]:
    """The keys that signed a note.

    Raises:
        BadNote: a signature that names a known key and is not its own.
    """
    found: list[Verifier] = []
    for signature in note.signatures:
        for verifier in verifiers:
            if (verifier.name, verifier.key_id) != (signature.name, signature.key_id):
                continue
            if not verifier.accepts(note.text, signature.signature):
                raise BadNote(f"the signature of {verifier.name} does not fit the text")
            if verifier not in found:
                found.append(verifier)
    return found


def parse_head(text: str) -> Head:
    """What a checkpoint's text says.

    Raises:
        BadNote: not the text of a checkpoint.
    """
    lines = text.split("\n")
    if len(lines) < 4 or lines.pop() != "" or not all(lines):  # noqa: PLR2004 # three lines and an end
        raise BadNote("a checkpoint has three lines and more, none empty")
    origin, size, root, *extensions = lines
    if not SIZE.fullmatch(size) or int(size) >= 2**63:
        raise BadNote("the tree size is no whole number")
    hashed = decode(root)
    if len(hashed) != HASH_BYTES:
        raise BadNote("the root is not 32 bytes")
    return Head(origin, int(size), hashed, _time_in(extensions))


def _time_in(extensions: Sequence[str]) -> datetime | None:
    for line in extensions:
        if (found := TIME.fullmatch(line)) is not None:
            try:
                return clock.unstamp(found[1])
            except ValueError as error:
                raise BadNote("no such time") from error
    return None


def verify(written: str, verifiers: Sequence[Verifier]) -> Head:
    """What a checkpoint says, once a known key has vouched for it.

    Raises:
        BadNote: malformed, or signed by none of these keys.
        OutOfTerm: signed only by keys that may not, or no longer, sign for that size.
    """
    note = parse_note(written)
    head = parse_head(note.text)
    known = signers(note, verifiers)
    if not known:
        raise BadNote("signed by no known key")
    if not any(each.may_sign(head.size) for each in known):
        raise OutOfTerm("signed by no key that may sign for that size")
    return head
